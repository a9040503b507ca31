"""What is bound when a statement runs: the caller's own attributes, the clock, argument values. Never text in SQL.

A plan is made once for a *shape* of arguments and used for every value of that shape, so a plan holds getters only.
Values are handed over as text with a cast beside the parameter: the driver then names no type of its own, and one
prepared statement serves every value.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum
from typing import Any

from graphql import FieldNode, GraphQLField, VariableNode, Visitor, visit
from graphql.execution.values import VariableValues, get_argument_values

from hub.graph.scalars import is_uuid
from hub.oauth.caller import Caller
from hub.query.cursor import CursorKeys


@dataclass(frozen=True, slots=True, eq=False)
class Site:
    """One place of the document with arguments. `constant`: its values where no variable is among them."""

    node: FieldNode
    field: GraphQLField
    constant: Mapping[str, Any] | None

    def values(self, variables: VariableValues | None) -> Mapping[str, Any]:
        if self.constant is not None:
            return self.constant
        return get_argument_values(self.field, self.node, variables)


@dataclass(frozen=True, slots=True)
class Request:
    """One run of a plan.

    Attributes:
        affected: public ids in the result of a command, for its payload.
        place: where an export stands: see `LinesRoot`.
    """

    caller: Caller
    now: datetime
    today: date
    variables: VariableValues | None
    cursors: CursorKeys
    affected: Mapping[str, str] = field(default_factory=dict)
    place: Mapping[str, str] = field(default_factory=dict)


Getter = Callable[[Request], object]


class Values:
    """Names the bound values of one statement; `getters` gives them for a request.

    `cursors`: checks of a request's values, each gives the key of its root where that is to be refused: a cursor that
    is not its own, a moment that lies ahead.
    """

    def __init__(self) -> None:
        self.getters: dict[str, Getter] = {}
        self.cursors: list[Callable[[Request], str | None]] = []
        self._sites: dict[int, Site] = {}

    def site(self, node: FieldNode, definition: GraphQLField) -> Site:
        known = self._sites.get(id(node))
        if known is None:
            constant = None if _has_variables(node) else get_argument_values(definition, node, None)
            known = self._sites[id(node)] = Site(node, definition, constant)
        return known

    def add(self, getter: Getter) -> str:
        name = f"v{len(self.getters)}"
        self.getters[name] = getter
        return name

    def argument(self, site: Site, path: tuple[str | int, ...], *, uuid: bool = False) -> str:
        """The argument value at a path, for example `("filter", "caseNo", "eq")`.

        Where a `uuid` is compared, what has not its form is null: it equals no public id, and fails no cast.
        """

        def get(request: Request) -> object:
            found: Any = site.values(request.variables)
            for step in path:
                found = found[step]
            return as_text(found) if not uuid or is_uuid(found) else None

        return self.add(get)

    def cursor(self, site: Site, key: str, signature: str, count: int) -> tuple[str, ...]:
        """The order values that the `after` argument carries; one name each. `cursors` tells which root."""

        def read(request: Request) -> list[str | None] | None:
            values = request.cursors.read(site.values(request.variables)["after"], signature)
            return values if values is not None and len(values) == count else None

        def position(index: int) -> Getter:
            return lambda request: (read(request) or [None] * count)[index]

        self.cursors.append(lambda request: None if read(request) is not None else key)
        return tuple(self.add(position(index)) for index in range(count))


def as_text(value: object) -> object:
    """One form per value, as PostgreSQL reads it under the cast beside the parameter."""
    if value is None or (isinstance(value, str) and not isinstance(value, Enum)):
        return value
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, date):  # datetime is one
        return value.isoformat()
    return str(value)


class _FindVariable(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.found = False

    def enter_variable(self, _node: VariableNode, *_: Any) -> None:
        self.found = True


def _has_variables(node: FieldNode) -> bool:
    finder = _FindVariable()
    for argument in node.arguments or ():
        visit(argument, finder)
    return finder.found


def shape(value: Any) -> Any:
    """What of a coerced variable decides the SQL text: keys, lengths, numbers of `first`, flags and enum members.

    Text, dates and numbers do not: they are bound. `first` is a number that does: see `shape_of`.
    """
    if isinstance(value, Enum):
        return value.name
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, Mapping):
        # The type of a representation (`_entities`) is a name of the schema and decides what is reported. One that is
        # no text names nothing, and need not be hashable.
        return tuple(
            (key, member if key == "__typename" and isinstance(member, str) else shape(member))
            for key, member in value.items()
        )
    if isinstance(value, list | tuple):
        return tuple(shape(member) for member in value)
    return "*"


def shape_of(variables: VariableValues | None, firsts: frozenset[str], shaping: frozenset[str] | None = None) -> Any:
    """The shape of the variables of a request; `firsts` by value, they stand in the text. `shaping`: only these."""
    if variables is None:
        return None
    return tuple(
        (name, value if name in firsts and isinstance(value, int | str) else shape(value))
        for name, value in variables.coerced.items()
        if shaping is None or name in shaping
    )
