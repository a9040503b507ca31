"""Who asks in these tests, and how answers are compared."""

import re
from typing import Any

from tests.world import World

SECURITY, HEALTH, MARKET = "640104-HEALTHCARE_SECURITY", "640104-HEALTH", "640104-MARKET_REGULATION"
POLICE, DISCIPLINE, CREDIT = "640104-PUBLIC_SECURITY", "640104-DISCIPLINE_INSPECTION", "640000-CREDIT_PLATFORM"
OPERATOR, TIANSHAN, TIANSHAN_HEALTH = "640000-HUB_OPERATOR", "650102-HEALTHCARE_SECURITY", "650102-HEALTH"
OPEN, CLOSED, FOREIGN = "NX-2026-0001", "NX-2026-0002", "XJ-2026-0001"
HOSPITAL = "H64010400001"
RESIDENT = "640121197808083215"
"""Of an invented person, in the records."""
_ERROR_ID = re.compile(rb'"id":"[0-9a-f]{32}"')


def transfer(number: int) -> str:
    return f"11111111-1111-4111-8111-{number:012d}"


def penalty(number: int) -> str:
    return f"22222222-2222-4222-8222-{number:012d}"


NOBODY = "99999999-9999-4999-8999-999999999999"


def body(world: World, token: str, document: str, variables: dict[str, Any] | None = None, **more: Any) -> bytes:
    """The answer byte for byte, error ids aside: they are random."""
    return _ERROR_ID.sub(b'"id":""', world.answer(token, document, variables, **more).body)


def codes(answer: dict[str, Any]) -> list[str]:
    return [entry["extensions"]["code"] for entry in answer.get("errors", ())]
