"""What a command answers: its record as a query would show it, masked and in the ledger; once; one after the other."""

import json
import secrets

import pytest
from mutating_world import DISCIPLINE, HEALTH, SECURITY, Mutating, first, head, papers

from hub.graph.errors import ErrorCode


def test_the_whole_life_of_a_transfer(world: Mutating) -> None:
    case_no, public_id = world.delivered(SECURITY, HEALTH)
    steps = (
        (HEALTH, "signReceipt", {"pages": 3, "documents": ["移送书"], "sealed": True}, "RECEIVED"),
        (HEALTH, "requestSupplement", {"reason": "缺少检查报告"}, "SUPPLEMENT_REQUESTED"),
        (SECURITY, "supplementClueTransfer", {"note": "补充材料"}, "RECEIVED"),
        (HEALTH, "startHandling", {}, "HANDLING"),
        (
            HEALTH,
            "reportResult",
            {"kind": "PENALTY_IMPOSED", "documentNo": "兴卫罚〔2026〕7号", "decidedOn": "2026-10-20",
             "amounts": [{"kind": "罚款", "yuan": "20000.00"}], "sanctions": [], "detail": "已作出行政处罚"},
            "RESULT_REPORTED",
        ),
        (SECURITY, "acknowledgeResult", {}, "RESULT_REPORTED"),
        (HEALTH, "closeClueTransfer", {}, "CLOSED"),
    )  # fmt: skip
    for agency, command, given, status in steps:
        made = world.do(first(agency), command, id=public_id, **given)
        assert made["clueTransfer"]["status"] == status, command
        assert made["clueTransfer"]["caseNo"] == case_no
        assert made["replayed"] is False


def test_the_payload_is_the_answer_of_a_query(world: Mutating) -> None:
    case_no, public_id = world.delivered(SECURITY, HEALTH)
    fields = "id docNo status summary parties { name hiddenFields } evidence { name } sender { name } hiddenFields"
    query = f'{{ clueTransfer(id: "{public_id}") {{ {fields} }} }}'
    for case in (case_no, None):
        token = world.token_of(first(HEALTH), case_no=case)
        given = {"pages": 3, "documents": ["移送书"], "sealed": True}
        command = "signReceipt" if case else "startHandling"
        made = world.give(
            token, command, select=f"clueTransfer {{ {fields} }} userErrors {{ code }}",
            id=public_id, **(given if case else {}),
        )  # fmt: skip
        asked = world.ask(token, query)
        assert made["data"][command]["clueTransfer"] == asked["data"]["clueTransfer"]
        assert (asked["data"]["clueTransfer"]["summary"] is None) is (case is None)
        under = [
            {**entry, "paths": [path.replace("clueTransfer", f"{command}.clueTransfer", 1) for path in entry["paths"]]}
            for entry in asked["extensions"]["masked"]
        ]
        assert made["extensions"]["masked"] == under
        commanded, queried = world.ledger()[-2:]
        assert commanded["shown"] == [f"Mutation.{command}", *queried["shown"]]
        for name in ("masked", "filtered", "counted", "record_count", "row_count", "purpose", "case_no"):
            assert commanded[name] == queried[name], name


def test_a_retry_is_carried_out_once_and_answers_the_same(world: Mutating) -> None:
    _, public_id = world.drafted(SECURITY, HEALTH)
    token = world.token_of(first(SECURITY))
    before = world.owner.execute("SELECT count(*) FROM transfer_event").fetchone()
    one, two = (world.give(token, "submitClueTransfer", "retry-key-1", id=public_id) for _ in range(2))
    assert one["data"]["submitClueTransfer"].pop("replayed") is False
    assert two["data"]["submitClueTransfer"].pop("replayed") is True
    assert one == two
    (count,) = world.owner.execute("SELECT count(*) FROM transfer_event").fetchone() or (0,)
    assert before == (count - 1,)
    other = world.give(token, "submitClueTransfer", "retry-key-1", id=public_id, caseOfficers=["640104-HS-1"])
    (refused,) = other["data"]["submitClueTransfer"]["userErrors"]
    assert (refused["code"], refused["field"]) == ("IDEMPOTENCY_KEY_REUSED", "idempotencyKey")


