"""Items of evidence that name an uploaded file: whose, of which case, in which state; and what then stays."""

from uuid import UUID, uuid4

import psycopg
import pytest
from commands_world import (
    CITY_HEALTH,
    HEALTH,
    RECEIPT,
    SECURITY,
    CommandWorld,
    first,
    head,
    papers,
)

from hub.clues.commands import CaseCommand, Command

SHA = "ab" * 32


def uploaded(world: CommandWorld, case_no: str, agency: str = SECURITY, state: str = "COMPLETE") -> UUID:
    """A file as its row says."""
    file_id, done = uuid4(), state in ("COMPLETE", "UNUSED")
    world.owner.execute(
        "INSERT INTO evidence_file (file_id, case_no, agency, client_id, officer, name, media_type, size, sha256, state,"
        " stored, opened_at, completed_at) VALUES (%s, %s, %s, %s, 'T-1', '询问笔录.pdf', 'application/pdf', 4096, %s, %s,"
        " %s, %s, %s)",
        (
            file_id,
            case_no,
            agency,
            f"test-{agency}",
            SHA,
            state,
            4096 if done else 0,
            world.now,
            world.now if done else None,
        ),
    )
    return file_id


def named(file_id: UUID, **more: str) -> dict[str, str]:
    return {"kind": "INTERVIEW_RECORD", "fileId": str(file_id), "dataClass": "INVESTIGATION", **more}


def held(world: CommandWorld, transfer: UUID) -> list[dict]:
    return world.rows(
        "SELECT e.name, e.sha256, e.size, e.media_type, e.file_id FROM evidence e JOIN clue_transfer t"
        " ON t.id = e.transfer_id WHERE t.public_id = %s AND e.file_id IS NOT NULL ORDER BY e.id",
        transfer,
    )


def drafted(world: CommandWorld, case_no: str, *items: dict[str, str], receiver: str = HEALTH) -> UUID:
    contents = papers(receiver, by=SECURITY)
    result = world.do(
        first(SECURITY), Command.DRAFT, caseNo=case_no, **{**contents, "evidence": [*contents["evidence"], *items]}
    )
    assert result.transfer
    return result.transfer


def sent(world: CommandWorld, transfer: UUID) -> None:
    world.do(first(SECURITY), Command.SUBMIT, id=transfer)
    world.do(head(SECURITY), Command.APPROVE, id=transfer)
    world.do(first(SECURITY), Command.SEND, id=transfer)


def test_hash_size_and_type_are_those_of_the_file(world: CommandWorld) -> None:
    case_no = world.opened(first(SECURITY))
    own, other = uploaded(world, case_no), uploaded(world, case_no)
    transfer = drafted(world, case_no, named(own), named(other, name="另起的名称.pdf"))
    stated = {"sha256": SHA, "size": 4096, "media_type": "application/pdf"}
    assert held(world, transfer) == [
        {"name": "询问笔录.pdf", **stated, "file_id": own},
        {"name": "另起的名称.pdf", **stated, "file_id": other},
    ]


def test_a_file_goes_to_several_receivers_each_by_its_own_item(world: CommandWorld) -> None:
    case_no = world.opened(first(SECURITY))
    file_id = uploaded(world, case_no)
    drafts = [drafted(world, case_no, named(file_id)) for _ in range(2)]
    assert [len(held(world, one)) for one in drafts] == [1, 1]


@pytest.mark.parametrize("state", ["OPEN", "REFUSED", "TERMINATED", "EXPIRED", "UNUSED"])
def test_only_a_complete_file_can_be_named(world: CommandWorld, state: str) -> None:
    case_no = world.opened(first(SECURITY))
    given = papers(HEALTH, by=SECURITY) | {"evidence": [named(uploaded(world, case_no, state=state))]}
    assert world.refused(first(SECURITY), Command.DRAFT, caseNo=case_no, **given) == ["UNKNOWN_FILE"]


def test_absent_foreign_and_other_cases_files_are_one_answer(world: CommandWorld) -> None:
    case_no, other_case = world.opened(first(SECURITY)), world.opened(first(SECURITY))
    foreign = uploaded(world, world.opened(first(HEALTH)), HEALTH)
    in_this_case = uploaded(world, case_no, HEALTH)
    answers = []
    for file_id in (
        uuid4(),
        foreign,
        in_this_case,
        uploaded(world, other_case),
        uploaded(world, case_no, state="OPEN"),
    ):
        given = papers(HEALTH, by=SECURITY) | {"evidence": [named(file_id)]}
        answers.append(world.give(first(SECURITY), Command.DRAFT, caseNo=case_no, **given).user_errors)
    assert {str(errors[0].code) for errors in answers} == {"UNKNOWN_FILE"}
    assert len(set(answers)) == 1
    assert answers[0][0].field == "evidence.0.fileId"


@pytest.mark.parametrize(
    "item",
    [
        {"sha256": SHA},
        {"size": 1},
        {"mediaType": "application/pdf"},
    ],
)
def test_a_file_is_not_described_a_second_time(world: CommandWorld, item: dict) -> None:
    case_no = world.opened(first(SECURITY))
    given = papers(HEALTH, by=SECURITY) | {"evidence": [named(uploaded(world, case_no)) | item]}
    assert world.refused(first(SECURITY), Command.DRAFT, caseNo=case_no, **given) == ["INVALID_INPUT"]


