"""The files for lawyers: cases, matrix and page say what Cedar decides; every policy matters."""

import json
from itertools import product
from pathlib import Path

import cedarpy
import pytest
import yaml
from asking import PURPOSES, SCOPES, who
from oracle import POLICIES, Cedar, Seen, Who, ref

from hub.policy.cases import Case, failures, load_cases
from hub.policy.concrete import record_entities
from hub.policy.engine import PolicyEngine
from hub.policy.errors import PolicyError
from hub.policy.matrix import Situated, all_cells, differences, evaluated, shows, structure_of, whole
from hub.policy.rendering import render
from hub.policy.verdict import Allow
from hub.policy.vocabulary import DataClass


@pytest.fixture(scope="session")
def cases(engine: PolicyEngine) -> list[Case]:
    return load_cases(POLICIES, engine)


def test_every_case_is_decided_as_it_says_and_every_policy_decides_one(engine: PolicyEngine, cases: list[Case]) -> None:
    assert list(failures(engine, cases)) == []


def test_the_hubs_own_verdicts_give_the_matrix_by_hand_and_the_page_is_current(engine: PolicyEngine) -> None:
    found = whole(engine, POLICIES)
    assert differences(found, POLICIES) == []
    assert (POLICIES / "MATRIX.md").read_text() == render(engine, POLICIES, found), "run make schema"


def test_what_overrides_a_cell_stands_below_its_table(engine: PolicyEngine) -> None:
    """A word that would promise more than it opens bears the note of the forbid that takes it away."""
    situations = {"recusal": "subject", "notified": "notified"}
    by_officers = {"INVESTIGATION", "HEALTH_DATA", "PERSONAL", "TRADE_SECRET", "INFORMANT"}
    for cell, opened in whole(engine, POLICIES).items():
        if not opened or expected_word(*cell) == "never":
            continue
        word = MATRIX["words"][expected_word(*cell)]
        notes = word.get("notes", {}).get(cell.type_name, [])
        for note, flag in situations.items():
            marked = {name for name, each in SITUATIONS[cell.type_name].items() if each.get(flag)}
            taken_away = marked - opened
            if cell.type_name == "ClueCount":  # a party's own is in no sum, whether it is a subject or not
                taken_away -= {name for name in marked if name.removesuffix("-as-subject") not in opened}
            if note == "recusal" or word["zh"].startswith("全部"):
                assert bool(taken_away) == (note in notes) or not marked, (cell, note, taken_away)
        assert {MATRIX["notes"][note]["policy"] for note in notes} <= engine.policies.keys()
        assert ("officer" in notes) == (cell.data_class in by_officers), cell
        without = {name for name, each in SITUATIONS[cell.type_name].items() if each.get("officer") is False}
        assert not without & opened or cell.data_class not in by_officers, cell


LISTED_BY = {
    "ClueTransfer": "PROCEDURE",
    "CreditScore": "SUPERVISION",
    "InspectionResult": "SUPERVISION",
    "AgreementMeasure": "SUPERVISION",
    "Institution": "PUBLIC",
    "Personnel": "PUBLIC",
}
"""The class of the identifying field; a penalty's is PUBLIC while published, else SUPERVISION."""


def test_what_is_told_of_a_shown_record_is_true(engine: PolicyEngine) -> None:
    """Of a record that is listed, the forbid that is told for a hidden class is one of those that Cedar names."""
    situated, told = Situated(POLICIES, engine), set()
    for cell in all_cells(engine):
        if cell.kind not in PURPOSES[cell.purpose].claimants or cell.type_name not in {*LISTED_BY, "PenaltyRecord"}:
            continue
        for name, asker, seen in situated.of(cell):
            listed_by = LISTED_BY.get(cell.type_name) or ("PUBLIC" if seen.facts["published"] else "SUPERVISION")
            structure = structure_of(asker)
            if not shows(engine.verdict(structure, cell.type_name, DataClass(listed_by)), seen, asker):
                continue
            verdict = engine.verdict(structure, cell.type_name, cell.data_class)
            if not isinstance(verdict, Allow) and not shows(verdict, seen, asker):
                really = engine.decide(asker, seen, cell.data_class).policies
                assert verdict.reason.policy in really, (cell, name, really)
                told.add(verdict.reason.policy)
    assert "notified-procedure-only" in told
    assert len(told) >= 6


def counted(path: tuple[str, ...]) -> Seen:
    """A transfer that anyone may count who may count at all."""
    region = ref("Region", path[-1])
    attributes = {
        "senderKind": "HEALTH",
        "senderRegion": region,
        "receiverKind": "HEALTHCARE_SECURITY",
        "receiverRegion": region,
        "parties": [ref("Agency", "another")],
        "subjects": [],
        "sent": True,
    }
    return Seen("ClueCount", attributes, (), [path])


