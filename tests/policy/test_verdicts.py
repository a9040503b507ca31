"""The hub's verdicts are Cedar's decisions: on random records, and never more by taking away."""

import os
from itertools import product

import pytest
from asking import EXAMPLES, KINDS, PURPOSES, USCCS, askers, records, verdict_of, who, whole
from hypothesis import given
from hypothesis import strategies as st
from oracle import POLICIES, Cedar

from hub.graph.records import RECORD_FACTS
from hub.policy.concrete import Asker
from hub.policy.engine import PolicyEngine, Structure
from hub.policy.evaluate import PlainRecord
from hub.policy.matrix import shows
from hub.policy.verdict import Allow, Deny, When
from hub.policy.vocabulary import DataClass, MaskCode

CEDAR = Cedar(POLICIES)
SOAK = bool(os.environ.get("HUB_SOAK"))


def opened(engine: PolicyEngine, asker: Asker, record: PlainRecord) -> set[DataClass]:
    return {c for c in DataClass if shows(verdict_of(engine, asker, record.type_name, c), record, asker)}


@pytest.mark.property
@EXAMPLES
@given(askers(), records())
def test_a_verdict_is_what_cedar_decides_on_the_whole_record(
    engine: PolicyEngine, asker: Asker, record: PlainRecord
) -> None:
    decided = CEDAR.decisions(who(asker), whole(record), [c.value for c in DataClass])
    assert opened(engine, asker, record) == {c for c, allowed in zip(DataClass, decided, strict=True) if allowed}


@pytest.mark.property
@EXAMPLES
@given(askers(), records())
def test_dropping_case_scope_or_officer_never_opens_more(
    engine: PolicyEngine, asker: Asker, record: PlainRecord
) -> None:
    full = opened(engine, asker, record)
    without_case = Asker(**{name: getattr(asker, name) for name in Asker.__slots__} | {"case_no": None})
    without_officer = Asker(**{name: getattr(asker, name) for name in Asker.__slots__} | {"officer": False})
    without_scopes = Asker(**{name: getattr(asker, name) for name in Asker.__slots__} | {"scopes": frozenset()})
    assert opened(engine, without_case, record) <= full
    assert opened(engine, without_scopes, record) <= full
    assert opened(engine, without_officer, record) == full - {DataClass(each) for each in BY_OFFICERS}


@pytest.mark.property
@EXAMPLES
@given(askers(), records())
def test_closing_the_case_never_opens_more(engine: PolicyEngine, asker: Asker, record: PlainRecord) -> None:
    closed = PlainRecord(record.type_name, record.region, {**record.facts, "openFor": frozenset()})
    if "openFor" in record.facts:
        assert opened(engine, asker, closed) <= opened(engine, asker, record)


@pytest.mark.property
@EXAMPLES
@given(askers(), records(("PenaltyRecord",)), st.frozensets(st.sampled_from(USCCS)))
def test_a_published_penalty_looks_alike_to_the_subject_of_its_case(
    engine: PolicyEngine, asker: Asker, record: PlainRecord, subjects: frozenset[str]
) -> None:
    """L2: `servedOn` hidden from the subject alone would tell it of the case. Unpublished, the record is absent for it."""
    published = {**record.facts, "published": True}
    of_others, of_mine = (
        PlainRecord(record.type_name, record.region, {**published, "subjects": each})
        for each in (frozenset(), subjects | {asker.uscc})
    )
    while_published = {DataClass.PUBLIC, DataClass.SUPERVISION}
    assert opened(engine, asker, of_mine) & while_published == opened(engine, asker, of_others) & while_published
    hidden = PlainRecord(record.type_name, record.region, {**of_mine.facts, "published": False})
    assert DataClass.SUPERVISION not in opened(engine, asker, hidden)


def test_what_is_told_of_every_denial_and_to_whom_anything_opens(engine: PolicyEngine) -> None:
    """Every kind, also one without a ceiling, with every purpose: more callers than tokens are ever issued to.

    A denial names a forbid and its clause; nothing opens to who may not claim the purpose. Nobody is told that it is a
    subject: true, it would warn it; untrue, it accuses. Of several limits another is told, whoever asks.
    """
    for kind, purpose, has_case, (level, officer) in product(
        KINDS, PURPOSES, (False, True), ((2, True), (3, True), (3, False))
    ):
        if level == 2 and not (SOAK or PURPOSES[purpose].claimable_by(kind, level)):
            continue  # as on level 3
        verdicts = engine.structured(Structure(kind, level, purpose, has_case, frozenset(), officer))
        for place, verdict in verdicts.table.items():
            if isinstance(verdict, Deny | When):
                policy = engine.policies[verdict.reason.policy]
                assert (policy.effect, policy.basis) == ("forbid", verdict.reason.basis)
                assert policy.id != "own-subject", (kind, purpose, place)
            if isinstance(verdict, Allow | When):
                assert PURPOSES[purpose].claimable_by(kind, level), (kind, purpose)


