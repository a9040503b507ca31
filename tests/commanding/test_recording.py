"""Penalties through GraphQL: batches and steps as mutations, read as by a query, on file in the ledger."""

import json
import secrets
from datetime import UTC, datetime, timedelta

import pytest
from mutating_world import HEALTH, SECURITY, Desk, Mutating, first
from recording_world import CREDIT, OPERATOR, PURPOSES, firm_penalty, inspection, measure

from hub.demo.sample import Counts, load_sample
from hub.penalties.recording import RecordCommand

SCOPES = ("parties:read", "penalties:read", "penalties:write", "inspections:read", "inspections:write", "repairs:write")
RESULTS = (
    "results { index status id userErrors { code field zh } } userErrors { code field clause zh en doZh doEn } replayed"
)
RECORD = (
    "penaltyRecord { id decisionNo status fine facts severity publicityEndsOn hiddenFields }"
    " userErrors { code field } replayed"
)
TODAY = datetime.now(UTC) + timedelta(hours=8)
DAY, YEAR = (TODAY - timedelta(days=2)).date().isoformat(), (TODAY - timedelta(days=2)).year


class Recording(Mutating):
    def token_for(self, desk: Desk, scopes: tuple[str, ...] = SCOPES) -> str:
        self.client(desk.agency, SCOPES)
        return self.token_of(desk, PURPOSES.get(desk.agency[7:]), scopes=scopes)

    def told(self, desk: Desk, command: str, select: str = RECORD, key: str | None = None, **given) -> dict:
        answered = self.give(self.token_for(desk), command, key, select, **given)
        assert "errors" not in answered, answered
        return {"masked": answered["extensions"]["masked"], **answered["data"][command]}


@pytest.fixture(scope="module")
def world(empty_database, tmp_path_factory):
    database = empty_database()
    load_sample(database.owner_url, counts=Counts(60, 0, 0, 0, 0))
    made = Recording(database, tmp_path_factory.mktemp("hub"))
    for agency in (OPERATOR, CREDIT):
        desk = first(agency)
        made.owner.execute(
            "INSERT INTO officer (agency, name, certificate_no, roles, valid_from, registered_by)"
            " VALUES (%s, %s, %s, '{CASE_OFFICER}', '2020-01-01', 'test')",
            (agency, desk.name, desk.certificate),
        )
    yield made
    made.close()


def decision(**more) -> dict:
    number = secrets.randbelow(9_000_000) + 1
    return firm_penalty(decisionNo=f"银兴医保罚决〔{YEAR}〕{number}号", decidedOn=DAY) | more


def recorded(world: Recording, **more) -> str:
    told = world.told(first(SECURITY), "recordPenalties", RESULTS, penalties=[decision(**more)])
    (one,) = told["results"]
    assert one["status"] == "RECORDED", told
    return str(one["id"])


def test_every_command_is_a_mutation_with_an_input_and_its_scope() -> None:
    from hub.graph.catalogue import load_catalogue
    from hub.graph.schema import graphql_schema

    mutation = graphql_schema().mutation_type
    assert mutation
    assert set(RecordCommand) <= set(mutation.fields)
    specs = load_catalogue().mutations
    assert {specs[str(one)].source.scope for one in RecordCommand} == {
        "penalties:write", "inspections:write", "repairs:write", "credit:write",
    }  # fmt: skip


def test_a_life_of_a_penalty_by_mutations(world: Recording) -> None:
    penalty = recorded(world, servedOn=DAY)
    told = world.told(first(SECURITY), "publishPenalty", id=penalty)
    assert told["userErrors"] == []
    record = told["penaltyRecord"]
    assert (record["id"], record["status"], record["fine"]) == (penalty, "PUBLISHED", "2000.00")
    # Read as by a query: without a case, the facts in full are hidden, from the authority too.
    assert record["facts"] is None
    assert "facts" in record["hiddenFields"]
    assert "PenaltyRecord.facts" in {entry["coordinate"] for entry in told["masked"]}
    assert world.ledger()[-1]["shown"][:2] == ["Mutation.publishPenalty", "PenaltyRecord.id"]
    objected = world.told(first(CREDIT), "recordObjection", id=penalty, reason="金额有异议")
    assert objected["penaltyRecord"]["status"] == "PUBLISHED"
    revoked = world.told(first(SECURITY), "revokePenalty", id=penalty, reason="复议撤销", clause="处罚法第四十八条")
    assert revoked["penaltyRecord"]["status"] == "REVOKED"
    gone = world.told(first(CREDIT), "recordObjection", id=penalty, reason="金额有异议")
    assert (gone["penaltyRecord"], gone["userErrors"]) == (None, [{"code": "NOT_A_PARTY", "field": "id"}])


def test_a_batch_with_one_bad_item_in_both_modes(world: Recording) -> None:
    batch = [decision(), decision(fine=None), decision()]
    told = world.told(first(SECURITY), "recordPenalties", RESULTS, penalties=batch)
    assert told["results"] == []
    assert [(one["code"], one["field"]) for one in told["userErrors"]] == [("INVALID_INPUT", "penalties.1.fine")]
    key = secrets.token_hex(16)
    told = world.told(first(SECURITY), "recordPenalties", RESULTS, key, penalties=batch, allOrNothing=False)
    assert [one["status"] for one in told["results"]] == ["RECORDED", "REFUSED", "RECORDED"]
    assert told["results"][1]["userErrors"][0]["field"] == "penalties.1.fine"
    entry = world.ledger()[-1]
    assert entry["shown"] == ["Mutation.recordPenalties", "RecordedItem.id"]
    again = world.told(first(SECURITY), "recordPenalties", RESULTS, key, penalties=batch, allOrNothing=False)
    assert again == told | {"replayed": True}


