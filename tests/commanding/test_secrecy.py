"""What a command must not tell: that a record exists, what a hidden one holds, what was sent, to whom it may not know."""

import json
import secrets
from io import BytesIO
from typing import Any

import pytest
from commands_world import CITY_HEALTH, MARKET, POLICE, item
from mutating_world import DISCIPLINE, HEALTH, SECURITY, Mutating, first, head, papers
from site_running import LOGGED

from hub.clues.commands_inputs import INPUTS
from hub.graph.errors import ErrorCode
from hub.http import log

ABSENT = "00000000-0000-4000-8000-000000000000"
RESIDENT = "110101199003070134"
CANARY = "canary9k4w"
GIVEN: dict[str, dict[str, Any]] = {
    "signReceipt": {"pages": 3, "documents": ["移送书"], "sealed": True},
    "forwardClueTransfer": {"receiver": POLICE, "reason": "不属本机关"},
    "designateJurisdiction": {"choice": "CONFIRM", "reason": "由其管辖"},
    "declineCase": {"choice": "UPHOLD", "reason": "没有犯罪事实", "documentNo": "1"},
    "answerReconsideration": {"choice": "UPHOLD", "reason": "维持"},
    "requestFilingSupervision": {"choice": "DEMAND_FILING", "reason": "应当立案"},
    "answerFilingSupervision": {"choice": "EXPLAIN", "reason": "说明"},
    "handOverArticles": {"articles": ["手机一部"], "materials": ["卷宗"]},
    "reportResult": {"kind": "NO_VIOLATION", "amounts": [], "sanctions": [], "reason": "未发现"},
    "handleAfterDecline": {"kind": "NO_VIOLATION", "amounts": [], "sanctions": [], "reason": "未发现"},
    "supplementClueTransfer": {"note": "补充", "evidence": [item("OTHER")]},
    "notifyAgency": {"agency": HEALTH, "choice": "DEFER", "reason": "暂缓"},
    "transferOnward": {"choice": "TO_PUBLIC_SECURITY", "reason": "涉嫌犯罪"},
    "submitClueTransfer": {"caseOfficers": ["640104-HS-1"]},
}
"""What makes an input that could be carried out; else a reason, where the command takes one."""
OF_CASES = {"mergeCases", "splitCase"}
RECORDLESS = {"openCase", "registerOfficer", "endOfficer", "drawSample"}
COMMANDS = [str(command) for command in INPUTS if str(command) not in RECORDLESS]


def given(command: str, public_id: str, case_no: str) -> dict[str, Any]:
    match command:
        case "mergeCases":
            return {"caseNo": case_no, "into": "640104-2026-9999999", "reason": "同一事实"}
        case "splitCase":
            return {"caseNo": case_no, "transfers": [public_id], "reason": "另案"}
        case "draftClueTransfer":
            return {"id": public_id, "summary": "另写"}
    reason = "reason" in next(model for name, model in INPUTS.items() if str(name) == command).model_fields
    return {"id": public_id, **GIVEN.get(command, {"reason": "理由"} if reason else {})}


@pytest.fixture(scope="module")
def places(world: Mutating) -> dict[str, tuple[str, str]]:
    """Transfers that others may not know of, by what they are: a draft, one sent, one to 纪检监察."""
    return {
        "draft": world.drafted(SECURITY, HEALTH),
        "sent": world.delivered(SECURITY, HEALTH),
        "discipline": world.delivered(SECURITY, DISCIPLINE),
    }


