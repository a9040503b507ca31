"""Commands that look lawful and would open, close or tell what is not the caller's: each is tried, none works."""

from typing import Any

from commands_world import MARKET, POLICE, RECEIPT, RESULT
from mutating_world import DISCIPLINE, HEALTH, SECURITY, Mutating, first, head, papers


def seen(world: Mutating, agency: str, public_id: str, case_no: str | None) -> dict[str, Any] | None:
    token = world.token_of(first(agency), case_no=case_no)
    found = world.ask(token, f'{{ clueTransfer(id: "{public_id}") {{ id status summary }} }}')
    shown: dict[str, Any] | None = found["data"]["clueTransfer"]
    return shown


def contents(receiver: str, by: str, **more: Any) -> dict[str, Any]:
    return {name: value for name, value in papers(receiver, by=by, **more).items() if value is not None}


def accused(world: Mutating, agency: str) -> list[dict[str, str]]:
    row = world.owner.execute("SELECT uscc FROM agency WHERE code = %s", (agency,)).fetchone()
    assert row
    return [{"kind": "FUND_OPERATOR", "name": "某单位", "uscc": row[0]}]


def closed(world: Mutating) -> tuple[str, str]:
    case_no, public_id = world.delivered(SECURITY, HEALTH)
    for agency, command, given in (
        (HEALTH, "signReceipt", RECEIPT),
        (HEALTH, "startHandling", {}),
        (HEALTH, "reportResult", RESULT),
        (SECURITY, "acknowledgeResult", {}),
        (HEALTH, "closeClueTransfer", {}),
    ):
        world.do(first(agency), command, id=public_id, **given)
    return case_no, public_id


def test_a_subject_stays_one_when_cases_are_merged_and_split(world: Mutating) -> None:
    """The agency that a transfer is about never reads it, under whatever case number it stands."""
    case_no, public_id = world.delivered(SECURITY, HEALTH, parties=accused(world, HEALTH))
    assert seen(world, HEALTH, public_id, case_no) is None
    into = world.opened(first(SECURITY))
    world.do(first(SECURITY), "mergeCases", caseNo=case_no, into=into, reason="同一事实")
    assert seen(world, SECURITY, public_id, into)
    apart = world.do(first(SECURITY), "splitCase", caseNo=into, transfers=[public_id], reason="另案")["case"]["caseNo"]
    for one in (into, apart, None):
        assert seen(world, HEALTH, public_id, one) is None
    told = world.give(world.token_of(first(HEALTH)), "signReceipt", id=public_id, **RECEIPT)["data"]["signReceipt"]
    assert [each["code"] for each in told["userErrors"]] == ["NOT_A_PARTY"]


def test_who_becomes_a_subject_by_a_merger_is_one_for_the_whole_case(world: Mutating) -> None:
    """并案: what names the agency and what was sent to it are one case now."""
    _, to_health = world.delivered(SECURITY, HEALTH)
    case_no, _ = world.delivered(SECURITY, MARKET, parties=accused(world, HEALTH))
    into = str(
        world.owner.execute("SELECT case_no FROM clue_transfer WHERE public_id = %s", (to_health,)).fetchone()[0]
    )  # type: ignore[index]
    assert seen(world, HEALTH, to_health, into)
    world.do(first(SECURITY), "mergeCases", caseNo=case_no, into=into, reason="同一事实")
    assert seen(world, HEALTH, to_health, into) is None


def test_a_draft_opens_no_closed_case(world: Mutating) -> None:
    """What is closed is opened by the principal officer with a reason (reopenClueTransfer), not by writing into the case."""
    case_no, public_id = closed(world)
    for _ in range(2):
        found = seen(world, HEALTH, public_id, case_no)
        assert found
        assert found["summary"] is None
        draft = world.do(first(HEALTH), "draftClueTransfer", caseNo=case_no, **contents(MARKET, HEALTH))["clueTransfer"]
        own = seen(world, HEALTH, draft["id"], case_no)
        assert own
        assert own["summary"]


def test_a_draft_opens_no_institution(world: Mutating) -> None:
    """One officer could otherwise read of any institution whatever a case opens: he opens one, and names it in a draft."""
    row = world.owner.execute("UPDATE institution SET region = '640104' RETURNING nhsa_code").fetchone()
    assert row
    case_no = world.opened(first(POLICE))
    draft = contents(SECURITY, POLICE, institution=row[0])
    made = world.do(first(POLICE), "draftClueTransfer", caseNo=case_no, **draft)["clueTransfer"]
    read = f'{{ institution(nhsaCode: "{row[0]}") {{ name agreementStatus phone settlementAccount }} }}'

    def shown() -> dict[str, Any]:
        found: dict[str, Any] = world.ask(world.token_of(first(POLICE), case_no=case_no), read)["data"]["institution"]
        return found

    assert [name for name, value in shown().items() if value is not None] == ["name"]
    world.do(first(POLICE), "sendClueTransfer", id=made["id"])
    assert shown()["agreementStatus"] is not None


def test_a_draft_shuts_nobody_out_and_tells_nobody(world: Mutating) -> None:
    """Named in another's draft, an agency reads and acts as before: it may not know of the draft."""
    case_no, public_id = world.delivered(SECURITY, HEALTH)
    draft = contents(MARKET, HEALTH, parties=accused(world, SECURITY))
    made = world.do(first(HEALTH), "draftClueTransfer", caseNo=case_no, **draft)["clueTransfer"]["id"]
    assert seen(world, SECURITY, public_id, case_no)
    world.do(first(SECURITY), "draftClueTransfer", caseNo=case_no, **contents(MARKET, SECURITY))
    for desk, step in ((first, "submitClueTransfer"), (head, "approveClueTransfer"), (first, "sendClueTransfer")):
        world.do(desk(HEALTH), step, id=made)
    assert seen(world, SECURITY, public_id, case_no) is None


def test_a_notice_tells_the_sender_of_no_discipline_child(world: Mutating) -> None:
    _, public_id = world.delivered(HEALTH, SECURITY)
    for command, given in (
        ("signReceipt", RECEIPT),
        ("fileCase", {"documentNo": "立〔2026〕1号"}),
        (
            "transferOnward",
            {"choice": "TO_DISCIPLINE_INSPECTION", "reason": "涉嫌职务犯罪", "draft": contents(DISCIPLINE, SECURITY)},
        ),
        ("notifyAgency", {}),
    ):
        world.do(first(SECURITY), command, id=public_id, **given)
    told = world.owner.execute(
        "SELECT c.kind FROM transfer_change c JOIN clue_transfer t ON t.id = c.transfer_id"
        " WHERE t.public_id = %s AND c.agency = %s ORDER BY c.id",
        (public_id, HEALTH),
    ).fetchall()
    assert [kind for (kind,) in told][-1] == "CASE_FILED"
    steps = world.owner.execute(
        "SELECT s.kind FROM transfer_step s JOIN clue_transfer t ON t.id = s.transfer_id WHERE t.public_id = %s"
        " ORDER BY s.position",
        (public_id,),
    ).fetchall()
    assert [kind for (kind,) in steps][-1] == "CASE_FILED"
