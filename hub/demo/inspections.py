"""Rows of inspection results (条例33) and agreement measures (004 第21条): one inspection an institution, a measure for
every fourth.
"""

from typing import Final

from hub.demo.bulk import Loader
from hub.demo.institutions import Institutions
from hub.demo.layout import DAYS, LAST_DAY
from hub.demo.numbers import stream, uuid4
from hub.demo.places import AGENCIES, HS, OPERATOR, Agency, seated

COLUMNS: Final = {
    "inspection_result": (
        "id, public_id, authority, result_no, institution_id, kind, period_from, period_to, inspected_on, "
        "findings_class, measures, amount_recovered, recorded_at, region"
    ),
    "agreement_measure": (
        "id, public_id, authority, measure_no, institution_id, kind, agreement_clause, department, informed_on, "
        "statement, statement_on, decided_on, starts_on, ends_on, amount, recorded_at, region"
    ),
}
NULL: Final = r"\N"
_KINDS: Final = ("ROUTINE", "ROUTINE", "SPOT_CHECK", "SPOT_CHECK", "SPECIAL", "UNANNOUNCED")
_FOUND: Final = (  # class of the findings, measures, whether money came back
    ("NO_PROBLEM", "", False),
    ("NO_PROBLEM", "", False),
    ("MINOR_PROBLEM", "ORDER_CORRECTION", False),
    ("MINOR_PROBLEM", "ORDER_CORRECTION,RECOVERY", True),
    ("GENERAL_PROBLEM", "INTERVIEW,RECOVERY", True),
    ("SERIOUS_PROBLEM", "ORDER_CORRECTION,INTERVIEW,RECOVERY", True),
)
_MEASURES: Final = ("SUSPEND_PAYMENT", "REFUSE_PAYMENT", "RECOVER", "END_SERVICES", "DISSOLVE_AGREEMENT")
_STATEMENTS: Final = ("NOT_MADE", "NOT_ACCEPTED", "PARTLY_ACCEPTED")
_DEPARTMENTS: Final = ("康复科", "针灸推拿科", "检验科", "口腔科")
_EVERY: Final = 4
_YEAR: Final = 365


def write_inspections(loader: Loader, institutions: Institutions, first_institution_id: int) -> None:
    """Inspection results and agreement measures, in the order of the institutions."""
    count = institutions.layout.counts.institutions
    generator = stream("inspections")
    random = generator.random
    results, measures = loader.lines("inspection_result"), loader.lines("agreement_measure")
    numbers: dict[tuple[str, str], int] = {}

    def number(authority: Agency, word: str, day: int) -> str:
        key = (authority.code, DAYS[day][:4])
        numbers[key] = numbers.get(key, 0) + 1
        return f"{authority.document.split('(')[0]}{word}〔{key[1]}〕{numbers[key]}号"

    def yuan(most: int) -> str:
        fen = 10_000 + int(random() * most * 100)
        return f"{fen // 100}.{fen % 100:02d}"

    task = loader.task("检查与协议处理 inspections and measures", count)
    for index in range(count):
        place, institution = institutions.of(index).place.code, first_institution_id + index
        authority = AGENCIES[seated(place, HS)]
        day = _YEAR + int(random() * (LAST_DAY - _YEAR - 3))
        found, taken, recovered = _FOUND[int(random() * len(_FOUND))]
        results.append(
            f"{loader.next_id()}\t{uuid4(generator)}\t{authority.code}\t{number(authority, '检', day)}\t"
            f"{institution}\t{_KINDS[int(random() * len(_KINDS))]}\t{DAYS[day - _YEAR]}\t{DAYS[day - 1]}\t{DAYS[day]}\t"
            f"{found}\t{{{taken}}}\t{yuan(90_000) if recovered else NULL}\t{DAYS[day + 2]} 02:00+00\t{place}"
        )
        if index % _EVERY == 0:
            operator = AGENCIES[seated(place, OPERATOR)]
            kind, statement = _MEASURES[index // _EVERY % len(_MEASURES)], _STATEMENTS[int(random() * len(_STATEMENTS))]
            day = 30 + int(random() * (LAST_DAY - 60))
            department = _DEPARTMENTS[int(random() * len(_DEPARTMENTS))] if kind == "END_SERVICES" else NULL
            stated_on = NULL if statement == "NOT_MADE" else DAYS[day - 5]
            of_money = kind in ("RECOVER", "REFUSE_PAYMENT")
            ends_on = DAYS[day + 91] if kind in ("SUSPEND_PAYMENT", "END_SERVICES") else NULL
            measures.append(
                f"{loader.next_id()}\t{uuid4(generator)}\t{operator.code}\t{number(operator, '协处', day)}\t"
                f"{institution}\t{kind}\t服务协议第{20 + int(random() * 30)}条\t{department}\t{DAYS[day - 10]}\t"
                f"{statement}\t{stated_on}\t{DAYS[day]}\t{NULL if of_money else DAYS[day + 1]}\t{ends_on}\t"
                f"{yuan(300_000) if of_money else NULL}\t{DAYS[day + 1]} 03:00+00\t{place}"
            )
        loader.advance(task, index)
    loader.finish(task)
