"""Every caller that the dense database can have: agency kind and level, purpose, case of its own or of others."""

from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from hub.policy.purposes import Purpose
from tests.properties.comparison import Bench, Caller
from tests.properties.dense_places import CASES
from tests.world import ALL_READ

ALL = (*ALL_READ, "ledger:read")


def purposes_of(purposes: Sequence[Purpose], kind: str, level: int) -> list[Purpose]:
    """What an agency may claim."""
    return [
        purpose
        for purpose in purposes
        if purpose.available and kind in purpose.claimants and (level < 3 or not purpose.superior_only)
    ]


def all_callers(bench: Bench) -> list[Caller]:
    """With all scopes, by a registered officer; with no case and with every case, its own or not."""
    made = []
    for agency in bench.records.rows["Agency"]:
        for purpose in purposes_of(list(bench.world.engine.purposes.values()), agency["kind"], agency["level"]):
            cases = (None, *CASES) if purpose.case == "optional" else (None,)
            made += [Caller(agency["code"], purpose.name, case_no, ALL) for case_no in cases]
    return made


@st.composite
def callers(draw: Any, bench: Bench) -> Caller:
    """Mostly with all scopes, else with some; mostly by a registered officer; mostly in a case that the agency has."""
    everyone = all_callers(bench)
    open_for = bench.cases.open_for
    own = [caller for caller in everyone if (caller.case_no, caller.agency) in open_for]
    caller = draw(st.sampled_from(own) if draw(st.integers(0, 2)) else st.sampled_from(everyone))
    officer = draw(st.integers(0, 4)) != 1
    kept = tuple(scope for scope in ALL if draw(st.integers(0, 2))) if draw(st.integers(0, 2)) == 2 else ALL
    return Caller(caller.agency, caller.purpose, caller.case_no, kept, officer)