def test_without_a_file_an_item_is_described_or_is_physical(world: CommandWorld) -> None:
    case_no = world.opened(first(SECURITY))
    bare = {"name": "空白处方笺一本", "dataClass": "INVESTIGATION"}
    given = papers(HEALTH, by=SECURITY)
    for wrong in (
        bare | {"kind": "INTERVIEW_RECORD"},
        bare | {"kind": "PHYSICAL_EVIDENCE", "sha256": SHA},
        {"kind": "PHYSICAL_EVIDENCE", "dataClass": "INVESTIGATION"},
    ):
        wanted = given | {"evidence": [wrong]}
        assert world.refused(first(SECURITY), Command.DRAFT, caseNo=case_no, **wanted) == ["INVALID_INPUT"], wrong
    made = world.do(
        first(SECURITY), Command.DRAFT, caseNo=case_no, **given | {"evidence": [bare | {"kind": "PHYSICAL_EVIDENCE"}]}
    )
    (row,) = world.rows(
        "SELECT e.* FROM evidence e JOIN clue_transfer t ON t.id = e.transfer_id WHERE t.public_id = %s", made.transfer
    )
    assert (row["sha256"], row["size"], row["media_type"], row["file_id"]) == (None, None, None, None)


def test_one_file_stands_once_in_a_transfer(world: CommandWorld) -> None:
    case_no = world.opened(first(SECURITY))
    file_id = uploaded(world, case_no)
    given = papers(HEALTH, by=SECURITY) | {"evidence": [named(file_id), named(file_id)]}
    assert world.refused(first(SECURITY), Command.DRAFT, caseNo=case_no, **given) == ["INVALID_INPUT"]
    transfer = drafted(world, case_no, named(file_id))
    # The whole list again is a revision, not a second item.
    world.do(first(SECURITY), Command.DRAFT, id=transfer, evidence=[named(file_id)])
    assert len(held(world, transfer)) == 1


def test_a_supplement_brings_new_files_and_changes_none(world: CommandWorld) -> None:
    case_no = world.opened(first(SECURITY))
    old, new = uploaded(world, case_no), uploaded(world, case_no)
    transfer = drafted(world, case_no, named(old))
    sent(world, transfer)
    world.do(first(HEALTH), Command.SIGN_RECEIPT, id=transfer, **RECEIPT)
    world.do(first(HEALTH), Command.REQUEST_SUPPLEMENT, id=transfer, reason="缺少询问笔录")
    again = world.refused(first(SECURITY), Command.SUPPLEMENT, id=transfer, evidence=[named(old)])
    assert again == ["INVALID_INPUT"]
    world.do(first(SECURITY), Command.SUPPLEMENT, id=transfer, evidence=[named(new)])
    assert [row["file_id"] for row in held(world, transfer)] == [old, new]


def test_evidence_of_a_sent_transfer_and_its_file_stay_as_they_were(world: CommandWorld) -> None:
    case_no = world.opened(first(SECURITY))
    file_id = uploaded(world, case_no)
    sent(world, drafted(world, case_no, named(file_id)))
    for statement in (
        "UPDATE evidence_file SET state = 'UNUSED' WHERE file_id = %s",
        "UPDATE evidence_file SET state = 'OPEN', completed_at = NULL WHERE file_id = %s",
        "UPDATE evidence_file SET stored = 1 WHERE file_id = %s",
        "DELETE FROM evidence WHERE file_id = %s",
    ):
        with pytest.raises(psycopg.errors.IntegrityConstraintViolation):
            world.app.execute(statement, (file_id,))
    for statement in (
        "UPDATE evidence_file SET sha256 = '' WHERE file_id = %s",
        "UPDATE evidence_file SET agency = '' WHERE file_id = %s",
        "DELETE FROM evidence_file WHERE file_id = %s",
        "UPDATE evidence SET file_id = NULL WHERE file_id = %s",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            world.app.execute(statement, (file_id,))


def test_files_go_with_a_merged_case_and_stay_with_a_split_one(world: CommandWorld) -> None:
    one, two = world.opened(first(SECURITY)), world.opened(first(SECURITY))
    loose, used = uploaded(world, one), uploaded(world, one)
    transfer = drafted(world, one, named(used))
    world.do(first(SECURITY), CaseCommand.MERGE, caseNo=one, into=two, reason="同一违法行为")
    drafted(world, two, named(loose), receiver=HEALTH)
    split = world.do(first(SECURITY), CaseCommand.SPLIT, caseNo=two, transfers=[transfer], reason="另案处理").case_no
    assert split
    world.do(first(SECURITY), Command.DRAFT, id=transfer, evidence=[named(used)])
    given = papers(HEALTH, by=SECURITY) | {"evidence": [named(loose)]}
    assert world.refused(first(SECURITY), Command.DRAFT, caseNo=split, **given) == ["UNKNOWN_FILE"]


def test_a_receiver_does_not_pass_on_what_another_uploaded(world: CommandWorld) -> None:
    case_no = world.opened(first(SECURITY))
    file_id = uploaded(world, case_no)
    sent(world, drafted(world, case_no, named(file_id)))
    given = papers(CITY_HEALTH) | {"evidence": [named(file_id)]}
    assert world.refused(first(HEALTH), Command.DRAFT, caseNo=case_no, **given) == ["UNKNOWN_FILE"]
