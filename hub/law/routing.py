"""To whom a finding goes: receivers at the same level (一案多查: several at once), who is told, who designates.

The rules are those of the packs (R6, R11, R12). A code of a list without a route of its own (legacy kinds, definitions,
pharmacy kinds) goes where the codes go that it maps to. What the sender's own kind is competent for is no transfer:
such codes are in `own`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

from hub.law.catalogue import Catalogues, catalogues
from hub.law.pack import Basis, NoRule, Pack, Packs, packs
from hub.law.region import Place, common_superior, same_level_as
from hub.law.schema import RoutingRule
from hub.law.vocabulary import CRIMINAL_SIDE, PartyKind, Suspicion

NOT_ADMINISTRATIVE: Final = CRIMINAL_SIDE | {"CREDIT_PLATFORM", "HUB_OPERATOR", "FUND_OPERATOR"}
"""Kinds that impose no administrative penalty: Order 310 第二条 does not speak to them."""


_OFFICIALS: Final = frozenset({PartyKind.PUBLIC_OFFICER, PartyKind.INSPECTOR})


@dataclass(frozen=True, slots=True)
class Party:
    """Who the case is about. `region`: seat of the institution, or of the person's unit; None: the sender's own."""

    kind: PartyKind
    region: str | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """What a sender found.

    Attributes:
        codes: catalogue codes.
        parties: of the case.
        sender_kind, sender: kind and place of the agency that found it.
        on: the day in Beijing; decides which packs are in force.
        suspected: beyond the codes: a crime, a duty crime.
        received_from: kind of the agency that transferred the case to the sender, if one did.
    """

    codes: tuple[str, ...]
    parties: tuple[Party, ...]
    sender_kind: str
    sender: Place
    on: date
    suspected: frozenset[Suspicion] = frozenset()
    received_from: str | None = None


@dataclass(frozen=True, slots=True)
class Receiver:
    """One receiver, with what it gets and why.

    Attributes:
        kind, place: the agency by kind, region and level.
        codes: those of the finding that lead here (empty: only a suspicion or a party does).
        elsewhere: the party belongs to another region than the sender.
        basis: of the rule that governs; `others`: further documents that say the same or differ.
        why_zh, why_en: the rule in words.
    """

    kind: str
    place: Place
    codes: tuple[str, ...]
    elsewhere: bool
    basis: Basis
    others: tuple[Basis, ...]
    why_zh: str
    why_en: str


@dataclass(frozen=True, slots=True)
class Notice:
    """Who must be told (抄送、通报): PROCEDURE only.

    Attributes:
        kind, place: the agency to tell; `OWN_UNIT` is the unit of the inspector concerned.
        about: kind of the receiver whose transfer it is told of; None: of the finding itself.
        deferrable: it may wait, with a reason on file.
    """

    kind: str
    place: Place
    about: str | None
    deferrable: bool
    basis: Basis
    why_zh: str
    why_en: str


@dataclass(frozen=True, slots=True)
class Designation:
    """Who designates the competent agency where the conduct crosses regions. Level 0 is the State's own agency."""

    kind: str
    place: Place
    basis: Basis
    why_zh: str
    why_en: str


@dataclass(frozen=True, slots=True)
class Routing:
    """The answer. `own`: codes that the sender handles itself; `unrouted`: codes that no rule sends anywhere."""

    receivers: tuple[Receiver, ...]
    notices: tuple[Notice, ...]
    designations: tuple[Designation, ...]
    own: tuple[str, ...]
    unrouted: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Match:
    pack: Pack
    rule: RoutingRule
    codes: frozenset[str]
    places: tuple[Place, ...]


