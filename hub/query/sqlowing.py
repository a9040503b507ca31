"""What is owed as SQL: the open transfers of the own chain up to a moment, found by index, grouped by who owes.

Candidates come from the indexes of the register (`next_due_at` is a moment in the year 9999 where nothing is owed, so
what is closed is never read): one's own from `record_party`, those of the kind below by kind and place of each side.
"""

from typing import Final

from hub.clues.deadlines import OwedBy
from hub.clues.tables import ClueTransfer, RecordParty
from hub.graph.catalogue import load_catalogue
from hub.graph.declare import Derived
from hub.policy.predicate import Parameter
from hub.query.sql import Builder
from hub.query.sqlcounting import JUDGED_AS
from hub.query.sqlpages import FEW
from hub.query.sqltext import NO_IDS, Source, condition_text, derived_text, json_object, listed, or_nothing, text
from hub.query.tree import Figure, OwingRoot

SIDES: Final = ("sender", "receiver")
LEVELS: Final = ("province", "prefecture")


def owing_select(build: Builder, root: OwingRoot) -> str:
    """One row (j: the object, ids, bits)."""
    return _Select(build, root).text()


class _Select:
    def __init__(self, build: Builder, root: OwingRoot) -> None:
        self._build = build
        self._root = root
        self._owed = build.name("g")
        self._source = Source(f"(SELECT 1) {build.name('u')}")

    def text(self) -> str:
        json = json_object(
            [(part.key, self._member(part)) for part in self._root.parts], self._source, self._build.name("j")
        )
        asked = any(part.name == "owed" for part in self._root.parts)
        tables = f"WITH {self._owed} AS MATERIALIZED ({self._rows()}) " if asked else ""
        ids = self._few() if asked else NO_IDS
        return f"{tables}SELECT {json} AS j, {ids} AS ids, 0::bigint AS bits FROM {self._source}"

    def _use(self, name: str, kind: str) -> str:
        return self._build.parameters.use(self._root.bound[name], kind)

    def _member(self, part: Figure) -> str:
        match part.name:
            case "":
                return text(part.constant or "")
            case "asOf":
                return self._build.parameters.use(Parameter.NOW, "timestamptz")
            case "dueWithinDays":
                return self._use("days", "integer")
            case "owed":
                return self._tallies(part)
        raise AssertionError(part)  # pragma: no cover - the members are all there are

    # --- the transfers -------------------------------------------------------------------------------------------

    def _rows(self) -> str:
        """id, agency (null: the common superior), owed_by, late: one row per transfer that is overdue or due soon."""
        owed_by, late, left = (self._derived(name) for name in ("owedBy", "overdue", "remainingDays"))
        exact = self._root.exact
        counted = condition_text(exact, JUDGED_AS, "t", self._build.parameters) if exact is not None else "true"
        rows = (
            f"SELECT t.id, t.sender, t.sender_kind, t.sender_region, t.receiver, t.receiver_kind, t.receiver_region,"
            f" {owed_by} AS owed_by, {late} AS late FROM ({self._candidates()}) c"
            f" INNER JOIN {ClueTransfer.__tablename__} t ON t.id = c.id"
            f" WHERE t.sent_at IS NOT NULL AND {counted} AND ({late} OR {left} <= {self._use('days', 'integer')})"
        )
        agency = " ".join(f"WHEN '{side.upper()}' THEN t.{side}" for side in SIDES)
        mine = " ".join(f"WHEN '{side.upper()}' THEN {self._in_chain(side)}" for side in SIDES)
        both = " OR ".join(self._in_chain(side) for side in SIDES)
        return (
            f"SELECT t.id, t.owed_by, t.late, CASE t.owed_by {agency} END AS agency FROM ({rows}) t"
            f" WHERE CASE t.owed_by {mine} WHEN '{OwedBy.COMMON_SUPERIOR}' THEN {both} END"
        )

    def _in_chain(self, side: str) -> str:
        """The agency of this side is one's own, or of one's kind below."""
        own = f"t.{side} = {self._build.parameters.use(Parameter.AGENCY, 'text')}"
        region, kind = self._use("region", "text"), self._use("kind", "text")
        below = " OR ".join(
            f"{self._use(level, 'boolean')} AND starts_with(t.{side}_region, left({region}, {digits}))"
            for level, digits in zip(LEVELS, (2, 4), strict=True)
        )
        return f"({own} OR ({below}) AND t.{side}_kind = {kind} AND t.{side}_region <> {region})"

    def _candidates(self) -> str:
        until = self._use("until", "timestamptz")
        agency = self._build.parameters.use(Parameter.AGENCY, "text")
        own = f"SELECT k.transfer_id AS id FROM {RecordParty.__tablename__} k WHERE k.agency = {agency}"
        below = [
            f"SELECT t.id FROM {ClueTransfer.__tablename__} t WHERE {self._use(level, 'boolean')}"
            f" AND t.{side}_kind = {self._use('kind', 'text')} AND t.{side}_{level} = {self._use('region', 'text')}"
            f" AND t.next_due_at <= {until}"
            for side in SIDES
            for level in LEVELS
        ]
        return " UNION ".join([f"{own} AND k.next_due_at <= {until}", *below])

    def _derived(self, name: str) -> str:
        """The register's own expression, so that both say the same of a transfer."""
        kind = load_catalogue().types["ClueTransfer"]
        source = kind.fields[name].source
        assert isinstance(source, Derived)  # noqa: S101 - declared so
        return derived_text(source, kind, lambda _: "t", self._build.parameters)

    # --- figures -------------------------------------------------------------------------------------------------

    def _tallies(self, part: Figure) -> str:
        rows = self._build.name("c")
        source = Source(
            f"(SELECT {self._owed}.agency, {self._owed}.owed_by, count(*) FILTER (WHERE {self._owed}.late) AS overdue,"
            f" count(*) FILTER (WHERE NOT {self._owed}.late) AS due_soon FROM {self._owed} GROUP BY 1, 2) {rows}"
        )
        columns = {"agency": "agency", "owedBy": "owed_by", "overdue": "overdue", "dueSoon": "due_soon"}
        pairs = [
            (each.key, f"{rows}.{columns[each.name]}" if each.name else text(each.constant or ""))
            for each in part.parts
        ]
        json = json_object(pairs, source, self._build.name("j"))
        order = f'{rows}.agency COLLATE "C" NULLS LAST, {rows}.owed_by COLLATE "C"'
        return f"(SELECT {listed(json, order)} FROM {source})"

    def _few(self) -> str:
        """The ids of what was counted, where it is little: to count two transfers tells of both (R26)."""
        named = f"(SELECT string_agg(int8send({self._owed}.id), NULL) FROM {self._owed})"
        return f"CASE WHEN (SELECT count(*) FROM {self._owed}) <= {FEW} THEN {or_nothing(named)} ELSE {NO_IDS} END"