@pytest.mark.parametrize("command", COMMANDS)
def test_a_non_party_is_told_the_same_of_an_absent_and_an_existing_transfer(
    world: Mutating, places: dict[str, tuple[str, str]], command: str
) -> None:
    """All commands, byte for byte: agencies of other kinds, of other levels, and the receiver of what is not sent yet."""
    outsiders = {
        "draft": (HEALTH, MARKET, CITY_HEALTH), "sent": (MARKET, POLICE, CITY_HEALTH), "discipline": (HEALTH, MARKET),
    }  # fmt: skip
    select = "userErrors { code clause field zh en doZh doEn missing } replayed"
    if command not in OF_CASES:
        select += " clueTransfer { id status summary penaltyRecords(first: 1) { nodes { id } } hiddenFields }"
    for place, agencies in outsiders.items():
        case_no, public_id = places[place]
        for agency in agencies:
            for desk in (first(agency), head(agency)):
                token = world.token_of(desk)
                there = world.sent(token, command, select=select, **given(command, public_id, case_no))
                absent = world.sent(token, command, select=select, **given(command, ABSENT, "640104-2026-999999"))
                assert there.body == absent.body, place
                (one, other) = world.ledger()[-2:]
                for name in ("outcome", "error_codes", "shown", "masked", "record_count", "row_count"):
                    assert one[name] == other[name]
                assert one["outcome"] == "REFUSED"


def test_the_existence_of_a_discipline_child_is_told_to_its_parties_only(world: Mutating) -> None:
    """Two equal transfers, one goes onward to 纪检监察: the other party sees and is told the same of both."""
    seen = []
    for onward in (False, True):
        case_no, public_id = world.delivered(HEALTH, SECURITY)
        security = world.token_of(first(SECURITY), case_no=case_no)
        world.give(security, "signReceipt", id=public_id, **GIVEN["signReceipt"])
        world.give(security, "fileCase", id=public_id, documentNo="立〔2026〕1号")
        child = ABSENT
        if onward:
            draft = {name: value for name, value in papers(DISCIPLINE, by=SECURITY).items() if value is not None}
            made = world.give(
                security, "transferOnward", id=public_id, choice="TO_DISCIPLINE_INSPECTION", reason="涉嫌职务犯罪",
                draft=draft,
            )["data"]["transferOnward"]  # fmt: skip
            assert made["userErrors"] == []
            child = made["child"]["id"]
            for desk, step in (
                (first, "submitClueTransfer"),
                (head, "approveClueTransfer"),
                (first, "sendClueTransfer"),
            ):
                world.do(desk(SECURITY), step, id=child)
        token = world.token_of(first(HEALTH), case_no=case_no)
        told = []
        for command, more in (
            ("recallClueTransfer", {"reason": "撤回"}),
            ("acknowledgeResult", {}),
            ("supplementClueTransfer", {"note": "补"}),
        ):
            told.append(world.give(token, command, id=public_id, **more)["data"][command])
            told.append(world.give(token, command, id=child, **more)["data"][command])
        told.append(
            world.give(token, "splitCase", caseNo=case_no, transfers=[child], reason="另案")["data"]["splitCase"]
        )
        told.append(world.ask(token, "{ clueTransfers { totalCount nodes { status receivedAt dueAt hiddenFields } } }"))
        seen.append(told)
        page = seen[-1].pop()
        mine = f'{{ clueTransfer(id: "{public_id}") {{ status dueAt hiddenFields summary }} }}'
        shown = world.ask(token, mine)["data"]["clueTransfer"]
        seen[-1].append({name: shown[name] for name in ("status", "hiddenFields", "summary")})
        assert child not in json.dumps(page)
    assert seen[0] == seen[1]


@pytest.fixture
def logged() -> BytesIO:
    log.configure("debug", LOGGED)
    return LOGGED


@pytest.mark.parametrize(
    ("text", "code", "field"),
    [
        (f"当事人 {RESIDENT} 重复就诊", "IDENTITY_NUMBER_IN_TEXT", "summary"),
        ("当事人 １１０１０１１９９００３０７０１３４", "IDENTITY_NUMBER_IN_TEXT", "summary"),
        ("密级：机密 不得外传", "SECRET_IN_TEXT", "summary"),
        ("字" * 20_001, "INVALID_INPUT", "summary"),
        ("\u0007bell", "INVALID_INPUT", "summary"),
    ],
)
def test_bad_text_is_refused_with_its_place_and_reaches_no_log(
    world: Mutating, logged: BytesIO, text: str, code: str, field: str
) -> None:
    case_no = world.opened(first(SECURITY))
    token = world.token_of(first(SECURITY))
    contents = {"caseNo": case_no, "receiver": HEALTH, "source": "REPORT", "discoveredOn": "2026-10-01"}
    answer = world.sent(token, "draftClueTransfer", summary=f"{CANARY}{text}", **contents)
    (told,) = json.loads(answer.body)["data"]["draftClueTransfer"]["userErrors"]
    assert (told["code"], told["field"]) == (code, field)
    nested = {"parties": [{"kind": "MEDICAL_INSTITUTION", "name": "某医院"}], "summary": "某", "articles": ["一", text]}
    (told,) = world.give(token, "draftClueTransfer", **contents, **nested)["data"]["draftClueTransfer"]["userErrors"]
    assert (told["code"], told["field"]) == (code, "articles.1")
    for place in (answer.body, logged.getvalue()):
        assert RESIDENT.encode() not in place
        assert CANARY.encode() not in place