class Router:
    """Routing over given packs; `route` uses the shipped ones."""

    def __init__(self, source: Packs, lists: Catalogues) -> None:
        self._packs = source
        self._lists = lists

    def route(self, finding: Finding) -> Routing:
        """Receivers, notices and designations of a finding.

        Raises:
            UnknownCode: a code that no catalogue has.
        """
        reach = {code: self._reach(code) for code in finding.codes}
        receivers = tuple(self._receivers(finding, reach))
        kinds = {receiver.kind for receiver in receivers}
        sent = {code for receiver in receivers for code in receiver.codes}
        own = tuple(code for code in finding.codes if self._is_own(finding, reach[code]))
        return Routing(
            receivers=receivers,
            notices=tuple(self._notices(finding, kinds)),
            designations=tuple(self._designations(finding)),
            own=own,
            unrouted=tuple(code for code in finding.codes if code not in sent and code not in own),
        )

    def _reach(self, code: str) -> frozenset[str]:
        """The code itself where a rule names it or its list; else the codes that it maps to."""
        entry = self._lists.entry(code)
        if self._named(code, entry.catalogue):
            return frozenset({code})
        return frozenset(other for other in self._lists.related(code) if self._named(other, other.rpartition("-")[0]))

    def _named(self, code: str, catalogue: str) -> bool:
        return any(code in rule.codes or catalogue in rule.codes for _, rule in self._rules())

    def _rules(self) -> Iterator[tuple[Pack, RoutingRule]]:
        for pack in self._packs:
            for rule in pack.file.routing:
                yield pack, rule

    def _is_own(self, finding: Finding, reach: frozenset[str]) -> bool:
        """Whether some rule makes the sender's own kind competent for a code."""
        return any(
            rule.receiver == finding.sender_kind and _names(rule, reach)
            for _, rule in self._rules()
            if rule.codes and not rule.party_elsewhere
        )

    def _receivers(self, finding: Finding, reach: dict[str, frozenset[str]]) -> Iterator[Receiver]:
        matches: dict[tuple[str, Place], list[_Match]] = {}
        for pack, rule in self._rules():
            if rule.receiver is None or not _speaks_to(rule, finding.sender_kind):
                continue
            codes = frozenset(code for code, reached in reach.items() if _names(rule, reached))
            if not _applies(rule, finding, codes):
                continue
            match = _Match(pack, rule, codes, tuple(dict.fromkeys(_places(rule, finding))))
            for place in match.places:
                if rule.receiver == finding.sender_kind and place == finding.sender:
                    continue
                matches.setdefault((rule.receiver, place), []).append(match)
        for (kind, place), found in sorted(matches.items()):
            try:
                governing = self._packs.governing(
                    ((match.pack, match.rule, True) for match in found),
                    lambda rule: rule.clause,
                    finding.sender.code,
                    finding.on,
                )
            except NoRule:  # only documents that neither bind here nor serve as a default
                continue
            reached = frozenset().union(*(match.codes for match in found))
            yield Receiver(
                kind=kind,
                place=place,
                codes=tuple(code for code in finding.codes if code in reached),
                elsewhere=place != finding.sender,
                basis=governing.basis,
                others=tuple(other.basis for other in governing.others),
                why_zh=governing.rule.basis_text.zh,
                why_en=governing.rule.basis_text.en,
            )

    def _notices(self, finding: Finding, receivers: set[str]) -> Iterator[Notice]:
        for pack, rule in self._rules():
            if rule.notify is None or not _speaks_to(rule, finding.sender_kind):
                continue
            occasions = [kind for kind in rule.when_receiver if kind in receivers] if rule.when_receiver else [None]
            basis = self._basis(pack, rule, finding) if _applies(rule, finding, frozenset()) else None
            if basis is None:
                continue
            for about in occasions:
                for place in dict.fromkeys(_places(rule, finding)):
                    deferrable = about in rule.deferrable_for
                    why = rule.basis_text
                    yield Notice(rule.notify, place, about, deferrable, basis, why.zh, why.en)

    def _designations(self, finding: Finding) -> Iterator[Designation]:
        for pack, rule in self._rules():
            if rule.designate is None or not _speaks_to(rule, finding.sender_kind):
                continue
            if not _applies(rule, finding, frozenset()):
                continue
            basis = self._basis(pack, rule, finding)
            if basis is not None:
                for place in dict.fromkeys(_places(rule, finding)):
                    yield Designation(rule.designate, place, basis, rule.basis_text.zh, rule.basis_text.en)

    def _basis(self, pack: Pack, rule: RoutingRule, finding: Finding) -> Basis | None:
        try:
            found = [(pack, rule, True)]
            return self._packs.governing(found, lambda one: one.clause, finding.sender.code, finding.on).basis
        except NoRule:
            return None


def _speaks_to(rule: RoutingRule, sender_kind: str) -> bool:
    if sender_kind in rule.senders:
        return True
    if "ADMINISTRATIVE" in rule.senders:
        return sender_kind not in NOT_ADMINISTRATIVE
    return "OTHER_THAN_RECEIVER" in rule.senders and sender_kind != rule.receiver


def _names(rule: RoutingRule, reached: Iterable[str]) -> bool:
    return any(code in rule.codes or code.rpartition("-")[0] in rule.codes for code in reached)


def _applies(rule: RoutingRule, finding: Finding, codes: frozenset[str]) -> bool:
    """Whether one of the rule's grounds is met, and all of its conditions."""
    if rule.received_from is not None and rule.received_from != finding.received_from:
        return False
    if rule.party_elsewhere and not any(_elsewhere(party, finding) for party in _concerned(rule, finding)):
        return False
    grounds = (
        bool(codes),
        rule.suspected in finding.suspected,
        any(party.kind in rule.party_kinds for party in finding.parties),
    )
    unconditional = not rule.codes and rule.suspected is None and not rule.party_kinds
    return unconditional or any(grounds)


def _elsewhere(party: Party, finding: Finding) -> bool:
    return party.region is not None and same_level_as(finding.sender, party.region) != finding.sender


def _concerned(rule: RoutingRule, finding: Finding) -> tuple[Party, ...]:
    """The parties whose region counts for a rule: officers, or everybody else; of them those that the rule names."""
    officials = rule.concerns == "officials"
    concerned = tuple(party for party in finding.parties if (party.kind in _OFFICIALS) is officials)
    named = tuple(party for party in concerned if party.kind in rule.party_kinds)
    return named or concerned


def _places(rule: RoutingRule, finding: Finding) -> Iterator[Place]:
    """Where the agency sits that the rule names: the sender's place, the parties' own, or their common superior's."""
    if rule.place == "sender":
        yield finding.sender
        return
    for party in _concerned(rule, finding) or finding.parties:
        if rule.place == "superior":
            if _elsewhere(party, finding) and party.region is not None:
                yield common_superior(finding.sender.code, same_level_as(finding.sender, party.region).code)
        elif not rule.party_elsewhere or _elsewhere(party, finding):
            yield finding.sender if party.region is None else same_level_as(finding.sender, party.region)
    if not finding.parties and rule.place == "party":
        yield finding.sender


def route(finding: Finding) -> Routing:
    """Routing by the shipped packs; see `Router.route`."""
    return Router(packs(), catalogues()).route(finding)
