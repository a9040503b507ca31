"""Kinds of cases: which agency sends what to whom (R3–R7, R11–R13). One case may go to several receivers (一案多查)."""

from typing import Final, NamedTuple

from hub.demo.places import DISCIPLINE, HEALTH, HS, MARKET, OPERATOR, POLICE, PROCURATORATE

MEDICAL, PHARMACY, CARE, NONE = "MEDICAL_INSTITUTION", "RETAIL_PHARMACY", "ELDERLY_CARE_INSTITUTION", ""
ABOVE: Final = "ABOVE"
"""In the sender's place: the superior of the same kind, or a neighbour that asks for assistance."""


class Leg(NamedTuple):
    """One transfer of a case.

    Attributes:
        route: name of the catalogue (`catalogue.ROUTES`) that its codes come from.
        notified: kinds of agencies that get a copy; never of a transfer to 纪检监察.
        subject: kind of the agency that is itself the subject of this transfer, or "".
    """

    sender: str
    receiver: str
    route: str
    notified: tuple[str, ...] = ()
    subject: str = ""


class Procedure(NamedTuple):
    """A kind of case, `weight` of `CYCLE` cases, about one kind of institution (or none)."""

    weight: int
    institution: str
    legs: tuple[Leg, ...]


_CRIME: Final = Leg(HS, POLICE, "TO_POLICE", (PROCURATORATE,))
_CRIME_KNOWN_TO_HEALTH: Final = Leg(HS, POLICE, "TO_POLICE", (PROCURATORATE, HEALTH))  # 000 三(二)
_DUTY: Final = Leg(HS, DISCIPLINE, "TO_DISCIPLINE")

PROCEDURES: Final = (
    Procedure(12, MEDICAL, (Leg(HS, HEALTH, "TO_HEALTH"),)),
    Procedure(9, MEDICAL, (Leg(HS, HEALTH, "TO_HEALTH", (OPERATOR,)), _CRIME)),
    Procedure(14, MEDICAL, (Leg(HEALTH, HS, "TO_SECURITY"),)),
    Procedure(6, MEDICAL, (Leg(HEALTH, HS, "TO_SECURITY"), _CRIME_KNOWN_TO_HEALTH)),
    Procedure(4, MEDICAL, (Leg(HEALTH, HS, "TO_SECURITY"), _DUTY)),
    Procedure(9, PHARMACY, (Leg(HS, MARKET, "TO_MARKET"),)),
    Procedure(7, PHARMACY, (Leg(MARKET, HS, "PHARMACY", (OPERATOR,)),)),
    Procedure(6, PHARMACY, (Leg(HS, MARKET, "TO_MARKET"), _CRIME)),
    Procedure(5, CARE, (_CRIME,)),
    Procedure(5, MEDICAL, (Leg(POLICE, HS, "TO_SECURITY", (PROCURATORATE,)),)),  # 310号令 第13条, reverse
    Procedure(4, MEDICAL, (Leg(DISCIPLINE, HS, "TO_SECURITY"), Leg(DISCIPLINE, HEALTH, "TO_HEALTH"))),
    Procedure(4, NONE, (_DUTY._replace(subject=OPERATOR),)),
    Procedure(2, MEDICAL, (Leg(HS, HEALTH, "TO_HEALTH"), _DUTY._replace(subject=HEALTH))),
    Procedure(5, PHARMACY, (Leg(OPERATOR, HS, "PHARMACY"), Leg(HS, OPERATOR, "PHARMACY"))),
    Procedure(3, MEDICAL, (Leg(ABOVE, HS, "TO_SECURITY"),)),
    Procedure(3, NONE, (_CRIME,)),
    Procedure(2, MEDICAL, (_CRIME, Leg(HS, PROCURATORATE, "TO_POLICE"))),  # 310号令 第9条
    Procedure(1, MEDICAL, (Leg(HS, HEALTH, "TO_HEALTH"), Leg(HS, MARKET, "TO_MARKET"), _CRIME, _DUTY)),
)

CYCLE: Final = 101
"""Cases in which every procedure occurs by its weight: a prime, so that it meets every place of `layout`'s cycle."""