def test_permits_follow_the_claimants_of_purposes_yaml() -> None:
    """A public record shows who may come at all."""
    cedar = Cedar()
    for kind, purpose, level in product(SCOPES.ceilings, PURPOSES.values(), (1, 2, 3)):
        path = ("640000", "640100", "640104")[:level]
        caller = Who(agency="a", kind=kind, uscc="u", path=path, purpose=purpose.name, scopes=["ledger:read"])
        records = (Seen("Agency", {}), Seen("Disclosure", {}), counted(path))
        shown = any(any(cedar.decisions(caller, record, [c.value for c in DataClass])) for record in records)
        assert shown == purpose.claimable_by(kind, level), (kind, purpose.name, level)


def test_purposes_schema_and_issue_agree_on_what_is_later() -> None:
    later = {name for name, purpose in PURPOSES.items() if not purpose.available}
    without_claimants = {"subject-rights", "joint-work", "evidence-request", "cross-region-assistance"}
    assert later == without_claimants
    assert not any(purpose.claimants for name, purpose in PURPOSES.items() if name in without_claimants)


# --- the matrix once more, independently ------------------------------------------------------------------------------

MATRIX = yaml.safe_load((POLICIES / "matrix.yaml").read_text())
SITUATIONS = yaml.safe_load((POLICIES / "situations.yaml").read_text())
REGIONS = {
    "mine": ("640000", "640100"),
    "below": ("640000", "640100", "640104"),
    "elsewhere": ("510000", "510500"),
}


TELLING = {"any", "with-scope", "mine", "case", "sent-open"}
"""Situations that most words open: enough to see that a kind that may not claim a purpose gets nothing."""


def expected_word(kind: str, purpose: str, type_name: str, data_class: str) -> str:
    rows = MATRIX["purposes"].get(purpose, {"claimants": []})
    if kind not in rows["claimants"]:
        return "never"
    word = rows.get(type_name, {}).get(data_class, "never")
    return word.get(kind, word["any"]) if isinstance(word, dict) else word


def record(kind: str, type_name: str, situation: dict) -> Seen:
    me, others = "me", [k for k in ("FUND_OPERATOR", "MARKET_REGULATION", "HEALTH") if k != kind]
    agencies = {
        "me": (me, kind, REGIONS["mine"]),
        "below": ("below", kind, REGIONS["below"]),
        "beside": ("beside", kind, REGIONS["mine"]),
        "other": ("other", others[0], REGIONS["below"]),
        "another": ("another", others[1], REGIONS["below"]),
        "discipline": ("discipline", "DISCIPLINE_INSPECTION", REGIONS["below"]),
    }
    open_for = [{"case": ref("Case", "this"), "agency": ref("Agency", me)}] if situation.get("open") else []
    subjects = ["uscc-of-me"] if situation.get("subject") else ["uscc-of-somebody"]
    if type_name in {"Agency", "LegalEntity", "Effect", "Disclosure"}:
        return Seen(type_name, {})
    if type_name == "SpotCheck":
        return Seen(type_name, {"drawnBy": ref("Agency", me if situation.get("drawer") else "another")})
    if type_name == "Recall":
        recipient = me if situation.get("recipient") else "another"
        authority = me if situation.get("authority") else "others"
        told = bool(situation.get("told"))
        return Seen(
            type_name, {"recipient": ref("Agency", recipient), "authority": ref("Agency", authority), "told": told}
        )
    if type_name == "Deduction":
        return Seen(type_name, {"openFor": open_for, "subjects": subjects})
    if type_name == "PenaltyRecord":
        flags = {"naturalPerson": bool(situation.get("person")), "published": bool(situation.get("published"))}
        attributes = {"openFor": open_for, "subjects": subjects, **flags}
        return Seen(type_name, attributes, REGIONS[situation["region"]])
    if type_name not in {"ClueTransfer", "ClueCount"}:
        return Seen(type_name, {"openFor": open_for}, REGIONS[situation["region"]])
    (sender, sender_kind, sender_path) = agencies[situation["sender"]]
    (receiver, receiver_kind, receiver_path) = agencies[situation["receiver"]]
    parties = [sender] if situation.get("draft") else [sender, receiver]
    audience = [*parties, me] if situation.get("notified") else parties
    attributes = {
        "case": ref("Case", "this"),
        "sender": ref("Agency", sender),
        "senderKind": sender_kind,
        "senderRegion": ref("Region", sender_path[-1]),
        "receiver": ref("Agency", receiver),
        "receiverKind": receiver_kind,
        "receiverRegion": ref("Region", receiver_path[-1]),
        "parties": [ref("Agency", code) for code in parties],
        "audience": [ref("Agency", code) for code in audience],
        "reportTakers": [ref("Agency", me)] if situation.get("reportTaker") else [],
        "subjects": subjects,
        "openFor": open_for,
        "sent": not situation.get("draft"),
        "overdue": bool(situation.get("overdue")),
        "reported": bool(situation.get("reported")),
        "sampledBy": [ref("Agency", me)] * bool(situation.get("sampled"))
        + [ref("Agency", "a superior")] * bool(situation.get("sampledByAnother")),
    }
    if type_name == "ClueCount":
        named = ("senderKind", "senderRegion", "receiverKind", "receiverRegion", "parties", "subjects", "sent")
        attributes = {name: attributes[name] for name in named}
    return Seen(type_name, attributes, (), [sender_path, receiver_path])


