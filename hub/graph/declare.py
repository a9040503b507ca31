"""How a slice declares its types: each field with its data class and where its value is stored, side by side.

`types.py` of a slice uses `@record` or `@item` on a class, and `value`, `one`, `many`, `related` for its fields.
Strawberry makes the schema of it; the query compiler reads the same declarations (`hub/graph/catalogue.py`). Nothing
here is a judgement: who may read a class is said in `policies/` only.
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, Optional, TypeVar, cast

import strawberry
from sqlalchemy import ColumnElement, FromClause
from strawberry.federation.schema_directives import RequiresScopes  # noqa: F401 - printed by `requires_scopes`
from strawberry.schema_directive import Location

from hub.feed.log import ChangeLog
from hub.graph.moments import Moments
from hub.policy.facts import Bind, RecordFacts, Row
from hub.policy.vocabulary import DataClass

T = TypeVar("T")
Classified = DataClass | tuple[DataClass, DataClass]
"""One class, or the one declared pair `PUBLISHED`."""

FIRST_DEFAULT = 20
FIRST_MAX = 1_000
CHANGES_DEFAULT = 100
WAIT_MAX_S = 30
KEY = "hub"


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION],
    name="dataClass",
    description="The data class of the field 数据类别. Two: the first while the penalty is published, else the second.",
)
class DataClassDirective:
    name_: list[DataClass] = strawberry.directive_field(name="is")


@dataclass(frozen=True, slots=True)
class Stored:
    """A scalar in a column of the record's row. Amounts and 64-bit numbers leave as text."""

    column: str
    as_text: bool = False


@dataclass(frozen=True, slots=True)
class Derived:
    """A scalar worked out from the row's own columns and what is bound for the request, the clock above all.

    Attributes:
        value: the SQL expression on a row, written as a fact is (`hub.policy.facts.Flag`).
        filtered: whether a filter takes it; nothing is sorted by it.
    """

    value: Callable[[Row, Bind], ColumnElement[Any]]
    filtered: bool = False


@dataclass(frozen=True, slots=True)
class One:
    """At most one other record: the target's `remote` column equals this row's `local`.

    A filter takes the public key where the row holds it, that is where `remote` is "code".
    """

    local: str
    remote: str


@dataclass(frozen=True, slots=True)
class Many:
    """A whole, short list: rows whose `remote` column equals this row's `local`, in the target's order.

    Attributes:
        through: association table (its `remote` names this row, its `far` the target's `near` column).
        only: optional arguments that leave one item of the list: Python argument name, column (a UUID).
    """

    local: str
    remote: str
    through: FromClause | None = None
    far: str = ""
    near: str = ""
    only: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Related:
    """A connection: pages of records whose `remote` equals this row's `local`; None both: all of the type.

    Attributes:
        order: another default order than the type's own.
        through: association table between them: `remote` names this row in it, `far` the record's internal id.
    """

    local: str | None = None
    remote: str | None = None
    order: tuple[tuple[str, bool], ...] = ()
    through: FromClause | None = None
    far: str = ""


@dataclass(frozen=True, slots=True)
class Lookup:
    """A root field that finds one record: argument name → column. The columns together are unique.

    `moments`: where it is asked for as it was known at a moment (`hub/graph/finding.py`).
    """

    by: tuple[tuple[str, str], ...]
    moments: Moments | None = None


@dataclass(frozen=True, slots=True)
class Changes:
    """A root field that is a change feed: its entries are written in `log`, and name records of the type `of`.

    Attributes:
        scope: that a token needs beside that of the records.
        less: of a log for everybody, as what the policies judge a change that is not part of public history.
    """

    log: ChangeLog
    of: str
    scope: str
    less: tuple[str, DataClass] | None = None


@dataclass(frozen=True, slots=True)
class HiddenFields:
    """`hiddenFields`: computed from the verdicts."""


@dataclass(frozen=True, slots=True)
class Counted:
    """A root field that counts records and shows none: planned by `hub/query/statistics.py`, `hub/query/owing.py`."""


@dataclass(frozen=True, slots=True)
class Digested:
    """A root field that tells the digest of a copy, and shows no record: planned by `hub/query/digests.py`."""