def test_root_fields_run_in_order_and_one_that_is_refused_undoes_none(world: Mutating) -> None:
    _, public_id = world.drafted(SECURITY, HEALTH)
    document = """mutation ($id: ID!, $key: String!) {
        __typename
        one: openCase(input: {idempotencyKey: "serial-one"}) { case { no: caseNo kind: __typename } __typename }
        two: sendClueTransfer(input: {idempotencyKey: "serial-two", id: $id}) { clueTransfer { status } ...E }
        three: submitClueTransfer(input: {idempotencyKey: $key, id: $id}) { a: clueTransfer { status } b: clueTransfer { id } ...E }
        four: openCase(input: {idempotencyKey: "serial-one"}) { case { caseNo } replayed }
    } fragment E on ClueTransferPayload { userErrors { code ... @include(if: true) { field } } }"""
    token = world.token_of(first(SECURITY))
    answered = world.ask(token, document, {"id": public_id, "key": "serial-three"})
    data = answered["data"]
    assert list(data) == ["__typename", "one", "two", "three", "four"]
    assert data["__typename"] == "Mutation"
    assert data["one"] == {
        "case": {"no": data["four"]["case"]["caseNo"], "kind": "CaseNumber"}, "__typename": "CasePayload",
    }  # fmt: skip
    assert data["two"] == {"clueTransfer": None, "userErrors": [{"code": "APPROVAL_REQUIRED", "field": None}]}
    assert data["three"] == {"a": {"status": "SUBMITTED"}, "b": {"id": public_id}, "userErrors": []}
    assert data["four"]["replayed"] is True
    entry = world.ledger()[-1]
    assert entry["outcome"] == "ANSWERED"
    assert entry["error_codes"] == ["APPROVAL_REQUIRED"]
    assert {"Mutation.openCase", "Mutation.submitClueTransfer", "CaseNumber.caseNo"} <= set(entry["shown"])
    assert entry["masked"] == ["Mutation.sendClueTransfer"]


def test_masks_of_several_root_fields_are_told_once(world: Mutating) -> None:
    _, public_id = world.delivered(SECURITY, HEALTH)
    document = """mutation ($id: ID!) {
        a: signReceipt(input: {idempotencyKey: "masks-one", id: $id, pages: 1, documents: ["移送书"], sealed: true}) { clueTransfer { summary } }
        b: startHandling(input: {idempotencyKey: "masks-two", id: $id}) { clueTransfer { summary } }
    }"""
    answered = world.ask(world.token_of(first(HEALTH)), document, {"id": public_id})
    (entry,) = answered["extensions"]["masked"]
    assert (entry["coordinate"], entry["rows"]) == ("ClueTransfer.summary", "all")
    assert entry["paths"] == ["a.clueTransfer.summary", "b.clueTransfer.summary"]


def test_eleven_commands_are_too_many_and_none_is_carried_out(world: Mutating) -> None:
    token = world.token_of(first(SECURITY))
    before = world.owner.execute("SELECT count(*) FROM case_file").fetchone()
    roots = " ".join(f'a{n}: openCase(input: {{idempotencyKey: "too-many-{n}"}}) {{ replayed }}' for n in range(11))
    answer = world.answer(token, f"mutation {{ {roots} }}")
    assert answer.code is ErrorCode.COST_EXCEEDED
    assert world.owner.execute("SELECT count(*) FROM case_file").fetchone() == before


def test_what_cannot_be_answered_is_refused_before_the_command(world: Mutating) -> None:
    """A forged cursor, a filter by a hidden field, in a payload: of that root field only, and nothing is done for it."""
    _, public_id = world.drafted(SECURITY, HEALTH)
    token = world.token_of(first(SECURITY))
    for page, code in (
        ('penaltyRecords(after: "forged") { nodes { id } }', "INVALID_CURSOR"),
        ("penaltyRecords(first: 5000) { nodes { id } }", "INVALID_ARGUMENT"),
    ):
        answered = world.give(
            token, "submitClueTransfer", select=f"clueTransfer {{ id {page} }} userErrors {{ code }}", id=public_id
        )
        assert answered["data"] == {"submitClueTransfer": None}
        assert [entry["extensions"]["code"] for entry in answered["errors"]] == [code]
        assert answered["errors"][0]["path"][0] == "submitClueTransfer"
        assert world.ledger()[-1]["masked"] == ["Mutation.submitClueTransfer"]
    assert world.do(first(SECURITY), "submitClueTransfer", id=public_id)["clueTransfer"]["status"] == "SUBMITTED"


def test_an_onward_transfer_shows_its_child_to_its_sender(world: Mutating) -> None:
    case_no, public_id = world.delivered(HEALTH, SECURITY)
    token = world.token_of(first(SECURITY), case_no=case_no)
    world.give(token, "signReceipt", id=public_id, pages=3, documents=["移送书"], sealed=True)
    world.give(token, "fileCase", id=public_id, documentNo="立〔2026〕1号")
    draft = {name: value for name, value in papers(DISCIPLINE, by=SECURITY).items() if value is not None}
    answered = world.give(token, "transferOnward", id=public_id, choice="TO_DISCIPLINE_INSPECTION", reason="涉嫌职务犯罪", draft=draft)  # fmt: skip
    made = answered["data"]["transferOnward"]
    assert made["userErrors"] == []
    assert made["child"]["status"] == "DRAFT"
    assert made["clueTransfer"]["id"] == public_id != made["child"]["id"]


