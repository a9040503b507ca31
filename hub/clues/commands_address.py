"""To whom a transfer may go: the same level, the competent region, the kind to which its violations belong (R1–R6).

Where a place has no agency of a kind, the nearest superior's is competent. Cadres belong to whoever manages them
(干部管理权限), so discipline inspection may also be that of a superior region.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from hub.clues.commands_errors import GivenCode, Refused, UserError, of_input
from hub.clues.store import Seat
from hub.law.catalogue import catalogues
from hub.law.region import Place, level_of, place, same_level_as, within
from hub.law.routing import Finding, Party, route
from hub.law.vocabulary import PartyKind, Suspicion

DISCIPLINE: Final = "DISCIPLINE_INSPECTION"
POLICE: Final = "PUBLIC_SECURITY"
PROCURATORATE: Final = "PROCURATORATE"
_SUSPECTED: Final = {POLICE: Suspicion.CRIME, DISCIPLINE: Suspicion.DUTY_CRIME}
_KINDS: Final = frozenset(PartyKind)


@dataclass(frozen=True, slots=True)
class Address:
    """What decides where a transfer goes.

    Attributes:
        institution_region: where the institution is that it is about; None without one.
        party_kinds: of the parties; words that are no `PartyKind` decide nothing.
        received_from: kind of the agency that transferred the case to the sender.
    """

    sender: Seat
    receiver: Seat
    institution_region: str | None
    party_kinds: Sequence[str]
    codes: Sequence[str]
    on: date
    received_from: str | None = None


Seats = Callable[[str, str], list[Seat]]
"""Kind and region to the agencies that are competent there (`store.seats`)."""


def check(seats: Seats, address: Address) -> None:
    """Whether the receiver is one to whom this may go.

    Raises:
        Refused: WRONG_LEVEL, WRONG_REGION or RECEIVER_NOT_COMPETENT; the competent agencies stand in `missing`.
    """
    competent = _competent(seats, address)
    if address.receiver.code not in {seat.code for seat in competent}:
        raise Refused(_misplaced(address, competent))
    _check_codes(address)


def _competent(seats: Seats, address: Address) -> list[Seat]:
    sender, receiver = address.sender, address.receiver
    if sender.kind == receiver.kind:
        # 交办、上报, or where the institution is: between agencies of one kind there is no other level to keep.
        region = address.institution_region
        in_line = within(receiver.region, sender.region) or within(sender.region, receiver.region)
        if in_line or (region is not None and within(region, receiver.region)):
            return [receiver]
    home = place(sender.region)
    places = [home]
    if address.institution_region is not None:
        places.append(same_level_as(home, address.institution_region))
    if receiver.kind == DISCIPLINE:
        places += [Place(receiver.region, level_of(receiver.region))] if _above(receiver.region, places) else []
    found: dict[str, Seat] = {}
    for one in dict.fromkeys(places):
        found |= {seat.code: seat for seat in seats(receiver.kind, one.code)}
    return list(found.values())


def _above(region: str, places: Sequence[Place]) -> bool:
    return any(within(one.code, region) for one in places)


def _misplaced(address: Address, competent: Sequence[Seat]) -> UserError:
    same_line = within(address.receiver.region, address.sender.region) or within(
        address.sender.region, address.receiver.region
    )
    code = GivenCode.WRONG_LEVEL if same_line else GivenCode.WRONG_REGION
    return of_input(code, "receiver", [f"{seat.name}（{seat.code}）" for seat in competent])


def _check_codes(address: Address) -> None:
    """Refused only where the packs say that none of the violations is the receiver's, and whose they are."""
    codes = tuple(code for code in address.codes if code in catalogues().entries)
    if not codes or address.receiver.kind in _SUSPECTED:
        return
    finding = Finding(
        codes=codes,
        parties=tuple(
            Party(PartyKind(kind), address.institution_region) for kind in address.party_kinds if kind in _KINDS
        ),
        sender_kind=address.sender.kind,
        sender=place(address.sender.region),
        on=address.on,
        received_from=address.received_from,
    )
    found = route(finding)
    routed = {code for receiver in found.receivers for code in receiver.codes}
    here = {code for receiver in found.receivers if receiver.kind == address.receiver.kind for code in receiver.codes}
    if routed and not here and not set(codes) - routed:
        kinds = sorted({receiver.kind for receiver in found.receivers if receiver.codes})
        raise Refused(of_input(GivenCode.RECEIVER_NOT_COMPETENT, "receiver", kinds))


def check_procuratorate(seats: Seats, procuratorate: Seat, receiver_region: str) -> None:
    """同级检察院: that of the bureau's own region, or the nearest superior's.

    Raises:
        Refused: WRONG_REGION
    """
    competent = seats(PROCURATORATE, receiver_region)
    if procuratorate.code not in {seat.code for seat in competent}:
        names = [f"{seat.name}（{seat.code}）" for seat in competent]
        raise Refused(of_input(GivenCode.WRONG_REGION, "procuratorate", names))
