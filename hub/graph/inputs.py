"""Input objects of mutations, made from the pydantic models that check them: one source for form and schema.

A field that the model does not demand may be left out; left out and null are two things (a revision leaves what is not
given). Lengths and patterns are checked by the model, which names the place; GraphQL checks names and kinds.
"""

from collections.abc import Callable, Mapping
from types import NoneType, UnionType
from typing import Annotated, Any, Optional, Union, get_args, get_origin
from uuid import UUID

import strawberry
from pydantic import BaseModel
from pydantic.alias_generators import to_camel

KEY_FIELD = "idempotency_key"


class Inputs:
    """Makes each input once.

    Args:
        titles: what a field means, 中文 and English, by its GraphQL name; "Type.field" goes before "field".
        named: GraphQL names and titles of models that stand inside others.
    """

    def __init__(self, titles: Mapping[str, str], named: Mapping[type[BaseModel], tuple[str, str]]) -> None:
        self._titles = titles
        self._named = named
        self._made: dict[str, Any] = {}

    def of_command(self, name: str, model: type[BaseModel], title: str) -> Any:
        """The input of a command: the model's fields and the idempotency key.

        Raises:
            KeyError: a field has no title.
        """
        more = {KEY_FIELD: (str, self._field(name, "idempotencyKey"))}
        return self._make(name, model, title, more)

    def _make(
        self, name: str, model: type[BaseModel], title: str, more: Mapping[str, tuple[Any, Callable[..., Any]]]
    ) -> Any:
        if name not in self._made:
            annotations: dict[str, Any] = {}
            fields: dict[str, Any] = {}
            for attribute, (kind, field) in more.items():
                annotations[attribute], fields[attribute] = kind, field()
            for attribute, info in model.model_fields.items():
                field = self._field(name, to_camel(attribute))
                kind = self._kind(info.annotation)
                if info.is_required():
                    annotations[attribute], fields[attribute] = kind, field()
                elif kind is bool:
                    annotations[attribute], fields[attribute] = kind, field(default=info.default)
                else:
                    annotations[attribute] = Optional[kind]  # noqa: UP045 - built at run time
                    fields[attribute] = field(default=strawberry.UNSET)
            body = {"__annotations__": annotations, "__module__": __name__, **fields}
            self._made[name] = strawberry.input(type(name, (), body), description=title)
        return self._made[name]

    def _field(self, type_name: str, name: str) -> Callable[..., Any]:
        description = self._titles.get(f"{type_name}.{name}") or self._titles[name]

        def make(**more: Any) -> Any:
            return strawberry.field(name=name, description=description, **more)

        return make

    def _kind(self, annotation: Any) -> Any:
        """The GraphQL kind of a model's field, without what only the model checks."""
        origin, arguments = get_origin(annotation), get_args(annotation)
        if origin is Annotated:
            return self._kind(arguments[0])
        if origin in (Union, UnionType):
            (only,) = (one for one in arguments if one is not NoneType)
            return self._kind(only)
        if origin is tuple:
            return list[self._kind(arguments[0])]  # type: ignore[misc]
        if annotation is UUID:
            return strawberry.ID
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            name, title = self._named[annotation]
            return self._make(name, annotation, title, {})
        return annotation
