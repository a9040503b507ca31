"""Rows of credit scores with dimensions and deductions (R24): every score can be computed again from its parts.

score = sum of weight × dimension, minus the deductions, not below zero; 1,000 points, in hundredths here. The model is
the sample's own: no seed defines one.
"""

from typing import Final

from hub.demo.bulk import Loader
from hub.demo.catalogue import DIMENSIONS, GRADES, MEASURES, MODEL, ROUTES
from hub.demo.institutions import Institutions
from hub.demo.layout import EPOCH, REFERENCE, Case
from hub.demo.numbers import stream
from hub.demo.places import DISCIPLINE

COLUMNS: Final = {
    "credit_score": "id, institution_id, nhsa_code, period, score, grade, model_version, measures, region",
    "credit_dimension": "id, score_id, name, score, weight, position",
    "credit_deduction": "id, score_id, reason, points, case_no, position",
}
_LATEST: Final = REFERENCE.year * 4 + (REFERENCE.month - 1) // 3 - 1
"""The last quarter that has ended, counted from the year 0."""
_MOST_PERIODS: Final = 400
_DEDUCTIONS: Final = 3


def _period(number: int) -> tuple[str, int]:
    """Name of the number-th latest quarter (`2026Q3`), and its last day (about) since the epoch."""
    year, quarter = divmod(_LATEST - number, 4)
    return f"{year}Q{quarter + 1}", (year - EPOCH.year) * 365 + (quarter + 1) * 91


def _deductions(institutions: Institutions, institution: int, last_day: int) -> list[Case]:
    """The latest cases of the year before the period's end; never one that only 纪检监察 knows."""
    cases = institutions.layout.cases_of(institution, last_day - 365, last_day)
    return [case for case in cases if case.procedure.legs[0].receiver != DISCIPLINE][-_DEDUCTIONS:]


def write_scores(loader: Loader, institutions: Institutions, first_institution_id: int, first_id: int) -> None:
    """Scores with consecutive ids from `first_id`, the latest period of all institutions first.

    Raises:
        ValueError: more scores than quarters, for so few institutions.
    """
    counts = institutions.layout.counts
    if counts.scores > counts.institutions * _MOST_PERIODS:
        raise ValueError(f"at most {_MOST_PERIODS} scores per institution")
    random = stream("scores").random
    scores, dimensions, deductions = (loader.lines(table) for table in COLUMNS)
    next_id = loader.next_id
    task = loader.task("信用评分 credit scores", counts.scores)
    for index in range(counts.scores):
        quarter, at = divmod(index, counts.institutions)
        one, (period, last_day), identity = institutions.of(at), _period(quarter), first_id + index
        total = 0
        for position, (name, weight) in enumerate(DIMENSIONS[int(random() * len(DIMENSIONS))]):
            points = 62_000 + int(random() * 38_000) // 100 * 100
            total += points * weight
            dimensions.append(
                f"{next_id()}\t{identity}\t{name}\t{points // 100}.{points % 100:02d}\t0.{weight:02d}\t{position}"
            )
        total //= 100
        for position, case in enumerate(_deductions(institutions, at, last_day)):
            reason = ROUTES[case.procedure.legs[0].route][case.ordinal % 4].title
            points = 1_000 + 500 * (case.ordinal % 17)
            total = max(0, total - points)
            deductions.append(
                f"{next_id()}\t{identity}\t{reason}\t{points // 100}.{points % 100:02d}\t{case.case_no}\t{position}"
            )
        grade = next(grade for least, grade in GRADES if total >= least)
        measures = ",".join(MEASURES[: "ABCD".index(grade)])
        scores.append(
            f"{identity}\t{first_institution_id + at}\t{one.nhsa_code}\t{period}\t{total // 100}.{total % 100:02d}\t"
            f"{grade}\t{MODEL}\t{{{measures}}}\t{one.place.code}"
        )
        loader.advance(task, index)
    loader.finish(task)
