"""One question to the hub and to the oracle, and the comparison of all that the two answers say."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from graphql import parse

from hub.clock import today
from hub.disclosure import ID_BYTES
from hub.ledger.entry import DisclosureEntry
from hub.policy.concrete import Asker
from tests.properties.generate import Query
from tests.properties.oracle_answer import answer, static
from tests.properties.oracle_found import Found, Hidden
from tests.properties.oracle_judge import CaseFacts, Judge
from tests.properties.oracle_pages import Cursors, Marker
from tests.properties.oracle_rows import Records, read
from tests.world import OFFICER, World

REFUSALS = {"FILTER_NOT_ALLOWED", "SORT_NOT_ALLOWED", "INVALID_CURSOR", "INVALID_ARGUMENT", "GATEWAY_ONLY"}


@dataclass(frozen=True)
class Caller:
    """Who asks. `asker`: as the policies see it; `token`: of one world. `officer`: by a registered one, or by nobody."""

    agency: str
    purpose: str
    case_no: str | None
    scopes: tuple[str, ...]
    officer: bool = True


@dataclass
class Watched:
    """The ledger, with the last entry kept in view."""

    inner: Any
    last: DisclosureEntry | None = None

    async def append(self, entry: DisclosureEntry) -> None:
        self.last = entry
        await self.inner.append(entry)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    assert len(pairs) == len({key for key, _ in pairs}), "a key twice in one object"
    return dict(pairs)


@dataclass(repr=False)
class Bench:
    """One world with its records, and a judge per caller."""

    world: World
    records: Records = field(init=False)
    cases: CaseFacts = field(init=False)
    cursors: Cursors = field(default_factory=Cursors)
    tokens: dict[Caller, str] = field(default_factory=dict)
    judges: dict[Caller, Judge] = field(default_factory=dict)
    ledger: Watched = field(init=False)

    def __post_init__(self) -> None:
        self.ledger = Watched(self.world.hub.ledger)
        self.world.hub = replace(self.world.hub, ledger=self.ledger)  # type: ignore[arg-type]
        self.reload()

    def __repr__(self) -> str:
        return "Bench(…)"

    def reload(self) -> None:
        """Reads the records again, after a change of the database."""
        clock = self.world.clock
        self.records = Records.load(self.world.owner, clock.now(), today(clock))
        self.records = replace(self.records, rows={**self.records.rows, "Disclosure": []})
        self.cases = CaseFacts(self.records)
        self.judges.clear()

    def judge(self, caller: Caller) -> Judge:
        if caller not in self.judges:
            agency = self.records.one("Agency", code=caller.agency)
            assert agency
            asker = Asker(
                agency=caller.agency,
                kind=agency["kind"],
                uscc=agency["uscc"],
                region=self.records.regions[agency["region"]],
                region_level=agency["level"],
                purpose=caller.purpose,
                case_no=caller.case_no,
                scopes=frozenset(caller.scopes),
                officer=caller.officer,
            )
            self.judges[caller] = Judge(self.world.engine, self.cases, asker)
        return self.judges[caller]

    def token(self, caller: Caller) -> str:
        if caller not in self.tokens:
            officer = OFFICER if caller.officer else None
            self.tokens[caller] = self.world.token(
                caller.agency, caller.purpose, caller.case_no, caller.scopes, officer=officer
            )
        return self.tokens[caller]

    def ask(self, caller: Caller, query: Query) -> dict[str, Any]:
        body = self.world.answer(self.token(caller), query.document, query.variables, gateway=query.gateway).body
        answered: dict[str, Any] = json.loads(body, object_pairs_hook=_once)
        return answered

    def compare(self, caller: Caller, query: Query) -> tuple[dict[str, Any], list[Marker]]:
        """Asks both; raises AssertionError where they differ. Gives the hub's answer and the cursors in it, learned."""
        document = parse(query.document)
        if "disclosures" in query.document:
            self.records.rows["Disclosure"][:] = read(self.world.owner, "disclosure_view")  # type: ignore[index]
        answered = self.ask(caller, query)
        judge = self.judge(caller)
        if "data" not in answered:
            return answered, []
        found = static(judge, document, query.variables, self.cursors, gateway=query.gateway)
        refused = _refused(answered, found)
        answer(judge, document, query.variables, self.cursors, refused, found)
        self._same(answered["data"], found.data, "data", found.markers)
        markers = list(found.markers.values())
        _same_masked(answered["extensions"]["masked"], found.hidden, refused)
        self._same_ledger(found, answered["extensions"]["masked"])
        return answered, markers

    def _same(self, given: Any, expected: Any, place: str, markers: Mapping[str, Marker]) -> None:
        match expected:
            case str() if expected in markers:
                assert isinstance(given, str), (place, given)
                self.cursors.learn(given, markers[expected])
            case dict():
                assert isinstance(given, dict), (place, given, expected)
                assert list(given) == list(expected), (place, list(given), list(expected))
                for key, member in expected.items():
                    self._same(given[key], member, f"{place}.{key}", markers)
            case list():
                assert isinstance(given, list), (place, given, expected)
                assert len(given) == len(expected), (place, given, expected)
                for index, member in enumerate(expected):
                    self._same(given[index], member, f"{place}.{index}", markers)
            case _:
                assert type(given) is type(expected), (place, given, expected)
                assert given == expected, (place, given, expected)

    def _same_ledger(self, found: Found, masked: list[dict[str, Any]]) -> None:
        entry = self.ledger.last
        assert entry is not None
        raw = entry.record_ids
        ids = {int.from_bytes(raw[start : start + ID_BYTES]) for start in range(0, len(raw), ID_BYTES)}
        assert ids == found.ids, ("the ledger's records", ids ^ found.ids)
        assert set(entry.masked) == {told["coordinate"] for told in masked}