@dataclass(frozen=True, slots=True)
class Ordered:
    """A root field of `Mutation`: the command that it gives (`hub/commanding.py`).

    Attributes:
        scope: without it, the command is not given.
        carry_out: of the slice: connection, caller, command, input, idempotency key, now, may → a `Carried`.
        listed: a type whose listing verdict for the caller `carry_out` takes, too; "": none.
        cursors: `carry_out` takes what opens the cursors of the feeds.
        short: it computes for a millisecond or two, so it needs no thread (`hub/db/writing.py`).
    """

    command: StrEnum
    scope: str
    carry_out: Callable[..., Any]
    listed: str = ""
    cursors: bool = False
    short: bool = False


@dataclass(frozen=True, slots=True)
class Affected:
    """A field of a payload: the record whose public id, or other key, the result of the command holds under a name."""

    name: str
    column: str = "public_id"


Source = (
    Stored | Derived | One | Many | Related | Lookup | Changes | HiddenFields | Counted | Digested | Ordered | Affected
)


@dataclass(frozen=True, slots=True)
class Declared:
    """What stands beside a field. `data_class` None: structure, exempt (domain.md D)."""

    source: Source
    data_class: Classified | None = None


@dataclass(frozen=True, slots=True)
class RecordType:
    """What stands beside a type.

    Attributes:
        table: rows.
        facts: how the policies see a row; None: an item, judged as its parent, on the parent's row, or (Region) open
            with the field that holds it.
        scope: the scope that a token needs to read records of this type at all.
        identifying: Python name of the field whose class decides whether a record is listed; "" for items.
        order: the default order: (column, descending), total; its last column is unique.
        row_class: column that holds an item's own data class (evidence).
        id_column: internal id for the ledger; None where rows are not records (Region, ledger).
        audience: table that holds, per agency, the rows it may know of (`record_party`): joined, never tested.
        entry_of: of an entry of a change feed: the type of its record, as which and on whose row it is judged.
    """

    table: FromClause
    facts: RecordFacts | None = None
    scope: str | None = None
    identifying: str = ""
    order: tuple[tuple[str, bool], ...] = ()
    row_class: str | None = None
    id_column: str | None = "id"
    audience: FromClause | None = None
    entry_of: str = ""


def value(
    data_class: Classified | None,
    description: str,
    *,
    column: str = "",
    as_text: bool = False,
) -> Any:
    """A stored scalar; `column` defaults to the attribute's own name (filled in by `@record`)."""
    return declared_field(Declared(Stored(column, as_text), data_class), description)


def derived(
    data_class: Classified, description: str, of: Callable[[Row, Bind], ColumnElement[Any]], *, filtered: bool = False
) -> Any:
    """A scalar that is not stored but worked out."""
    return declared_field(Declared(Derived(of, filtered), data_class), description)


def one(data_class: Classified | None, description: str, *, local: str, remote: str = "id") -> Any:
    return declared_field(Declared(One(local, remote), data_class), description)


def many(data_class: Classified | None, description: str, source: Many) -> Any:
    return declared_field(Declared(source, data_class), description)


def many_or_one(target: type, data_class: Classified | None, description: str, source: Many, only: str) -> Any:
    """`many`, with the arguments `source.only` by which a caller asks for one item; `only` describes them.

    What is hidden is told of the whole list all the same: an argument never tells whether a hidden item bears an id.
    """

    def items(self: Any, **arguments: Any) -> Any:
        raise NotImplementedError("queries are compiled, never resolved")  # pragma: no cover

    kind: Any = Annotated[Optional[strawberry.ID], strawberry.argument(description=only)]  # noqa: UP045
    parameters = [inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD)]
    parameters += [
        inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=kind, default=None)
        for name, _ in source.only
    ]
    listed: Any = Optional[list[target]]  # type: ignore[valid-type]  # noqa: UP045 - built at run time
    items.__signature__ = inspect.Signature(parameters, return_annotation=listed)  # type: ignore[attr-defined]
    items.__annotations__ = {**{name: kind for name, _ in source.only}, "return": listed}
    return declared_field(Declared(source, data_class), description, items)


def related(
    module: str,
    target: str,
    description: str,
    *,
    local: str | None = None,
    remote: str | None = None,
    order: tuple[tuple[str, bool], ...] = (),
    through: FromClause | None = None,
    far: str = "",
) -> Any:
    """A connection of `target` records; its types are made by `connection(...)` in `module`."""

    def page(self: Any, first: Any, after: Any, filter: Any, order_by: Any) -> Any:  # noqa: A002
        raise NotImplementedError("queries are compiled, never resolved")  # pragma: no cover

    def lazily(name: str) -> Any:
        return Annotated[name, strawberry.lazy(module)]

    page.__annotations__ = {
        "first": Annotated[int, strawberry.argument(description=f"1 to {FIRST_MAX} 每页条数")],
        "after": Annotated[Optional[str], strawberry.argument(description="A cursor of the same order 游标")],  # noqa: UP045
        "filter": Optional[lazily(f"{target}Filter")],  # noqa: UP045
        "order_by": Optional[list[lazily(f"{target}Order")]],  # type: ignore[misc]  # noqa: UP045 - built at run time
        "return": Optional[lazily(f"{target}Connection")],  # noqa: UP045
    }
    page.__defaults__ = (FIRST_DEFAULT, None, None, None)
    declared = Declared(Related(local, remote, order, through, far))
    return strawberry.field(resolver=page, description=description, metadata={KEY: declared})


