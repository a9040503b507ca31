"""The answer as graphql-core's own executor gives it over plain objects: the oracle of the query compiler.

Two passes over the same document. The first meets one phantom of every record that could come: it finds what is hidden
on all records, and what a root field must be refused for. The second executes over the rows.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLResolveInfo,
    execute,
)

from hub.policy.verdict import Allow, Deny, Reason, When
from hub.policy.vocabulary import DataClass
from tests.properties.oracle_found import (
    BIG_INTS,
    FEW_COUNTED,
    MARKER,
    SCOPE_MISSING,
    Edge,
    Found,
    Page,
    Problems,
    Record,
    loose_schema,
)
from tests.properties.oracle_judge import Judge
from tests.properties.oracle_law import CLASS_OF, FIND, IDENTIFYING, KEY, MANY, ONE, PAGES, SCOPE, column
from tests.properties.oracle_pages import (
    Cursors,
    Marker,
    as_value,
    behind,
    camel,
    complete,
    leaf,
    matches,
    order_of,
    ordered,
    values_of,
)
from tests.properties.oracle_rows import Row


def static(
    judge: Judge, document: DocumentNode, variables: Mapping[str, Any], cursors: Cursors, *, gateway: bool
) -> Found:
    """What is hidden everywhere, and why roots are refused."""
    found = Found()
    for node_type in FIND["node"]:
        _run(_Resolver(judge, found, cursors, gateway, node_type), document, variables)
    return found


def answer(
    judge: Judge,
    document: DocumentNode,
    variables: Mapping[str, Any],
    cursors: Cursors,
    refused: frozenset[str],
    found: Found,
) -> Found:
    """Executes over the rows, but for the refused roots; adds to what `static` found."""
    found.data = _run(_Resolver(judge, found, cursors, gateway=True, phantom="", refused=refused), document, variables)
    return found


def _run(resolver: "_Resolver", document: DocumentNode, variables: Mapping[str, Any]) -> Any:
    result = execute(
        loose_schema(),
        document,
        variable_values=dict(variables),
        field_resolver=resolver,
        type_resolver=lambda value, *_: value.kind,
    )
    assert isinstance(result, ExecutionResult)
    if result.errors:
        raise AssertionError(result.errors) from result.errors[0].original_error
    return result.data


@dataclass
class _Resolver:
    judge: Judge
    found: Found
    cursors: Cursors
    gateway: bool
    phantom: str
    refused: frozenset[str] = frozenset()

    def __call__(self, source: Any, info: GraphQLResolveInfo, **arguments: Any) -> Any:
        name = info.field_name
        match source:
            case None:
                return self._root(name, info, arguments)
            case Page():
                return self._of_page(source, name)
            case Edge(page, row):
                return self._record(page.kind, row) if name == "node" else self._marker(page, row)
            case ("pageInfo", page):
                end = self._end(page)  # to tell that more follow is to tell of this page
                return page.more if name == "hasNextPage" else end
            case Record():
                return self._field(source, name, info, arguments)
        return source[name]

    # --- roots

    def _root(self, name: str, info: GraphQLResolveInfo, arguments: Mapping[str, Any]) -> Any:
        key = info.path.key
        if key in self.refused:
            return None
        if name == "viewer":
            asker = self.judge.asker
            return {
                "agencyCode": asker.agency,
                "agencyKind": asker.kind,
                "regionCode": asker.region[-1],
                "purpose": asker.purpose,
                "caseNo": asker.case_no,
                "scopes": sorted(asker.scopes),
            }
        if name in ("_entities", "_service") and not self.gateway:
            self.found.problems[str(key)].must.add("GATEWAY_ONLY")
            return None
        if name == "_entities":
            return self._entities(info, arguments["representations"])
        if name in FIND:
            return self._find(name, info, arguments)
        kind, *_ = PAGES[f"Query.{name}"]
        if not self._in_scope(kind, f"Query.{name}", info):
            return None
        return self._page(kind, self.judge.records.rows[kind], info, arguments)

    def _in_scope(self, kind: str, coordinate: str, info: GraphQLResolveInfo) -> bool:
        if SCOPE.get(kind) in (None, *self.judge.asker.scopes):
            return True
        self.found.hidden[coordinate].everywhere[_path(info)] = SCOPE_MISSING
        return False

    def _find(self, name: str, info: GraphQLResolveInfo, arguments: Mapping[str, Any]) -> Record | None:
        kinds = [kind for kind in FIND[name] if self._in_scope(kind, f"Query.{name}", info)]
        if self.phantom:
            # Of `node` one type a pass.
            kinds = [kind for kind in kinds if len(FIND[name]) == 1 or kind == self.phantom]
            return self._record(kinds[0], None) if kinds else None
        for kind in kinds:
            for row in self.judge.records.rows[kind]:
                if all(given is None or _names(row, kind, name, given) for name, given in arguments.items()):
                    return self._listed(kind, row)
        return None

    def _entities(self, info: GraphQLResolveInfo, asked: list[Any]) -> Any:
        named = [one.get("__typename") for one in asked]
        kinds = [
            kind
            for kind in KEY
            if SCOPE.get(kind) in (None, *self.judge.asker.scopes)
            or (kind in named and self._in_scope(kind, "Query._entities", info))
        ]
        if self.phantom:
            return [self._record(kind, None) for kind in kinds]
        answered = []
        for one in asked:
            kind = one.get("__typename")
            rows = self.judge.records.rows[kind] if kind in kinds else []
            key = one.get(KEY[kind]) if kind in kinds else None
            row = next((row for row in rows if isinstance(key, str) and _names(row, kind, KEY[kind], key)), None)
            answered.append(None if row is None else self._listed(kind, row))
        return answered

    def _listed(self, kind: str, row: Row) -> Record | None:
        return self._record(kind, row) if self.judge.is_listed(kind, row) else None

    def _record(self, kind: str, row: Row | None, of: Record | None = None) -> Record:
        if row is not None and "id" in row and kind != "Disclosure":
            self.found.ids.add(row["id"])
        return Record(kind, row, (kind, row) if kind in IDENTIFYING or of is None else of.judged)

    # --- pages

    def _page(self, kind: str, rows: list[Row], info: GraphQLResolveInfo, arguments: Mapping[str, Any]) -> Page:
        if self.phantom:
            problems = self.found.problems[str(info.path.as_list()[0])]
            self._check(kind, arguments, problems, info.field_name)
            return Page(kind, None)
        listed = [row for row in rows if self.judge.is_listed(kind, row)]
        for term in arguments.get("orderBy") or ():
            classified = CLASS_OF[kind][camel(term["field"])]
            leak = [row for row in listed if not self.judge.is_open(kind, row, classified)]
            assert not leak, f"sorted by {term['field']}, which is hidden on a listed record"
        wanted = [row for row in listed if self._matches(kind, row, arguments.get("filter") or {})]
        order = order_of(kind, arguments.get("orderBy"), info.field_name)
        following = ordered(wanted, order)
        if arguments.get("after") is not None:
            following = behind(following, order, self.cursors.places[arguments["after"]])
        first = arguments["first"]
        return Page(kind, following[:first], order, len(following) > first, len(wanted), tuple(wanted))

    def _matches(self, kind: str, row: Row, wanted: Mapping[str, Any]) -> bool:
        """To filter by a field is to read it: where it is hidden, no condition on it holds."""
        return all(
            not conditions
            or (
                self.judge.is_open(kind, row, CLASS_OF[kind][name])
                and matches(self.judge.value(kind, row, name), conditions)
            )
            for name, conditions in wanted.items()
        )

    def _check(self, kind: str, arguments: Mapping[str, Any], problems: Problems, connection: str) -> None:
        """Everything for which the arguments of a page must, or may, be refused."""
        asked = arguments.get("orderBy") or []
        if not 1 <= arguments["first"] <= 1000 or len(asked) > 4:
            problems.must.add("INVALID_ARGUMENT")
        for term in asked:
            classified = CLASS_OF[kind][camel(term["field"])]
            verdict, _ = self.judge.verdict(kind, classified)
            if verdict is Deny:
                problems.must.add("SORT_NOT_ALLOWED")
            elif verdict is When and classified != CLASS_OF[kind][IDENTIFYING[kind]]:
                problems.may.add("SORT_NOT_ALLOWED")
        for name, conditions in (arguments.get("filter") or {}).items():
            if not complete(conditions):
                problems.must.add("INVALID_ARGUMENT")
            closed = f"{kind}.{name}" in ONE and self._refusal(Record(kind, None, (kind, None)), name) is not None
            if closed or self.judge.verdict(kind, CLASS_OF[kind][name])[0] is Deny:
                problems.must.add("FILTER_NOT_ALLOWED")
        after = arguments.get("after")
        if after is not None:
            place = self.cursors.places.get(after)
            if place is None or (place.kind, place.order) != (kind, order_of(kind, asked, connection)):
                problems.must.add("INVALID_CURSOR")

    def _of_page(self, page: Page, name: str) -> Any:
        rows = [None] if page.rows is None else page.rows
        match name:
            case "nodes":
                return [self._record(page.kind, row) for row in rows]
            case "edges":
                return [Edge(page, row) for row in rows]
            case "pageInfo":
                return ("pageInfo", page)
            case "totalCount":
                for row in page.counted if len(page.counted) <= FEW_COUNTED else ():
                    self._record(page.kind, row)
                return page.total
        raise AssertionError(name)

    def _marker(self, page: Page, row: Row | None) -> str | None:
        """Text that stands for the cursor of a row."""
        if row is None:
            return None
        self._record(page.kind, row)
        text = f"{MARKER}{len(self.found.markers)}"
        self.found.markers[text] = Marker(page.kind, page.order, values_of(row, page.order))
        return text

    def _end(self, page: Page) -> str | None:
        for row in page.rows or ():
            self._record(page.kind, row)
        return self._marker(page, page.rows[-1]) if page.rows else None

    # --- fields of records

    def _field(self, record: Record, name: str, info: GraphQLResolveInfo, arguments: Mapping[str, Any]) -> Any:
        if name == "hiddenFields":
            return self._hidden_fields(record)
        coordinate, path = f"{record.kind}.{name}", _path(info)
        reason = self._refusal(record, name)
        if reason is not None:
            self.found.hidden[coordinate].everywhere[path] = reason
            return None
        classified = CLASS_OF.get(record.kind, {}).get(name)
        if classified and record.row is not None and not self._open(record, classified):
            _, why = self.judge.verdict(record.judged[0], classified)
            self.found.hidden[coordinate].somewhere[path].add(why)
            return None
        if coordinate in ONE:
            return self._one(record, coordinate)
        if coordinate in MANY:
            return self._many(record, coordinate, path, arguments)
        if coordinate in PAGES:
            kind, own, theirs = PAGES[coordinate]
            if coordinate == "SpotCheck.clueTransfers":
                drawn = self.judge.records.drawn(record.row) if record.row else []
                return self._page(kind, drawn, info, arguments)
            value = record.row[own] if record.row else None
            rows = [] if value is None else self.judge.records.where(kind, **{theirs: value})
            return self._page(kind, rows, info, arguments)
        if record.row is None:
            return None
        return leaf(self.judge.value(record.kind, record.row, name), as_text=coordinate in BIG_INTS)

    def _open(self, record: Record, classified: str) -> bool:
        kind, row = record.judged
        assert row is not None
        return self.judge.is_open(kind, row, classified)

    def _refusal(self, record: Record, name: str) -> Reason | None:
        """Why a field is hidden on every record: by its class, by a missing scope, or as nothing it leads to is listed."""
        coordinate = f"{record.kind}.{name}"
        classified = CLASS_OF.get(record.kind, {}).get(name)
        if classified:
            verdict, reason = self.judge.verdict(record.judged[0], classified)
            if verdict is Deny:
                return reason
        target = (ONE.get(coordinate) or MANY.get(coordinate) or PAGES.get(coordinate) or ("",))[0]
        if target in SCOPE and SCOPE[target] not in self.judge.asker.scopes:
            return SCOPE_MISSING
        if target in IDENTIFYING and coordinate not in PAGES:
            verdict, reason = self.judge.verdict(target, CLASS_OF[target][IDENTIFYING[target]])
            if verdict is Deny:
                return reason
        return None

    def _one(self, record: Record, coordinate: str) -> Record | None:
        kind, own, theirs = ONE[coordinate]
        if record.row is None:
            return self._record(kind, None, record)
        if record.row[own] is None:
            return None
        row = self.judge.records.one(kind, **{theirs: record.row[own]})
        assert row is not None
        # No policy makes the target of such a link conditional; if one does, say first how it is to be told.
        assert kind not in IDENTIFYING or self.judge.is_listed(kind, row)
        return self._record(kind, row, record)

    def _many(self, record: Record, coordinate: str, path: str, arguments: Mapping[str, Any]) -> list[Record]:
        kind, _, order = MANY[coordinate]
        if record.row is None:
            return [self._record(kind, None, record)]
        shown = []
        for row in sorted(self._items(record, coordinate), key=lambda row: tuple(row[name] for name in order)):
            why = self._hides(record, kind, row)
            if why is None:
                if all(given is None or str(row[column(kind, name)]) == given for name, given in arguments.items()):
                    shown.append(self._record(kind, row, record))
            elif kind == "Evidence":
                # A deduction of another case is absent like any record that may not be listed, and told nowhere.
                self.found.hidden[coordinate].somewhere[path].add(why)
        return shown

    def _items(self, record: Record, coordinate: str) -> list[Row]:
        kind, link, _ = MANY[coordinate]
        assert record.row is not None
        if coordinate == "ClueTransfer.notified":
            codes = {row["agency"] for row in self.judge.records.where("Notified", transfer_id=record.row["id"])}
            return [row for row in self.judge.records.rows[kind] if row["code"] in codes]
        return self.judge.records.where(kind, **{link: record.row["id"]})

    def _hides(self, record: Record, kind: str, item: Row) -> Reason | None:
        """Why an item of an open list is left out."""
        judged, row, classified = *record.judged, item.get("data_class") if kind == "Evidence" else None
        if kind in IDENTIFYING:
            judged, row, classified = kind, item, CLASS_OF[kind][IDENTIFYING[kind]]
        if classified is None or self.judge.is_open(judged, row or {}, classified):
            return None
        if classified == "INFORMANT":
            # It is told as one more hidden item: by the reason of the first other class that may be hidden.
            for other in ("PUBLIC", "SUPERVISION", "PROCEDURE", "PARTY_IDENTITY", "INVESTIGATION", "HEALTH_DATA",
                          "PERSONAL", "TRADE_SECRET"):  # fmt: skip
                verdict, reason = self.judge.verdict(judged, DataClass(other))
                if verdict is not Allow:
                    return reason
        verdict, reason = self.judge.verdict(judged, classified)
        assert verdict is not Allow
        return reason

    def _hidden_fields(self, record: Record) -> list[str]:
        if record.row is None:
            return []
        fields = loose_schema().type_map[record.kind].fields  # type: ignore[attr-defined]
        return [name for name in fields if name in CLASS_OF[record.kind] and self._is_hidden(record, name)]

    def _is_hidden(self, record: Record, name: str) -> bool:
        coordinate = f"{record.kind}.{name}"
        if self._refusal(record, name) is not None or not self._open(record, CLASS_OF[record.kind][name]):
            return True
        if coordinate != "ClueTransfer.evidence":
            return False
        return any(
            self._hides(record, MANY[coordinate][0], item) is not None for item in self._items(record, coordinate)
        )


def _names(row: Row, kind: str, argument: str, given: Any) -> bool:
    own = row[column(kind, argument)]
    return bool(own == as_value(own, given))


def _path(info: GraphQLResolveInfo) -> str:
    return ".".join(str(step) for step in info.path.as_list() if isinstance(step, str))
