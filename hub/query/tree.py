"""The plan of one operation: what is selected, under which condition, as a tree. `sql.py` turns it into a statement."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from hub.feed.log import ChangeLog, CommonLog
from hub.graph.catalogue import TypeSpec
from hub.graph.declare import Derived, Many, One, Related
from hub.graph.exporting import Export
from hub.policy.predicate import TRUE, Predicate
from hub.policy.vocabulary import DataClass
from hub.query.feedanswer import FeedField


@dataclass(frozen=True, slots=True)
class Constant:
    """A value known without the database: `__typename`, or null for a field that is denied."""

    key: str
    value: str | None


@dataclass(frozen=True, slots=True)
class Leaf:
    """A column or what is derived from columns, where the condition holds, else null."""

    key: str
    column: str | Derived
    as_text: bool
    condition: Predicate | None


@dataclass(frozen=True, slots=True)
class ItemRule:
    """Items of a list are visible where one rule holds.

    Attributes:
        classes: values of the item's own class column; None: any item.
        condition: on the row that judges; None: always. `bit` tells that an item was hidden by it.
        bit: None for a rule under which nothing is hidden.
    """

    classes: tuple[DataClass, ...] | None
    condition: Predicate | None
    bit: int | None
    never: bool = False


@dataclass(slots=True)
class Record:
    """One record (or item) as it is answered at one place of the document.

    Attributes:
        serial: tells the records of one plan apart.
        row: the row policy that remains to be tested; None: all rows.
        by_audience: rows are found through the type's audience table.
        bits: (bit, condition): set when the condition does not hold on a row that is shown.
        judged_on_parent: conditions of the fields are tested on the row of the parent record.
    """

    type: TypeSpec
    outputs: list["Output"] = field(default_factory=list)
    serial: int = 0
    row: Predicate | None = None
    by_audience: bool = False
    nothing: bool = False
    bits: list[tuple[int, Predicate]] = field(default_factory=list)
    judged_on_parent: bool = False


@dataclass(frozen=True, slots=True)
class Object:
    """A related record or null."""

    key: str
    link: One
    record: Record
    condition: Predicate | None


@dataclass(frozen=True, slots=True)
class Items:
    """A whole list, or null where the condition does not hold.

    Attributes:
        only: of the visible items, those whose column equals the bound value `name`: (column, name).
    """

    key: str
    link: Many
    record: Record
    condition: Predicate | None
    rules: tuple[ItemRule, ...]
    only: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class HiddenField:
    """When a field is among `hiddenFields`: always, where `condition` fails, or where an item of the list is hidden."""

    name: str
    always: bool = False
    condition: Predicate | None = None
    link: Many | None = None
    target: TypeSpec | None = None
    rules: tuple[ItemRule, ...] = ()


@dataclass(frozen=True, slots=True)
class Hidden:
    key: str
    fields: tuple[HiddenField, ...]


@dataclass(frozen=True, slots=True)
class Term:
    """One condition of a filter: `operator` on a column, or on what is derived, with the bound values `names`."""

    column: str | Derived
    operator: str
    names: tuple[str, ...]
    condition: Predicate | None
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Order:
    column: str
    descending: bool
    nullable: bool


@dataclass(frozen=True, slots=True)
class PagePart:
    """One member of the connection object.

    Attributes:
        kind: nodes, edges, node, cursor, pageInfo, hasNextPage, endCursor, totalCount, or constant.
    """

    key: str
    kind: str
    record: Record | None = None
    parts: tuple["PagePart", ...] = ()
    constant: str | None = None


@dataclass(slots=True)
class Page:
    """A connection: one page of records of a type.

    Attributes:
        base: the row policy of the records (its outputs are empty; `parts` hold those).
        link: columns that link the page to the record it is asked of; they are None at the root.
        after: names of the bound cursor values, one per order column; empty: the first page.
        signature: what a cursor of this page is bound to.
    """

    base: Record
    first: int
    order: tuple[Order, ...]
    signature: str
    parts: list[PagePart] = field(default_factory=list)
    terms: list[Term] = field(default_factory=list)
    after: tuple[str, ...] = ()
    link: Related = field(default_factory=Related)


@dataclass(frozen=True, slots=True)
class PageOutput:
    key: str
    page: Page


Output = Constant | Leaf | Object | Items | Hidden | PageOutput


@dataclass(frozen=True, slots=True)
class FindRoot:
    """A root that finds one record among `records`: column → name of the bound value.

    `moment`: name of the bound moment, where records are asked for as they were known then.
    """

    records: tuple[tuple[Record, tuple[tuple[str, str], ...]], ...]
    moment: str | None = None


@dataclass(frozen=True, slots=True)
class PageRoot:
    page: Page


@dataclass(frozen=True, slots=True)
class EntitiesRoot:
    """`_entities`: `count` representations; per record type its key column and the name of the bound array of keys."""

    count: str
    records: tuple[tuple[Record, str, str], ...]


@dataclass(frozen=True, slots=True)
class FeedRoot:
    """A page of a change feed.

    Attributes:
        lists: the entries, as they are selected in each `nodes`.
        base: the row policy of the records.
        left: what is asked of a record before one is told that it may be known no more.
        less, region: of a log for everybody (`hub.query.feeds.Conditions`).
        snapshot, xid, id: names of the bound position (`hub/feed/cursor.py`).
        answer: makes the page of the columns.
    """

    lists: tuple[Record, ...]
    base: Record
    left: Predicate
    first: int
    log: ChangeLog
    snapshot: str
    xid: str
    id: str
    answer: FeedField
    less: Predicate = TRUE
    region: str = ""


@dataclass(frozen=True, slots=True)
class Figure:
    """One member of an object of counts: `name` in the schema, or a constant (`__typename`, a field that is denied).

    Attributes:
        record, first, skip: of `differences`: the record listed, how many, and the bound number to leave out.
    """

    key: str
    name: str = ""
    parts: tuple["Figure", ...] = ()
    constant: str | None = None
    record: Record | None = None
    first: int = 0
    skip: str = ""


@dataclass(frozen=True, slots=True)
class StatisticsRoot:
    """A root that counts transfers.

    Attributes:
        exact: which are counted exactly; None: all.
        others: which may be counted in sums: no transfer is among both.
        bound: names of the bound values by what they are (`hub/query/statistics.py`).
    """

    parts: tuple[Figure, ...]
    exact: Predicate | None
    others: Predicate | None
    bound: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class OwingRoot:
    """A root that counts, as of now, what is overdue or due soon, by who owes it.

    Attributes:
        exact: which transfers are counted; None: all.
        bound: names of the bound values by what they are (`hub/query/owing.py`).
    """

    parts: tuple[Figure, ...]
    exact: Predicate | None
    bound: Mapping[str, str]


class LineForm(StrEnum):
    """How an export writes a line.

    Attributes:
        NDJSON: `{"key": …, "record": {…}}`.
        CSV: the columns of the record alone (RFC 4180).
        CSV_POSITIONS: with two more, the key and the place to go on from.
    """

    NDJSON = "ndjson"
    CSV = "csv"
    CSV_POSITIONS = "csv+positions"


@dataclass(frozen=True, slots=True)
class LinesRoot:
    """The next rows of an export, as lines of text.

    Attributes:
        record: what is selected of a record, under its row policy.
        form: how a line is written.
        after: name of the bound internal id behind which it goes on.
    """

    record: Record
    export: Export
    form: LineForm
    after: str


@dataclass(frozen=True, slots=True)
class DigestRoot:
    """The digest of a copy: what is selected of the object of counts and hashes, and of each record for its line.

    Attributes:
        row, former, less, region: what the feed asks of the records (`hub.query.feeds.Conditions`).
        blocks: how many.
        behind: names of the bound values of the key's columns behind which it begins; `given`: of the key.
        xid, id, epoch: names of the bound place up to which the copy is.
        lines: they leave too, and so their records are shown.
    """

    parts: tuple[Figure, ...]
    record: Record
    export: Export
    log: CommonLog
    row: Predicate
    former: Predicate
    less: Predicate
    region: str
    blocks: int
    behind: tuple[str, ...]
    given: str
    xid: str
    id: str
    epoch: str
    lines: bool = False


Root = FindRoot | PageRoot | EntitiesRoot | FeedRoot | StatisticsRoot | OwingRoot | LinesRoot | DigestRoot
