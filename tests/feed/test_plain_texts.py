"""What need not be escaped is told by the database, row by row; what is read is the same with and without."""

import json
from collections.abc import Callable, Iterator

import pytest
from export_world import PLATFORM, REGULATOR, Exporting
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.db.base import ESCAPED, PLAIN, PLAIN_TEXTS, Base
from hub.db.engine import Database
from hub.graph.exports import EXPORTS

TABLES = {name: table for name, table in Base.metadata.tables.items() if PLAIN in table.c}
LOGS = [name for name, table in Base.metadata.tables.items() if any("code" in each.info for each in table.c)]
TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=8) | st.text(
    "\"\\\x01\x1f\x7f\n \t'中文𠮷/<", max_size=3
)


@pytest.fixture(scope="module")
def world(sample_copy: Callable[[], Database], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Exporting]:
    made = Exporting(sample_copy(), tmp_path_factory.mktemp("secrets"))
    yield made
    made.close()


@pytest.fixture
def rolled_back(world: Exporting) -> Iterator[Exporting]:
    world.owner.execute("BEGIN")
    yield world
    world.owner.execute("ROLLBACK")


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(TEXTS)
def test_a_row_tells_whether_json_escapes_something(world: Exporting, text: str) -> None:
    (told,) = world.owner.execute(f"SELECT %s !~ '{ESCAPED}'", (text,)).fetchone()
    assert told == (json.dumps(text, ensure_ascii=False) == f'"{text}"')


@pytest.mark.parametrize("escaped", ['"', "\\", "\n", "\x1f"])
@pytest.mark.parametrize(
    ("table", "column"),
    [(name, each) for name, table in TABLES.items() for each in sorted(table.c[PLAIN].info[PLAIN_TEXTS])],
)
def test_every_column_is_heard(rolled_back: Exporting, table: str, column: str, escaped: str) -> None:
    owner = rolled_back.owner
    named = "to_jsonb(t) ->> 'counterparty_category' IS DISTINCT FROM 'NATURAL_PERSON'"
    (id_,) = owner.execute(f"SELECT id FROM {table} t WHERE plain AND {named} LIMIT 1").fetchone()
    for text, plain in ((escaped, False), ("文", True)):
        owner.execute(f"UPDATE {table} SET {column} = %s WHERE id = %s", (text, id_))
        assert owner.execute(f"SELECT plain FROM {table} WHERE id = %s", (id_,)).fetchone() == (plain,)


@pytest.mark.parametrize("log", LOGS)
def test_a_kind_of_change_is_a_code(world: Exporting, log: str) -> None:
    (text,) = world.owner.execute(
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = %s AND convalidated", (f"ck_{log}_kind",)
    ).fetchone()
    assert "~ '^[A-Z_]+$'" in text


NODE = "key change at tombstone reason"
RECORD = {
    "penalties": "id decisionNo counterpartyCategory counterpartyName counterpartyUscc content basis remark kinds fine"
    " decidedOn publishedAt authority { name uscc } institution { name nhsaCode }",
    "inspections": "id resultNo kind findingsClass measures amountRecovered periodFrom institution { name }",
    "credit": "institution { nhsaCode } period score grade modelVersion measures dimensions { name score weight }",
}
LIST = {"penalties": "penaltyRecords", "inspections": "inspectionResults", "credit": "creditScores"}
AWKWARD_IN = {
    "penalties": ("penalty_record", "remark = %(text)s, content = %(text)s, decision_no = decision_no || %(text)s"),
    "inspections": ("inspection_result", "result_no = result_no || %(text)s, measures = ARRAY[%(text)s]"),
    "credit": ("credit_score", "grade = left(%(text)s, 4), model_version = %(text)s, measures = ARRAY[%(text)s]"),
}


@pytest.mark.parametrize("agency", [PLATFORM, REGULATOR])
@pytest.mark.parametrize("feed", EXPORTS)
def test_a_feed_tells_what_a_query_lists(world: Exporting, feed: str, agency: str) -> None:
    """A feed puts its JSON together as text, a query has it made of rows: the same values, by the same names."""
    table, awkward = AWKWARD_IN[feed]
    world.owner.execute(
        f"UPDATE {table} SET {awkward} WHERE id IN (SELECT id FROM {table} ORDER BY id DESC LIMIT 40)",
        {"text": '"\\\n\x1f𠮷/'},
    )
    assert world.owner.execute(f"SELECT count(*) FROM {table} WHERE NOT plain").fetchone() != (0,)
    token, root = world.token(agency), EXPORTS[feed].feed
    told, after, more = [], None, True
    while more:
        page = world.ask(
            token,
            f"query F($a: String) {{ {root}(after: $a, first: 700) {{ nodes {{ {NODE} __typename twice: key"
            f" record {{ __typename {RECORD[feed]} }} }} cursor hasMore }} }}",
            {"a": after},
        )["data"][root]
        told += page["nodes"]
        after, more = page["cursor"], page["hasMore"]
    listed, after, more = [], None, True
    while more:
        page = world.ask(
            token,
            f"query L($a: String) {{ {LIST[feed]}(after: $a, first: 1000) {{ nodes {{ __typename {RECORD[feed]} }}"
            " pageInfo { hasNextPage endCursor } } }",
            {"a": after},
        )["data"][LIST[feed]]
        listed += page["nodes"]
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
    assert len(told) == len(listed) > 0
    assert all(node["twice"] == node["key"] and node["change"] == "PRESENT" for node in told)
    by_text = {json.dumps(each, sort_keys=True) for each in listed}
    assert {json.dumps(node["record"], sort_keys=True) for node in told} == by_text
    assert any("\\n" in each for each in by_text)