@pytest.mark.parametrize(("scopes", "path"), [(("clues:read",), "openCase"), (("clues:write",), "x.clueTransfer")])
def test_a_missing_scope_is_masked_as_in_a_query(world: Mutating, scopes: tuple[str, ...], path: str) -> None:
    case_no = world.opened(first(SECURITY))
    token = world.token_of(first(SECURITY), scopes=scopes)
    if scopes == ("clues:read",):
        answered = world.ask(token, 'mutation { openCase(input: {idempotencyKey: "scope-none"}) { case { caseNo } } }')
        assert answered["data"] == {"openCase": None}
        assert not world.owner.execute("SELECT 1 FROM command_receipt WHERE idempotency_key = 'scope-none'").fetchall()
    else:
        document = """mutation ($case: String!) { x: draftClueTransfer(input: {idempotencyKey: "scope-none",
            caseNo: $case, receiver: "640104-HEALTH", discoveredOn: "2026-10-01", source: REPORT, summary: "重复检查"}) { clueTransfer { id } userErrors { code } } }"""
        answered = world.ask(token, document, {"case": case_no})
        assert answered["data"] == {"x": {"clueTransfer": None, "userErrors": []}}
    (entry,) = answered["extensions"]["masked"]
    assert (entry["paths"], entry["code"], entry["scope"]) == (
        [path], "SCOPE_MISSING", "clues:write" if path == "openCase" else "clues:read",
    )  # fmt: skip
    assert entry["coordinate"] in world.ledger()[-1]["masked"]


def test_wrong_purpose_and_officer_are_user_errors_and_in_the_ledger(world: Mutating) -> None:
    _, public_id = world.drafted(SECURITY, HEALTH)
    unregistered = first(SECURITY).__class__(SECURITY, "查无此人", "NOBODY-1")
    for token, code in (
        (world.token_of(first(SECURITY), purpose="case-oversight"), "PURPOSE_NOT_ALLOWED"),
        (world.token_of(unregistered), "OFFICER_NOT_REGISTERED"),
        (world.token_of(first(SECURITY), officer=False), "OFFICER_REQUIRED"),
        (world.token_of(head(SECURITY)), "ROLE_NOT_ALLOWED"),
        (world.token_of(first(SECURITY), case_no="640104-2026-999999"), "OTHER_CASE"),
    ):
        answered = world.give(token, "submitClueTransfer", id=public_id)
        payload = answered["data"]["submitClueTransfer"]
        assert [each["code"] for each in payload["userErrors"]] == [code]
        assert payload["clueTransfer"] is None
        assert all(payload["userErrors"][0][name] for name in ("clause", "zh", "en", "doZh", "doEn"))
        entry = world.ledger()[-1]
        assert (entry["outcome"], entry["error_codes"]) == ("REFUSED", [code])
        assert entry["masked"][0] == "Mutation.submitClueTransfer"
        assert entry["record_count"] == 0


def test_every_code_is_a_member_of_the_enum_and_every_command_a_root_field() -> None:
    from hub.clues.commands_errors import CODES
    from hub.clues.commands_inputs import INPUTS
    from hub.graph.schema import graphql_schema

    schema = graphql_schema()
    assert tuple(schema.type_map["UserErrorCode"].values) == CODES  # type: ignore[attr-defined]
    assert schema.mutation_type
    assert {str(command) for command in INPUTS} <= set(schema.mutation_type.fields)
    assert len(INPUTS) >= 32
    for name, field in schema.mutation_type.fields.items():
        assert field.description
        (argument,) = field.args.values()
        given = argument.type.of_type
        assert given.name == f"{name[0].upper()}{name[1:]}Input"
        assert str(given.fields["idempotencyKey"].type) == "String!"
        assert all(each.description for each in given.fields.values())


def test_a_body_of_five_hundred_items_is_taken_and_one_more_is_refused_with_its_place(world: Mutating) -> None:
    case_no, public_id = world.drafted(SECURITY, HEALTH)
    token = world.token_of(first(SECURITY), case_no=case_no)
    one = {"kind": "OTHER", "name": "材料.pdf", "size": 1, "mediaType": "application/pdf", "dataClass": "INVESTIGATION"}
    items = [one | {"sha256": secrets.token_hex(32)} for _ in range(10_000)]
    given = {"select": "clueTransfer { evidence { sha256 } } userErrors { code field en }", "id": public_id}
    made = world.give(token, "draftClueTransfer", evidence=items[:500], **given)
    assert len(made["data"]["draftClueTransfer"]["clueTransfer"]["evidence"]) == 500
    for many in (501, 10_000):
        refused = world.give(token, "draftClueTransfer", evidence=items[:many], **given)
        (told,) = refused["data"]["draftClueTransfer"]["userErrors"]
        assert (told["code"], told["field"]) == ("INVALID_INPUT", "evidence")
    assert len(json.dumps(items[:500])) < 256 * 1024