def test_a_batch_of_a_thousand(world: Recording) -> None:
    batch = [decision() for _ in range(1_000)]
    assert len(json.dumps(batch, ensure_ascii=False).encode()) < 1024 * 1024, "it goes through the door"
    told = world.told(first(SECURITY), "recordPenalties", "results { status } userErrors { code }", penalties=batch)
    assert [one["status"] for one in told["results"]].count("RECORDED") >= 999  # numbers are random


def test_inspection_results_and_agreement_measures(world: Recording) -> None:
    (code,) = world.owner.execute("SELECT nhsa_code FROM institution WHERE region = '640104' LIMIT 1").fetchone()
    about = {"periodFrom": "2025-01-01", "periodTo": "2025-12-31", "inspectedOn": DAY}
    told = world.told(
        first(SECURITY), "recordInspectionResults", RESULTS,
        results=[inspection(code, resultNo=f"银兴检〔{YEAR}〕{secrets.randbelow(10**6) + 1}号", **about)],
    )  # fmt: skip
    assert [one["status"] for one in told["results"]] == ["RECORDED"]
    found = world.ask(
        world.token_for(first(SECURITY)),
        f'{{ inspectionResult(id: "{told["results"][0]["id"]}") {{ kind measures amountRecovered institution {{ nhsaCode }} }} }}',
    )["data"]["inspectionResult"]
    assert found == {
        "kind": "SPOT_CHECK", "measures": ["ORDER_CORRECTION", "RECOVERY"], "amountRecovered": "842.06",
        "institution": {"nhsaCode": code},
    }  # fmt: skip
    dated = {"informedOn": "2026-01-05", "statementOn": "2026-01-08", "decidedOn": "2026-02-01"}
    told = world.told(
        first(OPERATOR), "recordAgreementMeasures", RESULTS,
        measures=[measure(code, **dated, startsOn="2026-02-02", endsOn="2026-05-01")],
    )  # fmt: skip
    assert [one["status"] for one in told["results"]] == ["RECORDED"]


def test_without_its_scope_a_command_is_not_given(world: Recording) -> None:
    token = world.token_for(first(SECURITY), scopes=("penalties:read", "inspections:write"))
    answered = world.give(token, "recordPenalties", None, RESULTS, penalties=[decision()])
    assert answered["data"] == {"recordPenalties": None}
    (entry,) = answered["extensions"]["masked"]
    assert (entry["coordinate"], entry["code"]) == ("Mutation.recordPenalties", "SCOPE_MISSING")


def test_an_outsider_gets_the_same_bytes_for_a_record_as_for_none(world: Recording) -> None:
    absent, unpublished = "00000000-0000-4000-8000-000000000000", recorded(world, servedOn=DAY)
    given = {
        "servePenalty": {"servedOn": DAY},
        "publishPenalty": {},
        "withholdPublication": {"reason": "x"},
        "amendPenalty": {"changes": {"remark": "x"}, "reason": "x", "clause": "x"},
        "revokePenalty": {"reason": "x", "clause": "x"},
        "recordObjection": {"reason": "x"},
        "recordCreditRepair": {"reason": "x"},
    }
    for desk, commands in ((first(HEALTH), list(given)[:5]), (first(CREDIT), list(given)[5:])):
        for command in commands:
            bodies = {
                world.sent(world.token_for(desk), command, None, "userErrors { code field clause zh en } replayed", id=one, **given[command]).body
                for one in (absent, unpublished)
            }  # fmt: skip
            assert len(bodies) == 1, command


def test_values_that_are_no_values(world: Recording) -> None:
    """Kinds are GraphQL's affair: an unknown word, a date that is none, a list for a text; nothing is recorded."""
    token = world.token_for(first(SECURITY))
    for bad in (
        {"severity": "HUGE"},
        {"decidedOn": "2026-02-30"},
        {"kinds": ["WARNINGS"]},
        {"facts": ["x"]},
        {"moreThanThat": 1},
        {"facts": None},
    ):
        answered = world.give(token, "recordPenalties", None, RESULTS, penalties=[decision(), decision(**bad)])
        told = answered["errors"][0]["extensions"]
        assert told["code"] == "BAD_VARIABLES", bad
        (name, value), *_ = bad.items()
        place = {"kinds": "input.penalties.1.kinds.0", "moreThanThat": "input.penalties.1"}
        assert [one["place"] for one in told["places"]] == [place.get(name, f"input.penalties.1.{name}")]
        assert not any(word in str(answered) for word in ("HUGE", "02-30", "WARNINGS", "moreThanThat")), value
        assert "data" not in answered
    lacking = {name: value for name, value in decision().items() if name not in {"facts", "basis"}}
    told = world.give(token, "recordPenalties", None, RESULTS, penalties=[lacking])["errors"][0]["extensions"]
    assert told["places"] == [
        {"place": "input.penalties.0.facts", "rule": "missing"},
        {"place": "input.penalties.0.basis", "rule": "missing"},
    ]
    many = world.give(token, "recordPenalties", None, RESULTS, penalties=[decision(severity="HUGE")] * 1000)
    assert len(many["errors"][0]["extensions"]["places"]) == 5
    for text in ("a\x00b", "\ud800"):
        answered = world.give(token, "recordPenalties", None, RESULTS, penalties=[decision(remark=text)])
        assert "errors" in answered or answered["data"]["recordPenalties"]["userErrors"]
