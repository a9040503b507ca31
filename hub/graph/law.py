"""Public law as queries: `catalogue`, `rulePacks`, `routing`. Answered from the rule packs, and no record is read.

Each answer names the document that it comes from, and says where that document has no legal force (R29).
"""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from functools import cache
from typing import Annotated, Any, Final

import strawberry

from hub.clues.lifecycle_words import Route
from hub.graph.law_asking import (
    AS_INTROSPECTED,
    BadArgument,
    LawAsked,
    OnArgument,
    RegionArgument,
    basis_of,
    region_of,
)
from hub.graph.law_types import (
    DeadlineRule,
    RoutedDesignation,
    RoutedNotice,
    RoutedParty,
    RoutedReceiver,
    Routing,
    RulePack,
    RuleRank,
    RuleStanding,
    ViolationCatalogue,
    ViolationKind,
)
from hub.law import pack as packs
from hub.law import routing as rules
from hub.law.catalogue import Catalogue, Entry, UnknownCode, catalogues
from hub.law.region import Place, place
from hub.law.schema import ClockRule
from hub.law.settings import DEFAULT
from hub.law.vocabulary import Suspicion

MAX_CODES: Final = 50
MAX_PARTIES: Final = 10
_KIND: Final = re.compile(r"[A-Z][A-Z_]{1,39}\Z")


# --- fields of Query -------------------------------------------------------------------------------------------------


def catalogue(
    root: Any,
    lists: Annotated[
        list[strawberry.ID] | None, strawberry.argument(description="清单代码；不填为全部 Lists by id; default: all")
    ] = None,
    region: RegionArgument = None,
    on: OnArgument = None,
) -> list[ViolationCatalogue] | None:
    law: LawAsked = root.law
    where, day = law.where(region), law.day(on)
    known = catalogues().lists
    # A name that no list has is simply not there.
    found = known.values() if lists is None else (known[name] for name in dict.fromkeys(lists) if name in known)
    return [_catalogue(one, where, day) for one in found]


def rule_packs(root: Any, region: RegionArgument = None, on: OnArgument = None) -> list[RulePack] | None:
    law: LawAsked = root.law
    where, day = law.where(region), law.day(on)
    return [_rule_pack(pack, where, day) for pack in packs.packs()]


def routing(
    root: Any,
    codes: Annotated[
        list[strawberry.ID], strawberry.argument(description=f"清单代码，至多{MAX_CODES}个 Catalogue codes")
    ],
    parties: Annotated[
        list[RoutedParty] | None, strawberry.argument(description=f"涉案主体，至多{MAX_PARTIES}个 Parties of the case")
    ] = None,
    suspected: Annotated[
        list[Suspicion] | None, strawberry.argument(description="涉嫌犯罪、职务犯罪 Suspected crime, duty crime")
    ] = None,
    sender_kind: Annotated[
        str | None, strawberry.argument(description="发现机关类别；不填为本机关 Kind of the finder; default: your own")
    ] = None,
    region: RegionArgument = None,
    received_from: Annotated[
        str | None,
        strawberry.argument(description="案件由哪类机关移送而来 Kind of the agency that transferred the case"),
    ] = None,
    on: OnArgument = None,
) -> Routing | None:
    law: LawAsked = root.law
    parties = parties or []
    if len(codes) > MAX_CODES:
        raise BadArgument("codes", limit=MAX_CODES)
    if len(parties) > MAX_PARTIES:
        raise BadArgument("parties", limit=MAX_PARTIES)
    for name, kind in (("senderKind", sender_kind), ("receivedFrom", received_from)):
        if kind is not None and not _KIND.match(kind):
            raise BadArgument(name)
    own = Place(law.caller.region, law.caller.region_level)
    finding = rules.Finding(
        codes=tuple(dict.fromkeys(codes)),
        parties=tuple(rules.Party(party.kind, region_of("parties", party.region)) for party in parties),
        sender_kind=sender_kind or law.caller.agency_kind,
        sender=own if region is None else place(law.where(region)),
        on=law.day(on),
        suspected=frozenset(suspected or ()),
        received_from=received_from,
    )
    try:
        return _routing(rules.route(finding))
    except UnknownCode as unknown:
        raise BadArgument("codes") from unknown


CATALOGUE: Any = strawberry.field(
    resolver=catalogue, description="移送清单（公开的法律文本） The lists of violations: public law"
)
RULE_PACKS: Any = strawberry.field(
    resolver=rule_packs, description="规则包：条款、位阶、地域、施行日期 The documents that the hub's rules come from"
)
ROUTING: Any = strawberry.field(
    resolver=routing,
    description="移送去向（依规则包推算，不读取任何记录） To whom a finding goes, by the rule packs alone",
)
LAW_ROOTS: Final = frozenset({"catalogue", "rulePacks", "routing"})
"""Root fields that this module answers."""

