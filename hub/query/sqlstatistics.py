"""Counts as SQL: one scan of a year's transfers in the index of statistics, grouped once, every figure a sum over that.

Transfers are counted as *sent* by the year they were sent in (Beijing) and the region of their sender, as *received* by
the year in which the present receiver signed the receipt and its region. A sum that is not below the threshold is made
of prefectures none of which is below it: no difference of two answers is ever small (docs/decisions/0014).
"""

from collections.abc import Sequence

from hub.clues.statistics_words import Suppression
from hub.clues.tables import COUNTED, RECEIVED_YEAR, SENT_YEAR
from hub.parties.tables import Institution
from hub.policy.predicate import Parameter, Predicate
from hub.query.sql import Builder
from hub.query.sqlcounting import (
    DISCIPLINE,
    GROUPED,
    JUDGED_AS,
    NONE,
    OTHERS_ROUTES,
    PLACES,
    PLAIN,
    ROUTE,
    SIDES,
    SUMMED,
    TABLE,
    counted_on,
    names_of,
    reason_of,
    side_of,
)
from hub.query.sqlpages import FEW
from hub.query.sqltext import (
    NO_IDS,
    NULL,
    Source,
    any_of,
    condition_text,
    json_object,
    listed,
    or_clear,
    or_nothing,
    text,
    together,
)
from hub.query.tree import Figure, StatisticsRoot


def statistics_select(build: Builder, root: StatisticsRoot) -> str:
    """One row (j: the object, ids, bits)."""
    return _Select(build, root).text()


