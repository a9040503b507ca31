"""Random callers and records (hypothesis), in a world small enough for them to meet."""

import os
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from oracle import POLICIES, Seen, Who, ref

from hub.policy.concrete import Asker
from hub.policy.engine import PolicyEngine
from hub.policy.evaluate import PlainRecord
from hub.policy.matrix import structure_of
from hub.policy.purposes import load_purposes
from hub.policy.scopes import load_scopes

EXAMPLES = settings(max_examples=2_000 if os.environ.get("HUB_SOAK") else 150, deadline=None)
PURPOSES, SCOPES = load_purposes(POLICIES), load_scopes(POLICIES)
KINDS = sorted([*SCOPES.ceilings, "AUDIT"])
"""Every kind that has a ceiling, and one that has none."""
CASES = ("C1", "C2")
REGIONS = (("640000",), ("640000", "640100"), ("640000", "640100", "640104"), ("510000", "510500", "510502"))
AGENCIES = ("me", "you", "they")
USCCS = ("U-me", "U-you")

agencies, paths = st.sampled_from(AGENCIES), st.sampled_from(REGIONS)
agency_sets = st.frozensets(agencies)
pair_sets = st.frozensets(
    st.tuples(st.tuples(st.just("agency"), agencies), st.tuples(st.just("case"), st.sampled_from(CASES)))
)
uscc_sets = st.frozensets(st.sampled_from(USCCS))
kinds = st.sampled_from(KINDS)


def claims() -> st.SearchStrategy[tuple[str, str]]:
    """Kind and purpose: mostly such as may be claimed."""
    lawful = [(kind, p.name) for p in PURPOSES.values() for kind in sorted(p.claimants)]
    any_pair = st.tuples(kinds, st.sampled_from([p.name for p in PURPOSES.values()]))
    return st.one_of(st.sampled_from(lawful), st.sampled_from(lawful), any_pair)


@st.composite
def askers(draw: st.DrawFn) -> Asker:
    (kind, purpose), path = draw(claims()), draw(paths)
    case_no = draw(st.sampled_from([*CASES, None]))
    scopes = draw(st.sampled_from([frozenset(), frozenset({"ledger:read"}), frozenset({"clues:read", "feed:read"})]))
    officer = draw(st.sampled_from([True, True, False]))
    return Asker("me", kind, "U-me", path, len(path), purpose, case_no, scopes, officer)


FACTS: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "Agency": {},
    "LegalEntity": {},
    "Institution": {"openFor": pair_sets},
    "Personnel": {"openFor": pair_sets},
    "CreditScore": {"openFor": pair_sets},
    "InspectionResult": {"openFor": pair_sets},
    "AgreementMeasure": {"openFor": pair_sets},
    "Effect": {},
    "Deduction": {"openFor": pair_sets, "subjects": uscc_sets},
    "PenaltyRecord": {
        "openFor": pair_sets,
        "subjects": uscc_sets,
        "naturalPerson": st.booleans(),
        "published": st.booleans(),
    },
    "SpotCheck": {"drawnBy": agencies},
    "Recall": {"recipient": agencies, "authority": agencies, "told": st.booleans()},
    "Disclosure": {},
    "ClueCount": {
        "senderKind": kinds,
        "senderRegion": paths,
        "receiverKind": kinds,
        "receiverRegion": paths,
        "parties": agency_sets,
        "subjects": uscc_sets,
        "sent": st.booleans(),
    },
    "ClueTransfer": {
        "case": st.sampled_from(CASES),
        "sender": agencies,
        "senderKind": kinds,
        "senderRegion": paths,
        "receiver": agencies,
        "receiverKind": kinds,
        "receiverRegion": paths,
        "parties": agency_sets,
        "audience": agency_sets,
        "reportTakers": agency_sets,
        "subjects": uscc_sets,
        "openFor": pair_sets,
        "sent": st.booleans(),
        "overdue": st.booleans(),
        "reported": st.booleans(),
        "sampledBy": agency_sets,
    },
}
REGIONAL = {"Institution", "Personnel", "CreditScore", "PenaltyRecord", "InspectionResult", "AgreementMeasure"}


@st.composite
def records(draw: st.DrawFn, names: tuple[str, ...] = ("ClueTransfer", "ClueTransfer", *FACTS)) -> PlainRecord:
    name = draw(st.sampled_from(names))
    facts = {attribute: draw(strategy) for attribute, strategy in FACTS[name].items()}
    return PlainRecord(name, draw(paths) if name in REGIONAL else (), facts)


def whole(record: PlainRecord) -> Seen:
    """The record as a Cedar entity, by this test's own knowledge of what each attribute is."""
    entities = {
        "case": "Case",
        "sender": "Agency",
        "receiver": "Agency",
        "recipient": "Agency",
        "authority": "Agency",
        "drawnBy": "Agency",
    }
    sets = {"parties": "Agency", "audience": "Agency", "reportTakers": "Agency", "sampledBy": "Agency"}
    attributes: dict[str, Any] = {}
    for name, value in record.facts.items():
        if name in entities:
            attributes[name] = ref(entities[name], value)
        elif name in sets:
            attributes[name] = [ref(sets[name], member) for member in sorted(value)]
        elif name == "openFor":
            attributes[name] = [
                {"agency": ref("Agency", a), "case": ref("Case", c)} for (_, a), (_, c) in sorted(value)
            ]
        elif name.endswith("Region"):
            attributes[name] = ref("Region", value[-1])
        else:
            attributes[name] = sorted(value) if isinstance(value, frozenset) else value
    named = [value for name, value in record.facts.items() if name.endswith("Region")]
    return Seen(record.type_name, attributes, record.region, named)


def who(asker: Asker) -> Who:
    return Who(
        agency=asker.agency,
        kind=asker.kind,
        uscc=asker.uscc,
        path=asker.region,
        purpose=asker.purpose,
        case_no=asker.case_no,
        scopes=asker.scopes,
        officer=asker.officer,
    )


def verdict_of(engine: PolicyEngine, asker: Asker, type_name: str, data_class: Any) -> Any:
    return engine.structured(structure_of(asker)).of(type_name, data_class)