def affected(name: str, description: str, *, column: str = "public_id") -> Any:
    """The record that a command changed or made, by what is in `column`; read as any query reads it."""
    return declared_field(Declared(Affected(name, column)), description)


def ordered(
    command: StrEnum,
    given: type,
    payload: type,
    description: str,
    *,
    scope: str,
    carry_out: Callable[..., Any],
    listed: str = "",
    cursors: bool = False,
    short: bool = False,
) -> Any:
    """A root field of `Mutation`, with the command's input object as its one argument."""

    def give(self: Any, input: Any) -> Any:  # noqa: A002 - the name by convention
        raise NotImplementedError("commands are carried out, never resolved")  # pragma: no cover

    give.__annotations__ = {"input": given, "return": Optional[payload]}  # noqa: UP045 - built at run time
    declared = Declared(Ordered(command, scope, carry_out, listed, cursors, short))
    return strawberry.federation.field(
        resolver=give,
        name=command.value,
        description=description,
        metadata={KEY: declared},
        requires_scopes=[[scope]],
    )


def changes(
    module: str, target: str, description: str, log: ChangeLog, less: tuple[str, DataClass] | None = None
) -> Any:
    """A change feed of `target` records; its page type `<target>Changes` is made by `feed_page` in `module`."""

    def feed(self: Any, after: Any, first: Any, wait_seconds: Any) -> Any:
        raise NotImplementedError("queries are compiled, never resolved")  # pragma: no cover

    feed.__annotations__ = {
        "after": Annotated[Optional[str], strawberry.argument(description=_AFTER)],  # noqa: UP045
        "first": Annotated[int, strawberry.argument(description=f"1 to {FIRST_MAX} 每页条数")],
        "wait_seconds": Annotated[int, strawberry.argument(description=_WAIT)],
        "return": Optional[Annotated[f"{target}Changes", strawberry.lazy(module)]],  # noqa: UP045
    }
    feed.__defaults__ = (None, CHANGES_DEFAULT, 0)
    scope = "feed:read"
    return strawberry.federation.field(
        resolver=feed,
        description=description,
        metadata={KEY: Declared(Changes(log, target, scope, less))},
        requires_scopes=[[scope]],
    )


_AFTER = "The cursor of your last page; without it all records that are there, then what changes 上一页的游标；首次不填"
_WAIT = (
    f"0 to {WAIT_MAX_S}: where nothing has changed, the answer waits so many seconds for a change 无变更时等待的秒数"
)


def figure(data_class: DataClass, description: str) -> Any:
    """A count or sum; `data_class`: as which transfers are judged for it (`ClueCount` in the policies)."""
    return strawberry.field(description=description, directives=[DataClassDirective(name_=[data_class])])


def hidden_fields() -> Any:
    return declared_field(
        Declared(HiddenFields()),
        "Names of all classified fields of this type that are hidden from you on this record, whatever was selected. "
        "本记录中对您不可见的字段名；原因见 extensions.masked",
    )


def declared_field(declared: Declared, description: str, resolver: Any = None) -> Any:
    classes = declared.data_class
    directives = []
    if classes is not None:
        directives.append(DataClassDirective(name_=list(classes) if isinstance(classes, tuple) else [classes]))
    return strawberry.field(resolver=resolver, description=description, metadata={KEY: declared}, directives=directives)


def record(
    declared: RecordType, *, description: str, keys: tuple[str, ...] = (), requires: str | None = None
) -> Callable[[type[T]], type[T]]:
    """Makes a class an object type of the schema, with its federation keys and scope."""

    def wrap(cls: type[T]) -> type[T]:
        scope = declared.scope or requires
        more: Any = {"requires_scopes": [[scope]]} if scope else {}
        made: Any = strawberry.federation.type(cls, description=description, keys=list(keys), **more)
        made.__hub__ = declared
        return cast(type[T], made)

    return wrap


item = record