class _Select:
    def __init__(self, build: Builder, root: StatisticsRoot) -> None:
        self._build = build
        self._root = root
        self._asked = frozenset(names_of(root.parts))
        self._groups = build.name("g")
        self._apart = build.name("d")
        self._source = Source(f"(SELECT 1) {build.name('u')}")
        self._ids: list[str] = []
        self._bits: list[str] = []

    def text(self) -> str:
        pairs = [(part.key, self._member(part)) for part in self._root.parts]
        json = json_object(pairs, self._source, self._build.name("j"))
        named = [part.name for part in self._root.parts]
        tables = []
        if any(name in ("sent", "received", "flows") for name in named):
            tables.append(f"{self._groups} AS MATERIALIZED ({self._grouped()})")
            self._ids.append(self._few())
        if "differences" in named:
            tables.append(f"{self._apart} AS MATERIALIZED ({self._different()})")
        ids, bits = together(self._ids), any_of(self._bits)
        select = f"SELECT {json} AS j, {ids} AS ids, {bits} AS bits FROM {self._source}"
        return f"WITH {', '.join(tables)} {select}" if tables else select

    def _use(self, name: str, kind: str) -> str:
        return self._build.parameters.use(self._root.bound[name], kind)

    def _member(self, part: Figure) -> str:
        if not part.name:
            return text(part.constant) if part.constant else NULL
        if part.name in PLAIN:
            return self._use(*PLAIN[part.name])
        match part.name:
            case "asOf":
                return self._build.parameters.use(Parameter.NOW, "timestamptz")
            case "sent":
                return self._figures(part, counted_on(self._groups, "s", "ms"), "sender")
            case "received":
                return self._figures(part, counted_on(self._groups, "r", "mr"), "receiver")
            case "flows":
                return self._flows(part)
            case "others":
                return self._others(part)
            case "differences":
                return self._differences(part)
        raise AssertionError(part)  # pragma: no cover - the members are all there are

    # --- the scan ------------------------------------------------------------------------------------------------

    def _scan(self, *, received: bool) -> str:
        """Sent in the year; with `received`, also what was received in it and sent in another."""
        year = self._use("year", "double precision")
        columns = f"SELECT id, sent_at, {', '.join(COUNTED)}, {PLACES} FROM {TABLE} WHERE"
        sent = f"{columns} {SENT_YEAR} = {year} AND sent_at IS NOT NULL"
        if not received:
            return f"({sent})"
        return f"({sent} UNION ALL {columns} {RECEIVED_YEAR} = {year} AND {RECEIVED_YEAR} <> {SENT_YEAR})"

    def _counted(self) -> str:
        """The transfers counted exactly: s, sent in year and region; r, received in them; whose side is one's own."""
        begins, ends = self._use("from", "timestamptz"), self._use("until", "timestamptz")
        here, own = self._use("within", "text"), self._use("own", "text")
        chain, kind = self._use("chain", "boolean"), self._use("kind", "text")
        agency = self._build.parameters.use(Parameter.AGENCY, "text")

        def mine(side: str) -> str:
            lower = f"{chain} AND t.{side}_kind = {kind} AND starts_with(t.{side}_region, {own})"
            return f"(t.{side} = {agency} OR ({lower}))"

        flags = (
            f"(t.sent_at >= {begins} AND t.sent_at < {ends} AND starts_with(t.sender_region, {here})) AS s,"
            f" (t.received_at IS NOT NULL AND t.received_at >= {begins} AND t.received_at < {ends}"
            f" AND starts_with(t.receiver_region, {here})) AS r,"
            f" {mine('sender')} AS ms, {mine('receiver')} AS mr,"
            f" starts_with(t.sender_region, {here}) AS from_here, starts_with(t.receiver_region, {here}) AS to_here"
        )
        exact = self._holds(self._root.exact, "t")
        # Reported is what was sent, and nothing of 纪检监察: the superior is no party to that.
        reported = f"(NOT {self._use('for_report', 'boolean')} OR t.ms AND t.receiver_kind <> '{DISCIPLINE}')"
        rows = f"SELECT t.*, {flags} FROM {self._scan(received=True)} t WHERE {exact}"
        return f"(SELECT t.*, {reason_of('t')} AS reason FROM ({rows}) t WHERE (t.s OR t.r) AND {reported})"

    def _holds(self, predicate: Predicate | None, row: str) -> str:
        return "true" if predicate is None else condition_text(predicate, JUDGED_AS, row, self._build.parameters)

    def _grouped(self) -> str:
        """Only what is asked for is grouped by."""
        asked, source = self._asked, f"{self._counted()} t"
        columns = [f"({' + '.join(f'{bit} * t.{flag}::int' for flag, bit in SIDES.items())})::text::xid AS side"]
        first = []
        if asked & {"byRoute", "flows"}:
            first += ["sender_kind", "receiver_kind"]
            columns += ["t.sender_kind", "t.receiver_kind"]
        if "flows" in asked:
            first.append("reason")
            columns.append("t.reason")
        expressions = {
            "status": "t.status",
            "outcome": f"coalesce(t.outcome, '{NONE}')",
            "source": "t.source",
            "timeliness": self._timeliness(),
            "institution_kind": f"coalesce(i.kind, '{NONE}')",
        }
        for name, column in GROUPED.items():
            if name in asked:
                first.append(column)
                columns.append(f"{expressions[column]} AS {column}")
        if "byInstitutionKind" in asked:
            source += f" LEFT JOIN {Institution.__tablename__} i ON i.id = t.institution_id"
        sets = [["side", *first]]
        marks = []
        for name, more in (("byAgency", ["sender", "receiver"]), ("byCatalogue", ["catalogue_codes"])):
            if name in asked:
                sets.append(["side", *more])
                columns += [f"t.{each}" for each in more]
                marks.append(f"grouping(x.{more[0]}) = 1 AS no_{more[0]}")
        sums = [f"sum(x.{name}) AS {name}" for name in SUMMED if name in asked]
        columns += [f"t.{name}" for name in SUMMED if name in asked]
        shown = list(dict.fromkeys(each for one in sets for each in one))
        grouped = ", ".join(f"({', '.join(f'x.{each}' for each in one)})" for one in sets)
        outputs = ", ".join([*(f"x.{each}" for each in shown), *marks, *sums, "count(*) AS n"])
        return f"SELECT {outputs} FROM (SELECT {', '.join(columns)} FROM {source}) x GROUP BY GROUPING SETS ({grouped})"

    def _timeliness(self) -> str:
        now = self._build.parameters.use(Parameter.NOW, "timestamptz")
        late = f"t.late_clock IS NOT NULL OR t.due_at < coalesce(t.closed_at, {now})"
        return f"CASE WHEN {late} THEN 'LATE' ELSE 'ON_TIME' END"

    def _first(self) -> str:
        """The rows of the first grouping."""
        marks = {"byAgency": "no_sender", "byCatalogue": "no_catalogue_codes"}
        return " AND ".join(f"{self._groups}.{mark}" for name, mark in marks.items() if name in self._asked) or "true"

    def _few(self) -> str:
        """The ids of what was counted, where it is little: to count two transfers tells of both (R26)."""
        counted, few = (
            f"(SELECT sum({self._groups}.n) FROM {self._groups} WHERE {self._first()})",
            self._build.name("f"),
        )
        named = (
            f"SELECT string_agg(int8send({few}.id), NULL) FROM (SELECT t.id FROM {self._counted()} t LIMIT {FEW}) {few}"
        )
        return f"CASE WHEN {counted} <= {FEW} THEN {or_nothing(f'({named})')} ELSE {NO_IDS} END"

    # --- figures -------------------------------------------------------------------------------------------------

    def _figures(self, part: Figure, side: str, agency: str) -> str:
        pairs = []
        for each in part.parts:
            where = f"FROM {self._groups} WHERE {side} AND {self._first()}"
            match each.name:
                case "":
                    value = text(each.constant or "")
                case "total":
                    value = f"(SELECT coalesce(sum({self._groups}.n), 0)::bigint {where})"
                case "recovered" | "fined":
                    value = f"(SELECT sum({self._groups}.{each.name})::text {where})"
                case "byRoute":
                    value = self._tallies(each, ROUTE.format(self._groups), where)
                case "byAgency":
                    where = f"FROM {self._groups} WHERE {side} AND NOT {self._groups}.no_sender"
                    value = self._tallies(each, f"{self._groups}.{agency}", where)
                case "byCatalogue":
                    codes = f"(SELECT DISTINCT unnest({self._groups}.catalogue_codes) AS code) c"
                    where = (
                        f"FROM {self._groups} CROSS JOIN LATERAL {codes}"
                        f" WHERE {side} AND NOT {self._groups}.no_catalogue_codes"
                    )
                    value = self._tallies(each, "c.code", where)
                case name:
                    value = self._tallies(each, f"{self._groups}.{GROUPED[name]}", where)
            pairs.append((each.key, value))
        return json_object(pairs, self._source, self._build.name("j"))

    def _tallies(self, part: Figure, key: str, where: str) -> str:
        """A list of counts by key."""
        rows = self._build.name("c")
        source = Source(f"(SELECT {key} AS key, sum({self._groups}.n)::bigint AS count {where} GROUP BY 1) {rows}")
        return self._list(part, source, rows, ("key",), {"key": f"{rows}.key", "count": f"{rows}.count"})

    def _list(self, part: Figure, source: Source, rows: str, order: Sequence[str], values: dict[str, str]) -> str:
        pairs = [(each.key, values[each.name] if each.name else text(each.constant or "")) for each in part.parts]
        json = json_object(pairs, source, self._build.name("j"))
        by = ", ".join(f'{rows}.{each} COLLATE "C"' for each in order)
        return f"(SELECT {listed(json, by)} FROM {source})"

    def _flows(self, part: Figure) -> str:
        rows, groups = self._build.name("c"), self._groups
        source = Source(
            f"(SELECT {groups}.sender_kind, {groups}.receiver_kind,"
            f" coalesce(sum({groups}.n) FILTER (WHERE {counted_on(groups, 's')}), 0)::bigint AS sent,"
            f" coalesce(sum({groups}.n) FILTER (WHERE {counted_on(groups, 'r')}), 0)::bigint AS received"
            f" FROM {groups} WHERE {self._first()} GROUP BY 1, 2) {rows}"
        )
        values = {
            "senderKind": f"{rows}.sender_kind",
            "receiverKind": f"{rows}.receiver_kind",
            "sent": f"{rows}.sent",
            "received": f"{rows}.received",
        }
        pairs = [
            (
                each.key,
                text(each.constant or "")
                if not each.name
                else self._flow_differences(each, rows)
                if each.name == "differences"
                else values[each.name],
            )
            for each in part.parts
        ]
        json = json_object(pairs, source, self._build.name("j"))
        by = f'{rows}.sender_kind COLLATE "C", {rows}.receiver_kind COLLATE "C"'
        return f"(SELECT {listed(json, by)} FROM {source})"

    def _flow_differences(self, part: Figure, flow: str) -> str:
        rows, groups = self._build.name("c"), self._groups
        source = Source(
            f"(SELECT {groups}.reason, sum({groups}.n)::bigint AS count FROM {groups} WHERE {self._first()}"
            f" AND {groups}.reason IS NOT NULL AND {groups}.sender_kind = {flow}.sender_kind"
            f" AND {groups}.receiver_kind = {flow}.receiver_kind GROUP BY 1) {rows}"
        )
        values = {"reason": f"{rows}.reason", "count": f"{rows}.count", "side": side_of(f"{rows}.reason")}
        return self._list(part, source, rows, ("reason",), values)

    def _others(self, part: Figure) -> str:
        """Sums of others' transfers, each made of prefectures that reach the threshold by themselves."""
        rows, units, routes = self._build.name("c"), self._build.name("u"), self._build.name("v")
        region, ended = self._use("region", "text"), self._use("ended", "boolean")
        county = f"right({region}, 2) <> '00'"
        where = [
            ended,
            f"NOT {county}",
            f"starts_with(t.sender_region, {self._use('within', 'text')})",
            self._holds(self._root.others, "t"),
        ]
        counted = (
            f"SELECT {ROUTE.format('t')} AS route, t.sender_prefecture, count(*) AS n"
            f" FROM {self._scan(received=False)} t WHERE {' AND '.join(where)} GROUP BY 1, 2"
            f" HAVING count(*) >= {self._use('threshold', 'bigint')}"
        )
        names = ", ".join(f"('{each}')" for each in OTHERS_ROUTES)
        source = Source(
            f"(SELECT {routes}.route, sum({units}.n)::bigint AS sent FROM (VALUES {names}) {routes}(route)"
            f" LEFT JOIN ({counted}) {units} ON {units}.route = {routes}.route GROUP BY 1) {rows}"
        )
        reasons = (
            f"CASE WHEN NOT {ended} THEN '{Suppression.YEAR_NOT_ENDED}'"
            f" WHEN {county} THEN '{Suppression.REGION_TOO_SMALL}'"
            f" WHEN {rows}.sent IS NULL THEN '{Suppression.SMALL_COUNT}' END"
        )
        values = {"route": f"{rows}.route", "sent": f"{rows}.sent", "suppressed": reasons}
        return self._list(part, source, rows, ("route",), values)

    # --- differences, one by one ---------------------------------------------------------------------------------

    def _different(self) -> str:
        return f"SELECT t.id, t.case_no, t.reason FROM {self._counted()} t WHERE t.reason IS NOT NULL"

    def _differences(self, part: Figure) -> str:
        """Transfers on one side only, under their own row policy too; by case."""
        assert part.record is not None  # noqa: S101 - planned with one
        build, row, cut, lateral = self._build, self._build.name("t"), self._build.name("q"), self._build.name("p")
        rows, _, where = build.rows(part.record, row, part.record.row)
        rows.text += f" INNER JOIN {self._apart} ON {self._apart}.id = {row}.id"
        skip = build.parameters.use(part.skip, "bigint")
        source = Source(
            f"(SELECT {row}.*, {self._apart}.reason AS reason FROM {rows} WHERE {' AND '.join(where) or 'true'}"
            f" ORDER BY {row}.case_no, {row}.public_id LIMIT {int(part.first)} OFFSET {skip}) {cut}"
        )
        ids, bits, pairs = [f"int8send({cut}.id)"], list[str](), []
        for each in part.parts:
            match each.name:
                case "":
                    value = text(each.constant or "")
                case "reason":
                    value = f"{cut}.reason"
                case "side":
                    value = side_of(f"{cut}.reason")
                case _:
                    assert each.record is not None  # noqa: S101 - planned with one
                    made = build.render(each.record, cut, None, source)
                    value = made.json
                    ids, bits = made.ids, bits + made.bits
            pairs.append((each.key, value))
        json = json_object(pairs, source, build.name("j"))
        self._source.add(
            lateral,
            f"SELECT {listed(json, f'{cut}.case_no, {cut}.public_id')} AS j,"
            f" {or_nothing(f'string_agg({together(ids)}, NULL)')} AS ids,"
            f" {or_clear(f'bit_or({any_of(bits)})')} AS bits FROM {source}",
        )
        self._ids.append(or_nothing(f"{lateral}.ids"))
        self._bits.append(or_clear(f"{lateral}.bits"))
        return f"{lateral}.j"