def test_row_policy_of_transfers_leads_with_the_audience(engine: PolicyEngine) -> None:
    """The compiler turns this part into the join with `record_party`."""
    from hub.policy.predicate import And, Operator, Parameter, Test

    audience = Test("audience", Operator.CONTAINS, Parameter.AGENCY)
    for structure in engine.claimable():
        verdict = engine.structured(structure).of("ClueTransfer", DataClass.PROCEDURE)
        if structure.purpose != "case-oversight" and isinstance(verdict, When):
            assert isinstance(verdict.predicate, And)
            assert audience in verdict.predicate.parts, structure


def test_equal_rights_are_equal_keys(engine: PolicyEngine) -> None:
    """Whatever about a caller does not decide stays out of the key: the compiled SQL is shared."""
    one = Structure("HEALTH", 3, "medical-practice-regulation", True, frozenset({"clues:read", "parties:read"}))
    same = one._replace(scopes=frozenset({"penalties:read"}))
    assert engine.structured(one).key == engine.structured(same).key
    others = [
        one._replace(has_case=False),
        one._replace(region_level=2),
        Structure("MARKET_REGULATION", 3, "market-regulation", True, frozenset()),
    ]
    assert len({engine.structured(other).key for other in (one, *others)}) == 4
    # The two referrals open the same, wherever the caller is not of the kind that a transfer names.
    criminal = engine.structured(Structure("PUBLIC_SECURITY", 3, "criminal-referral", True, frozenset()))
    filing = engine.structured(Structure("PROCURATORATE", 3, "filing-supervision", True, frozenset()))
    assert criminal.key == filing.key


def test_one_verdict_is_that_of_all(engine: PolicyEngine) -> None:
    """`load(compiled=False)` and `verdict` say what a server says."""
    lazy = PolicyEngine.load(POLICIES, tuple(RECORD_FACTS.values()), compiled=False)
    for structure in (*list(engine.claimable())[:6], Structure("HEALTH", 3, "fund-supervision", False, frozenset())):
        for (name, data_class), verdict in engine.structured(structure).table.items():
            assert lazy.verdict(structure, name, data_class) == verdict
    assert lazy.version == engine.version


def test_nobody_is_admitted_but_the_claimants(engine: PolicyEngine) -> None:
    for kind, purpose, level in product(KINDS, PURPOSES, (1, 2, 3)):
        assert engine.admits(kind, level, purpose) == PURPOSES[purpose].claimable_by(kind, level)


@pytest.mark.parametrize(
    ("structure", "type_name", "data_class", "code", "policy"),
    [
        (("HEALTH", "medical-practice-regulation", False), "ClueTransfer", "INVESTIGATION", "CASE_REQUIRED", "investigation-material-only-in-its-open-case"),
        (("HEALTH", "medical-practice-regulation", True), "ClueTransfer", "INVESTIGATION", "CONDITION_NOT_MET", "investigation-material-only-in-its-open-case"),
        (("HEALTH", "medical-practice-regulation", False), "ClueTransfer", "PERSONAL", "PURPOSE_NOT_ALLOWED", "purpose-limitation-default"),
        (("HEALTH", "medical-practice-regulation", True), "ClueTransfer", "PERSONAL", "PURPOSE_NOT_ALLOWED", "purpose-limitation-default"),
        (("HEALTH", "medical-practice-regulation", True), "Institution", "TRADE_SECRET", "PURPOSE_NOT_ALLOWED", "purpose-limitation-default"),
        (("PUBLIC_SECURITY", "criminal-referral", False), "Institution", "SUPERVISION", "CASE_REQUIRED", "supervision-within-remit"),
        (("CREDIT_PLATFORM", "credit-publication", False), "CreditScore", "INVESTIGATION", "PURPOSE_NOT_ALLOWED", "credit-firewall"),
        (("CREDIT_PLATFORM", "credit-publication", False), "ClueTransfer", "PROCEDURE", "PURPOSE_NOT_ALLOWED", "credit-firewall"),
        (("HEALTHCARE_SECURITY", "fund-supervision", True), "ClueTransfer", "INFORMANT", "CONDITION_NOT_MET", "informant-only-report-taker"),
        (("HEALTHCARE_SECURITY", "fund-supervision", False), "Institution", "SUPERVISION", "CONDITION_NOT_MET", "supervision-within-remit"),
        (("HUB_OPERATOR", "hub-administration", False), "Disclosure", "ADMINISTRATION", "FORBIDDEN", "ledger-by-scope"),
        (("HEALTH", "fund-supervision", False), "Institution", "PUBLIC", "FORBIDDEN", "purpose-claimants-only"),
        (("HEALTH", "medical-practice-regulation", False), "Agency", "INVESTIGATION", "FORBIDDEN", "purpose-limitation-default"),
    ],
)  # fmt: skip
def test_the_reason_told(
    engine: PolicyEngine, structure: tuple[str, str, bool], type_name: str, data_class: str, code: str, policy: str
) -> None:
    kind, purpose, has_case = structure
    verdict = engine.structured(Structure(kind, 3, purpose, has_case, frozenset(), officer=True)).of(
        type_name, DataClass(data_class)
    )
    assert not isinstance(verdict, Allow)
    assert (verdict.reason.code, verdict.reason.policy) == (MaskCode(code), policy)


