"""Opening, merging and splitting a case: both histories stay, and only its own agency does it."""

from dataclasses import replace

import pytest
from lifecycle_people import AT, SENDER, STRANGER

from hub.clues.lifecycle import Refusal, RefusalCode
from hub.clues.lifecycle_case import (
    CaseCommand,
    CaseEvent,
    CaseEventKind,
    CaseState,
    CaseStatus,
    ImpossibleCase,
    Part,
    case_step,
    fold_case,
)

OPENED = CaseEvent(CaseEventKind.CASE_OPENED, AT, SENDER, "30010001")
ABSORBED = replace(OPENED, kind=CaseEventKind.CASE_ABSORBED, other="640104-2026-000002", reason="同一当事人")
MERGED = replace(OPENED, kind=CaseEventKind.CASE_MERGED, other="640104-2026-000001", reason="同一当事人")
SPLIT = replace(OPENED, kind=CaseEventKind.CASE_SPLIT, other="640104-2026-000003", reason="另案处理")

ALLOWED = {
    # status, command, which case of it
    (None, CaseCommand.OPEN, Part.ONLY),
    (None, CaseCommand.SPLIT, Part.OTHER),
    (CaseStatus.OPEN, CaseCommand.MERGE, Part.KEPT),
    (CaseStatus.OPEN, CaseCommand.MERGE, Part.OTHER),
    (CaseStatus.OPEN, CaseCommand.SPLIT, Part.KEPT),
}


@pytest.mark.parametrize("history", [[], [OPENED], [OPENED, MERGED]], ids=["new", "open", "merged"])
@pytest.mark.parametrize("command", CaseCommand)
@pytest.mark.parametrize("part", Part)
def test_what_may_be_done_with_a_case(history: list[CaseEvent], command: CaseCommand, part: Part) -> None:
    state = fold_case(history) if history else CaseState()
    answer = case_step(state, command, SENDER, part)
    assert isinstance(answer, Refusal) is ((state.status, command, part) not in ALLOWED)
    if history:
        other = case_step(state, command, STRANGER, part)
        assert isinstance(other, Refusal)
        assert other.code is RefusalCode.NOT_A_PARTY


def test_both_histories_stay() -> None:
    kept, ended = fold_case([OPENED, ABSORBED, SPLIT]), fold_case([OPENED, SPLIT, MERGED])
    assert kept.status is CaseStatus.OPEN
    assert (kept.absorbed, kept.split_off) == (("640104-2026-000002",), ("640104-2026-000003",))
    assert ended.status is CaseStatus.MERGED
    assert (ended.merged_into, ended.split_off) == ("640104-2026-000001", ("640104-2026-000003",))
    part = fold_case([replace(OPENED, other="640104-2026-000001")])
    assert part.split_from == "640104-2026-000001"


@pytest.mark.parametrize(
    "history",
    [
        [],
        [ABSORBED],
        [OPENED, OPENED],
        [OPENED, MERGED, ABSORBED],
        [OPENED, replace(MERGED, agency=STRANGER)],
        [OPENED, replace(SPLIT, other=None)],
        [OPENED, replace(SPLIT, reason=" ")],
    ],
)
def test_impossible_cases(history: list[CaseEvent]) -> None:
    with pytest.raises(ImpossibleCase):
        fold_case(history)
