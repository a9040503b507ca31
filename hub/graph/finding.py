"""Root fields that find one record by its key, as it stands, or as it was known at a moment."""

import inspect
from datetime import datetime
from typing import Annotated, Any, Optional

import strawberry

from hub.graph.declare import Declared, Lookup, declared_field
from hub.graph.moments import Moments

_AS_OF = (
    "As it was known at this moment, not in the future; without it, as it stands. Null where nothing was known then"
    " 截至该时刻所知（不得晚于现在）；不填即为现在，当时尚无则为空"
)


def lookup(target: type, description: str, *, moments: Moments | None = None, **by: str) -> Any:
    """A root field that finds one `target` record; `by`: Python argument name = column."""

    def find(self: Any, **arguments: Any) -> Any:
        raise NotImplementedError("queries are compiled, never resolved")  # pragma: no cover

    kinds: dict[str, Any] = {
        argument: strawberry.ID if column in ("public_id", "nhsa_code", "code", "uscc") else str
        for argument, column in by.items()
    }
    parameters = [inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD)]
    parameters += [
        inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=kind)
        for name, kind in kinds.items()
    ]
    if moments is not None:
        moment = Annotated[Optional[datetime], strawberry.argument(description=_AS_OF)]  # noqa: UP045 - at run time
        kinds[moments.argument] = moment
        parameters.append(
            inspect.Parameter(
                moments.argument, inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=moment, default=None
            )
        )
    optional: Any = Optional[target]  # noqa: UP045 - built at run time
    find.__signature__ = inspect.Signature(parameters, return_annotation=optional)  # type: ignore[attr-defined]
    find.__annotations__ = {**kinds, "return": optional}
    return declared_field(Declared(Lookup(tuple(by.items()), moments)), description, find)
