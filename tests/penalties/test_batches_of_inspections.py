"""Batches of inspection results and agreement measures: recorded once, and what is refused of them."""

import pytest
from recording_world import (
    OPERATOR,
    SECURITY,
    RecordCommand,
    first,
    inspection,
    measure,
)

C = RecordCommand


def statuses(result) -> list[str]:
    return [str(item.status) for item in result.items]


def test_inspections_and_measures_are_recorded_once(world, here, elsewhere) -> None:
    for desk, command, name, item, other in (
        (first(SECURITY), C.RECORD_INSPECTION_RESULTS, "results", inspection(here), {"amountRecovered": "1"}),
        (first(OPERATOR), C.RECORD_AGREEMENT_MEASURES, "measures", measure(here), {"endsOn": "2026-12-02"}),
    ):
        (made,) = world.do(desk, command, **{name: [item]}).items
        (same,) = world.do(desk, command, **{name: [item]}).items
        assert (made.status, same.status, same.record) == ("RECORDED", "ALREADY_RECORDED", made.record)
        number = "resultNo" if name == "results" else "measureNo"
        assert world.refused(desk, command, **{name: [item | other]}) == [
            ("DUPLICATE_OTHER_CONTENT", f"{name}.0.{number}")
        ]
        assert world.refused(
            desk, command, **{name: [item | {"institution": elsewhere, number: "虚检〔2026〕1号"}]}
        ) == [("WRONG_REGION", f"{name}.0.institution")]
        result = world.do(desk, command, **{name: [item, item | other], "allOrNothing": False})
        assert statuses(result) == ["ALREADY_RECORDED", "REFUSED"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"periodFrom": "2026-01-01"}, "periodTo"),
        ({"inspectedOn": "2026-09-22"}, "inspectedOn"),
        ({"findingsClass": "NO_PROBLEM"}, "measures"),
        ({"amountRecovered": None}, "amountRecovered"),
        ({"measures": []}, "amountRecovered"),
        ({"measures": ["TRANSFERRED"]}, "measures"),  # a case must not be told from here
        ({"resultNo": "2026-1"}, "resultNo"),
        ({"institution": "H00000000000"}, "institution"),
    ],
)
def test_bad_inspection_results(world, here, change, field) -> None:
    told = world.refused(first(SECURITY), C.RECORD_INSPECTION_RESULTS, results=[inspection(here) | change])
    assert told[0][1].startswith(f"results.0.{field}")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"informedOn": "2026-09-02"}, "decidedOn"),
        ({"decidedOn": "2026-09-22"}, "decidedOn"),
        ({"statementOn": None}, "statementOn"),
        ({"statementOn": "2026-09-02"}, "statementOn"),
        ({"statement": "NOT_MADE"}, "statementOn"),
        ({"startsOn": None}, "endsOn"),
        ({"endsOn": "2026-09-01"}, "endsOn"),
        ({"startsOn": "2026-08-31"}, "startsOn"),
        ({"amount": "5"}, "amount"),
        ({"kind": "RECOVER"}, "amount"),
        ({"department": "检验科"}, "department"),
        ({"agreementClause": "身份证110101199003077715"}, "agreementClause"),
    ],
)
def test_bad_agreement_measures(world, here, change, field) -> None:
    told = world.refused(first(OPERATOR), C.RECORD_AGREEMENT_MEASURES, measures=[measure(here) | change])
    assert told[0][1].startswith(f"measures.0.{field}")