def test_cedar_gives_the_matrix_by_hand() -> None:
    """Kind × purpose × type × class, each situation decided by `is_authorized` on a whole record."""
    cedar, classes = Cedar(), [c.value for c in DataClass]
    for kind, (name, purpose) in product(SCOPES.ceilings, PURPOSES.items()):
        for type_name, situations in SITUATIONS.items():
            opened: dict[str, set[str]] = {data_class: set() for data_class in classes}
            for situation_name, situation in situations.items():
                if kind not in purpose.claimants and situation_name not in TELLING:
                    continue
                case_no = {"none": None}.get(situation["token"], situation["token"])
                caller = Who(
                    agency="me",
                    kind=kind,
                    uscc="uscc-of-me",
                    path=REGIONS["mine"],
                    purpose=name,
                    case_no=case_no if purpose.case == "optional" else None,
                    scopes=[] if situation.get("unscoped") else SCOPES.ceilings[kind],
                    officer=situation.get("officer", True),
                )
                decided = cedar.decisions(caller, record(kind, type_name, situation), classes)
                for data_class in (c for c, allowed in zip(classes, decided, strict=True) if allowed):
                    opened[data_class].add(situation_name)
            for data_class, found in opened.items():
                word = expected_word(kind, name, type_name, data_class) if purpose.available else "never"
                said = set(MATRIX["words"][word].get("opens", {}).get(type_name, []))
                assert found == said, (kind, name, type_name, data_class, word)


def test_the_matrix_names_only_situations_and_types_that_exist() -> None:
    for word in MATRIX["words"].values():
        for type_name, names in word.get("opens", {}).items():
            assert set(names) <= SITUATIONS[type_name].keys()
    assert MATRIX["purposes"].keys() <= PURPOSES.keys()


# --- every policy matters ---------------------------------------------------------------------------------------------

REDUNDANT = {"purpose-claimants-only", "statistics-counts-only"}
"""Say once more what others say: they name the denial, and hold should a permit or a purpose be added by mistake."""


def decided(engine: PolicyEngine, cases: list[Case], policies: cedarpy.PolicySet) -> list[bool]:
    cedar = Cedar()
    cedar.policies = policies
    results = []
    for case in cases:
        seen = Seen(case.record.type_name, {})
        entities = [dict(e) for e in record_entities(case.record, engine.schema)]
        entities[0]["uid"] = {"type": case.record.type_name, "id": "the record"}
        seen.entities = lambda entities=entities: entities  # type: ignore[method-assign]
        results += cedar.decisions(who(case.asker), seen, [case.data_class.value])
    return results


def test_without_any_one_policy_some_case_is_decided_otherwise(engine: PolicyEngine, cases: list[Case]) -> None:
    everything = {name: policy.body for name, policy in engine.policies.items()}

    def policy_set(bodies: dict) -> cedarpy.PolicySet:
        return cedarpy.PolicySet.from_json_str(
            json.dumps({"templates": {}, "templateLinks": [], "staticPolicies": bodies})
        )

    before = decided(engine, cases, policy_set(everything))
    assert before == [case.allowed for case in cases]
    for name, policy in engine.policies.items():
        after = decided(engine, cases, policy_set({k: v for k, v in everything.items() if k != name}))
        changed = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
        assert changed or name in REDUNDANT, f"without {name} every case is decided alike"
        # A permit dropped never shows more, a forbid dropped never less.
        assert all(new is (policy.effect == "forbid") for _, new in changed)


def test_a_dropped_permit_or_an_added_forbid_shows_nothing_more(
    engine: PolicyEngine, folder: Path, cases: list[Case]
) -> None:
    """The same through the hub's own verdicts, with policies loaded anew."""
    from hub.graph.records import RECORD_FACTS

    credit = folder / "credit.cedar"
    credit.write_text(
        credit.read_text()
        + """
@id("no-large-institutions") @basis("x") @order("99") @zh("x") @en("x")
forbid (principal, action == Action::"read", resource is Institution) when { resource in principal.region };
"""
    )
    purposes = folder / "purposes.cedar"
    text = purposes.read_text()
    permit = text[text.index('@id("market-regulation")') : text.index('@id("criminal-referral")')]
    claim = '  (context.purpose == Purpose::"market-regulation" && principal.agencyKind == "MARKET_REGULATION") ||\n'
    assert claim in text
    purposes.write_text(text.replace(permit, ""))
    with pytest.raises(PolicyError, match="no forbid says so"):
        PolicyEngine.load(folder, tuple(RECORD_FACTS.values()))
    purposes.write_text(text.replace(permit, "").replace(claim, ""))
    stricter = PolicyEngine.load(folder, tuple(RECORD_FACTS.values()))
    before, after = Situated(POLICIES, engine), Situated(folder, stricter)
    less = 0
    for cell in all_cells(engine):
        if cell.purpose in {"market-regulation", "fund-supervision"} and PURPOSES[cell.purpose].claimants == {
            cell.kind
        }:
            was, now = evaluated(engine, before, cell), evaluated(stricter, after, cell)
            assert now <= was, cell
            less += now < was
    assert less > 10
    assert stricter.version != engine.version