_ROUTED: Final = 14_000
"""As much as the rules of one routing cost, asked for every code and party: up to 10 ms."""


def sizes() -> Mapping[str, Mapping[str, float]]:
    """For the cost of a document: by root field, how many members its lists have (security.md 29); "": before any."""
    lists = catalogues().lists.values()
    entries = sum(len(each.entries) for each in lists) / len(lists)
    all_packs = packs.packs().all
    deadlines = sum(len(pack.file.clocks) for pack in all_packs) / len(all_packs)
    return {
        "catalogue": {"catalogue": AS_INTROSPECTED * len(lists), "entries": entries},
        "rulePacks": {"rulePacks": AS_INTROSPECTED * len(all_packs), "deadlines": deadlines},
        "routing": {"": _ROUTED, "routing": AS_INTROSPECTED, "receivers": MAX_PARTIES, "others": 2, "notices": 2},
    }


# --- from hub.law to the schema ---------------------------------------------------------------------------------------


def _catalogue(one: Catalogue, region: str, on: date) -> ViolationCatalogue:
    return ViolationCatalogue(
        id=strawberry.ID(one.id),
        requirement=one.requirement,
        title_zh=one.title_zh,
        title_en=one.title_en,
        derived=one.derived,
        basis=basis_of(catalogues().basis(one.other.code, region, on)),
        entries=list(_kinds(one.id)),
        other=_kind(one.other),
    )


@cache
def _kinds(catalogue_id: str) -> tuple[ViolationKind, ...]:
    return tuple(_kind(entry) for entry in catalogues().lists[catalogue_id].entries)


@cache
def _kind(entry: Entry) -> ViolationKind:
    return ViolationKind(
        code=strawberry.ID(entry.code),
        number=entry.number,
        zh=entry.zh,
        en=entry.en,
        short=entry.short,
        other=entry.other,
        origin=entry.origin,
        criteria=list(entry.criteria),
        exceptions=list(entry.exceptions),
        related=_ids(sorted(catalogues().related(entry.code))),
    )


def _rule_pack(pack: packs.Pack, region: str, on: date) -> RulePack:
    file = pack.file
    basis = pack.basis("", binding=pack.in_force(region, on))
    cited = [one.clause for one in file.catalogues] + [one.clause for one in file.clocks]
    cited += [one.clause for one in file.routing]
    cited += [one.clause for one in (file.boundary, file.limitation, file.loss) if one is not None]
    return RulePack(
        id=strawberry.ID(pack.id),
        version=file.version,
        digest=pack.digest,
        title_zh=file.title.zh,
        title_en=file.title.en,
        form=file.form,
        number=file.number,
        rank=RuleRank[file.rank.name],
        territory=file.territory,
        effective_from=file.effective_from,
        effective_to=file.effective_to,
        source=file.source,
        confirmed=file.confirmed,
        standing=RuleStanding[basis.standing.name],
        notice_zh=basis.notice_zh or None,
        notice_en=basis.notice_en or None,
        clauses=list(dict.fromkeys(cited)),
        deadlines=[_deadline_rule(one) for one in file.clocks],
    )


def _deadline_rule(rule: ClockRule) -> DeadlineRule:
    return DeadlineRule(
        name=strawberry.ID(rule.name),
        title_zh=rule.title.zh,
        title_en=rule.title.en,
        clause=rule.clause,
        actor=rule.actor,
        starts_with=DEFAULT[rule.start_setting] if rule.start_setting else rule.start,
        amount=rule.amount,
        unit=rule.unit,
        routes=[Route(route.value) for route in rule.routes],
        default_routes=[Route(route.value) for route in rule.default_routes],
    )


def _routing(found: rules.Routing) -> Routing:
    return Routing(
        receivers=[
            RoutedReceiver(
                **_directed(one),
                codes=_ids(one.codes),
                elsewhere=one.elsewhere,
                others=[basis_of(other) for other in one.others],
            )
            for one in found.receivers
        ],
        notices=[RoutedNotice(**_directed(one), about=one.about, deferrable=one.deferrable) for one in found.notices],
        designations=[RoutedDesignation(**_directed(one)) for one in found.designations],
        own=_ids(found.own),
        unrouted=_ids(found.unrouted),
    )


def _directed(one: rules.Receiver | rules.Notice | rules.Designation) -> dict[str, Any]:
    """Which agency, by kind and place, and by which rule."""
    return {
        "kind": one.kind,
        "region": one.place.code,
        "level": one.place.level,
        "basis": basis_of(one.basis),
        "why_zh": one.why_zh,
        "why_en": one.why_en,
    }


def _ids(codes: Iterable[str]) -> list[strawberry.ID]:
    return [strawberry.ID(code) for code in codes]
