"""Who acts in the lifecycle tests (invented), and complete papers for every step."""

from datetime import UTC, datetime

from hub.clues.lifecycle import Actor, Addressee, Choice, Command, Given, Role, Route

AT = datetime(2026, 9, 29, 2, 0, tzinfo=UTC)
SENDER, FIRST, SECOND, STRANGER = "640104-SENDER", "640104-RECEIVER", "640100-RECEIVER", "650102-STRANGER"
PROCURATORATE, SUPERIOR, COPIED = "640104-PROCURATORATE", "640000-SUPERIOR", "640104-COPIED"
DRAFTER, COLLEAGUE, HEAD = "30010001", "30010002", "30010009"

KINDS = {
    Route.HEALTHCARE_SECURITY_TO_HEALTH: ("HEALTH",),
    Route.HEALTH_TO_HEALTHCARE_SECURITY: ("HEALTHCARE_SECURITY",),
    Route.TO_MARKET_REGULATION: ("MARKET_REGULATION",),
    Route.TO_PUBLIC_SECURITY: ("PUBLIC_SECURITY",),
    Route.TO_DISCIPLINE_INSPECTION: ("DISCIPLINE_INSPECTION",),
    Route.REVERSE: ("HEALTHCARE_SECURITY", "MARKET_REGULATION"),
    Route.OTHER: ("HEALTHCARE_SECURITY", "FUND_OPERATOR"),
}
"""Kinds of receiver that make a difference on a route."""
WALKS = [(route, kind) for route, kinds in KINDS.items() for kind in kinds]
COMMANDS = [
    *((command, None) for command in Command),
    *(
        (command, choice)
        for command, choices in {
            Command.DESIGNATE: (Choice.CONFIRM, Choice.REASSIGN),
            Command.ANSWER_RECONSIDERATION: (Choice.FILE, Choice.UPHOLD),
            Command.REQUEST_FILING_SUPERVISION: (Choice.DEMAND_EXPLANATION, Choice.DEMAND_FILING),
            Command.ANSWER_FILING_SUPERVISION: (Choice.EXPLAIN, Choice.FILE),
            Command.TRANSFER_ONWARD: (Choice.TO_PUBLIC_SECURITY, Choice.TO_DISCIPLINE_INSPECTION),
            Command.NOTIFY_AGENCY: (Choice.DEFER,),
        }.items()
        for choice in choices
    ),
]
ACTORS = {
    "sender": Actor(Role.SENDER_CASE_OFFICER, SENDER, DRAFTER),
    "sender principal": Actor(Role.SENDER_PRINCIPAL, SENDER, HEAD),
    "sender principal, author": Actor(Role.SENDER_PRINCIPAL, SENDER, DRAFTER),
    "procuratorate": Actor(Role.PROCURATORATE, PROCURATORATE, "50010001"),
    "superior": Actor(Role.COMMON_SUPERIOR, SUPERIOR, "20010001"),
    "hub": Actor(Role.SYSTEM, "", ""),
    "notified": Actor(Role.NOTIFIED, COPIED, "60010001"),
}
OUTSIDERS = [Actor(role, STRANGER, "99990001") for role in Role if role not in {Role.SYSTEM, Role.COMMON_SUPERIOR}]
"""Officers of an agency that is no party, in every role that a party has."""


def receivers(agency: str) -> dict[str, Actor]:
    return {
        "receiver": Actor(Role.RECEIVER_CASE_OFFICER, agency, f"{agency[:6]}-1"),
        "receiver principal": Actor(Role.RECEIVER_PRINCIPAL, agency, f"{agency[:6]}-9"),
    }


def papers(kind: str, receiver: str | None) -> Given:
    """Everything that any step may ask for; a new receiver is always the other of the two."""
    return Given(
        reason="理由如下",
        to=Addressee(SECOND if receiver == FIRST else FIRST, kind),
        officers=(DRAFTER, COLLEAGUE),
        procuratorate=PROCURATORATE,
        since=AT,
        overdue=True,
    )