def _refused(answered: Mapping[str, Any], found: Found) -> frozenset[str]:
    """The root fields that the hub refused, each for a good reason; and every one that must be is."""
    refused = set()
    for entry in answered.get("errors", ()):
        (key,) = entry["path"]
        code = entry["extensions"]["code"]
        problems = found.problems[key]
        assert code in problems.must | problems.may, (key, code, problems)
        assert key not in refused, "two errors for one root"
        assert answered["data"][key] is None, key
        refused.add(key)
    missing = {key for key, problems in found.problems.items() if problems.must} - refused
    assert not missing, ("must be refused", {key: found.problems[key] for key in missing})
    return frozenset(refused)


def _same_masked(given: list[dict[str, Any]], hidden: Mapping[str, Hidden], refused: frozenset[str]) -> None:
    told = {entry["coordinate"]: entry for entry in given}
    assert len(told) == len(given), "a coordinate twice"

    def outside(paths: Any) -> set[str]:
        # What is told of a root that was refused says nothing about records.
        return {path for path in paths if path.partition(".")[0] not in refused}

    expected = {}
    for coordinate, each in hidden.items():
        paths = outside(each.everywhere) | outside(each.somewhere)
        if paths:
            expected[coordinate] = (each, paths)
    shown = {name: outside(entry["paths"]) for name, entry in told.items()}
    shown = {name: paths for name, paths in shown.items() if paths}
    assert shown == {name: paths for name, (_, paths) in expected.items()}, ("masked", shown, expected)
    for coordinate, (each, _) in expected.items():
        entry = told[coordinate]
        everywhere = outside(each.everywhere)
        assert entry["rows"] == ("all" if everywhere else "some"), entry
        reasons = {each.everywhere[path] for path in everywhere}
        if not everywhere:
            reasons = {reason for path, why in each.somewhere.items() if path not in refused for reason in why}
        codes = {(reason.code.value, reason.policy) for reason in reasons if reason}
        assert (entry["code"], entry["policy"]) in codes, (entry, codes)