BY_OFFICERS = ("INVESTIGATION", "HEALTH_DATA", "PERSONAL", "TRADE_SECRET", "INFORMANT")


def test_without_a_registered_officer_only_these_classes_close(engine: PolicyEngine) -> None:
    """All else, verdict and reason, is the same to the letter; where something else is missing, that is told."""
    closed = set()
    for structure in engine.claimable():
        without, by_officer = (engine.structured(structure._replace(officer=each)) for each in (False, True))
        for (name, data_class), verdict in without.table.items():
            other = by_officer.of(name, data_class)
            if data_class in BY_OFFICERS:
                assert isinstance(verdict, Deny), (structure, name, data_class)
            if verdict == other:
                continue
            assert data_class in BY_OFFICERS
            assert not isinstance(other, Deny)
            assert isinstance(verdict, Deny)
            assert (verdict.reason.code, verdict.reason.policy) == ("OFFICER_REQUIRED", "officer-not-registered")
            if isinstance(other, When):
                assert verdict.reason.opens == other.reason.opens
            closed.add((name, data_class.value))
        # What opens nothing of these classes shares its plans.
        if structure.purpose in {"credit-publication", "hub-administration"}:
            assert without.key == by_officer.key
    assert {("ClueTransfer", each) for each in BY_OFFICERS} <= closed
    assert {("Deduction", "INVESTIGATION"), ("Institution", "TRADE_SECRET"), ("Personnel", "PERSONAL")} <= closed


@pytest.mark.parametrize(
    ("structure", "type_name", "data_class", "code", "policy"),
    [
        (("HEALTH", "medical-practice-regulation", True), "ClueTransfer", "INVESTIGATION", "OFFICER_REQUIRED", "officer-not-registered"),
        (("HEALTH", "medical-practice-regulation", False), "ClueTransfer", "INVESTIGATION", "CASE_REQUIRED", "investigation-material-only-in-its-open-case"),
        (("HEALTH", "medical-practice-regulation", True), "Institution", "TRADE_SECRET", "PURPOSE_NOT_ALLOWED", "purpose-limitation-default"),
        # Of its own supply; of all else the purpose would refuse it next.
        (("HEALTH", "medical-practice-regulation", True), "ClueTransfer", "PERSONAL", "OFFICER_REQUIRED", "officer-not-registered"),
        (("HEALTHCARE_SECURITY", "fund-supervision", True), "Deduction", "INVESTIGATION", "OFFICER_REQUIRED", "officer-not-registered"),
        (("CREDIT_PLATFORM", "credit-publication", False), "CreditScore", "INVESTIGATION", "PURPOSE_NOT_ALLOWED", "credit-firewall"),
        (("HEALTH", "fund-supervision", True), "ClueTransfer", "INVESTIGATION", "FORBIDDEN", "purpose-claimants-only"),
    ],
)  # fmt: skip
def test_the_reason_told_without_an_officer(
    engine: PolicyEngine, structure: tuple[str, str, bool], type_name: str, data_class: str, code: str, policy: str
) -> None:
    kind, purpose, has_case = structure
    verdict = engine.structured(Structure(kind, 3, purpose, has_case, frozenset())).of(type_name, DataClass(data_class))
    assert isinstance(verdict, Deny)
    assert (verdict.reason.code, verdict.reason.policy) == (MaskCode(code), policy)


def test_opens_names_the_purposes_that_open_a_class_by_themselves(engine: PolicyEngine) -> None:
    """What a sender supplied itself opens under any purpose: that is no work of the purpose, and is not told."""
    table = engine.structured(Structure("CREDIT_PLATFORM", 1, "credit-publication", False, frozenset()))
    told = {
        place: table.of(*place).reason.opens
        for place in (
            ("ClueTransfer", DataClass.PERSONAL),
            ("ClueTransfer", DataClass.HEALTH_DATA),
            ("ClueTransfer", DataClass.INFORMANT),
            ("Institution", DataClass.TRADE_SECRET),
            ("Agency", DataClass.PERSONAL),
        )
    }
    referrals = ("criminal-referral", "duty-crime-referral", "filing-supervision")
    assert list(told.values()) == [
        ("fund-supervision", *referrals),
        ("fund-supervision", "agreement-management", "medical-practice-regulation", *referrals),
        ("fund-supervision",),
        ("fund-supervision", "agreement-management", "market-regulation", *referrals),
        (),
    ]
