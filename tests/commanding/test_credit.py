"""Credit through GraphQL: scores, events and points as mutations, read as by a query, on file in the ledger."""

from datetime import timedelta
from typing import Any

import pytest
from mutating_world import SECURITY, first
from test_recording import DAY, RESULTS, Recording, world  # noqa: F401 - the fixture

SCOPES = ("parties:read", "credit:read", "credit:write")
EVENT = "event institution { nhsaCode creditScores(first: 1) { nodes { period score } } } userErrors { code field } replayed"
POINTS = (
    "event personnel { nhsaCode points qualificationStatus qualificationUntil hiddenFields }"
    " userErrors { code field zh en doZh doEn clause } replayed"
)


@pytest.fixture
def token(world: Recording) -> str:  # noqa: F811
    world.client(SECURITY, SCOPES)
    return str(world.token_of(first(SECURITY), None, scopes=SCOPES))


def code_of(world: Recording, table: str) -> str:  # noqa: F811
    row = world.owner.execute(f"SELECT nhsa_code FROM {table} WHERE region = '640104' ORDER BY id LIMIT 1").fetchone()
    assert row
    return str(row[0])


def give(world: Recording, token: str, command: str, select: str, **given: Any) -> dict[str, Any]:  # noqa: F811
    answered = world.give(token, command, None, select, **given)
    assert "errors" not in answered, answered
    return {"masked": answered["extensions"]["masked"], **answered["data"][command]}


def test_scores(world: Recording, token: str) -> None:  # noqa: F811
    code = code_of(world, "institution")
    score = {"institution": code, "period": "2025Q4", "modelVersion": "sample-2026.2", "score": "820.15"}
    told = give(world, token, "recordCreditScores", RESULTS, scores=[score])
    assert [one["status"] for one in told["results"]] == ["RECORDED"]
    document = f'{{ creditScore(nhsaCode: "{code}", period: "2025Q4") {{ score grade measures }} }}'
    found = world.ask(token, document)["data"]["creditScore"]
    assert found == {"score": "820.15", "grade": "B", "measures": ["加强法治教育"]}
    told = give(world, token, "recordCreditScores", RESULTS, scores=[score | {"modelVersion": "none-1"}])
    (error,) = told["userErrors"]
    assert (error["code"], error["field"]) == ("UNKNOWN_MODEL", "scores.0.modelVersion")
    assert all(error[name] for name in ("clause", "zh", "en", "doZh", "doEn"))


def test_an_event_and_its_score_in_the_payload(world: Recording, token: str) -> None:  # noqa: F811
    code = code_of(world, "institution")
    told = give(world, token, "recordCreditEvent", EVENT, institution=code, rule="DATA_LATE", occurredOn=DAY)
    assert told["event"]
    assert told["institution"]["nhsaCode"] == code
    assert world.ledger()[-1]["shown"][:2] == ["Mutation.recordCreditEvent", "Institution.nhsaCode"]
    told = give(world, token, "recordCreditEvent", EVENT, event=told["event"], change="REVOKED", reason="核对有误")
    assert (told["institution"]["nhsaCode"], told["userErrors"]) == (code, [])


def test_points_end_with_their_year(world: Recording, token: str) -> None:  # noqa: F811
    """Nothing happens at new year: what is read is worked out. A suspension that was decided goes on."""
    world.owner.execute(
        "INSERT INTO personnel (nhsa_code, name, profession, institution_id, region, qualification_status, points,"
        " resident_id, phone) SELECT 'D640104900001', '虚构丙', 'DOCTOR', id, region, 'NORMAL', 0, '64010419900101001X',"
        " '13000000000' FROM institution WHERE region = '640104' ORDER BY id LIMIT 1"
    )
    given = {"personnel": "D640104900001", "points": 9, "occurredOn": DAY, "suspendedMonths": 6}
    person = give(world, token, "recordCreditEvent", POINTS, **given)["personnel"]
    assert (person["points"], person["qualificationStatus"]) == (9, "SUSPENDED")
    until = person["qualificationUntil"]
    assert until > DAY
    ask = '{ personnel(nhsaCode: "D640104900001") { points qualificationStatus qualificationUntil } }'
    world.owner.execute("UPDATE personnel SET points_year = points_year - 1 WHERE nhsa_code = 'D640104900001'")
    assert world.ask(token, ask)["data"]["personnel"] == {
        "points": 0, "qualificationStatus": "SUSPENDED", "qualificationUntil": until,
    }  # fmt: skip
    world.owner.execute(
        "UPDATE personnel SET qualification_until = %s WHERE nhsa_code = 'D640104900001'",
        (world.clock.now().date() - timedelta(days=1),),
    )
    assert world.ask(token, ask)["data"]["personnel"] == {
        "points": 0, "qualificationStatus": "NORMAL", "qualificationUntil": None,
    }  # fmt: skip
    filtered = '{ institution(nhsaCode: "%s") { personnel(filter: {points: {gte: 1}}) { nodes { nhsaCode } } } }'
    listed = world.ask(token, filtered % code_of(world, "institution"))["data"]["institution"]["personnel"]["nodes"]
    assert {"nhsaCode": "D640104900001"} not in listed
    told = give(world, token, "recordCreditEvent", POINTS, personnel="D640104900001", points=13, occurredOn=DAY)
    assert [(one["code"], one["field"]) for one in told["userErrors"]] == [("INVALID_INPUT", "points")]


def test_without_its_scope(world: Recording) -> None:  # noqa: F811
    world.client(SECURITY, SCOPES)
    token = world.token_of(first(SECURITY), None, scopes=("parties:read", "credit:read"))
    answered = world.give(token, "recordCreditScores", None, RESULTS, scores=[])
    assert answered["data"] == {"recordCreditScores": None}
    assert answered["extensions"]["masked"][0]["code"] == "SCOPE_MISSING"