@pytest.mark.parametrize("text", ["a\0b", "\ud800"])
def test_what_is_no_text_is_refused_as_a_whole(world: Mutating, text: str) -> None:
    token = world.token_of(first(SECURITY))
    assert world.sent(token, "openCase", key=f"{text}-key-of-a-case").code is ErrorCode.BAD_VARIABLES
    answer = world.sent(token, "draftClueTransfer", summary=text, caseNo="640104-2026-000001")
    assert answer.code is ErrorCode.BAD_VARIABLES
    assert b"data" not in answer.body
    literal = 'mutation { openCase(input: {idempotencyKey: "\\u0000-a-key-of-a-case"}) { replayed } }'
    assert world.answer(token, literal).code is ErrorCode.BAD_REQUEST


@pytest.mark.parametrize("key", ["", "short", "x" * 129, "with space 1234", "键键键键键键键键", "tab\tab-tab-tab"])
def test_a_key_that_is_none_is_refused(world: Mutating, key: str) -> None:
    answered = json.loads(
        world.answer(
            world.token_of(first(SECURITY)),
            "mutation ($k: String!) { openCase(input: {idempotencyKey: $k}) { case { caseNo } userErrors { code field } } }",
            {"k": key},
        ).body
    )
    assert answered["data"]["openCase"] == {
        "case": None, "userErrors": [{"code": "INVALID_IDEMPOTENCY_KEY", "field": "idempotencyKey"}],
    }  # fmt: skip


@pytest.mark.parametrize(
    "document",
    [
        "mutation { openCase { replayed } }",
        "mutation { openCase(input: {}) { replayed } }",
        'mutation { openCase(input: {idempotencyKey: "a-key-of-a-case", more: 1}) { replayed } }',
        'mutation { openCase(input: {idempotencyKey: "a-key-of-a-case"}) }',
        'mutation { openCase(input: {idempotencyKey: "a-key-of-a-case"}) { clueTransfer { id } } }',
        'mutation { recordArrival(input: {idempotencyKey: "a-key-of-a-case"}) { replayed } }',
        "mutation { __schema { types { name } } }",
        "mutation { _entities(representations: []) { __typename } }",
        "mutation { viewer { clientId } }",
        'mutation { startHandling(input: {idempotencyKey: "a-key-of-a-case", id: "1", kind: BAD}) { replayed } }',
    ],
)  # fmt: skip
def test_what_the_schema_does_not_have_is_refused_before_anything_is_done(world: Mutating, document: str) -> None:
    before = world.owner.execute("SELECT count(*) FROM command_receipt").fetchone()
    assert world.answer(world.token_of(first(SECURITY)), document).code is ErrorCode.GRAPHQL_VALIDATION_FAILED
    assert world.owner.execute("SELECT count(*) FROM command_receipt").fetchone() == before


def test_an_outsider_is_told_one_thing(world: Mutating) -> None:
    bodies = set()
    for token in (None, "", "a" * 43, secrets.token_urlsafe(32)):
        for document in (
            'mutation { openCase(input: {idempotencyKey: "outsider-key"}) { replayed } }',
            "mutation { x }",
        ):
            answer = world.answer(token, document)  # type: ignore[arg-type]
            told = json.loads(answer.body)
            told["errors"][0]["extensions"].pop("id")
            bodies.add(json.dumps(told))
    assert len(bodies) == 1
