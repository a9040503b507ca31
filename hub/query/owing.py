"""`oversight` → a tree of figures: of which sent transfers the overdue and those due soon are counted, and for whom.

Judged as `clueStatistics` is: a transfer is a `ClueCount`, class PROCEDURE says which are counted exactly.
"""

from datetime import datetime, time, timedelta

from graphql import FieldNode

from hub.clock import BEIJING
from hub.clues.oversight_types import DUE_WITHIN_DAYS_MAX
from hub.graph.catalogue import FieldSpec
from hub.graph.errors import ErrorCode
from hub.law.region import level_of
from hub.query.plan import Planner, RootRefused
from hub.query.statistics import CHAIN, Figures, left, opened
from hub.query.tree import OwingRoot
from hub.query.values import Request, Site

NODES = 200
"""What the open transfers of a chain that are late or due soon cost, as fields: an index finds them."""
LEVELS = {"province": 1, "prefecture": 2}


def plan_owing(planner: Planner, spec: FieldSpec, key: str, nodes: list[FieldNode], site: Site) -> OwingRoot | None:
    """The plan, or None where the root is null: the scope is missing, or the purpose opens no count.

    Raises:
        RootRefused: INVALID_ARGUMENT
        TooLarge
    """
    exact = opened(planner, spec, key)
    if exact is None:
        return None
    days = site.values(planner.selector.variables)["dueWithinDays"]
    if not 1 <= days <= DUE_WITHIN_DAYS_MAX:
        told = {
            "zh": f"dueWithinDays 取 1 至 {DUE_WITHIN_DAYS_MAX}",
            "en": f"dueWithinDays is 1 to {DUE_WITHIN_DAYS_MAX}",
        }
        raise RootRefused(ErrorCode.INVALID_ARGUMENT, argument="dueWithinDays", next=told)
    planner.count(nodes=NODES)
    parts = Figures(planner, exact).of(spec.target, nodes, key)

    def until(request: Request) -> str:
        """The midnight that ends the last of the days: what falls due later is neither overdue nor due soon."""
        return datetime.combine(request.today + timedelta(days=days + 1), time(), BEIJING).isoformat()

    def superior_at(level: int) -> str:
        def of(request: Request) -> str:
            at = request.caller.purpose in CHAIN and level_of(request.caller.region) == level
            return "t" if at else "f"

        return planner.values.add(of)

    bound = {
        "days": planner.values.add(lambda _: str(days)),
        "until": planner.values.add(until),
        "kind": planner.values.add(lambda request: request.caller.agency_kind),
        "region": planner.values.add(lambda request: request.caller.region),
        **{name: superior_at(level) for name, level in LEVELS.items()},
    }
    return OwingRoot(parts, left(exact), bound)
