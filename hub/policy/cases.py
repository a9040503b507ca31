"""The lawyers' cases, `policies/cases/*.yaml`: who asks for what, what is decided, by which policy.

Each is decided twice: by Cedar on the whole record, and by the predicate that queries run. Both must say what the case
says, and every policy must decide at least one case: a policy that decides none is dead, or nobody has thought it out.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from hub.policy.concrete import Asker
from hub.policy.engine import PolicyEngine
from hub.policy.errors import PolicyError
from hub.policy.evaluate import PlainRecord
from hub.policy.files import Strict, read_yaml
from hub.policy.matrix import shows, structure_of
from hub.policy.notation import asker, plain_record
from hub.policy.purposes import Bilingual
from hub.policy.verdict import Allow, Deny, Verdict
from hub.policy.vocabulary import DataClass
from hub.policy.wording import words


class _Record(Strict):
    type: str
    region: str | None = None
    facts: dict[str, Any] = Field(default_factory=dict)


class _Entry(Strict):
    title: Bilingual
    clause: str
    caller: str
    purpose: str
    case: str | None = None
    scopes: frozenset[str] | None = None
    officer: bool = True
    record: _Record
    data_class: DataClass = Field(alias="class")
    expect: Literal["allow", "deny"]
    policy: str
    told: str | None = None


class _File(Strict):
    cases: tuple[_Entry, ...]


@dataclass(frozen=True, slots=True)
class Case:
    """One case.

    Attributes:
        file: name of its file.
        policy: `@id` of a policy that decides it: the permit, or one of the forbids.
        told: `@id` of the forbid that the masked-field report names, where it is not `policy`.
    """

    file: str
    title_zh: str
    title_en: str
    clause: str
    asker: Asker
    record: PlainRecord
    data_class: DataClass
    allowed: bool
    policy: str
    told: str


def load_cases(folder: Path, engine: PolicyEngine) -> list[Case]:
    """All cases.

    Raises:
        PolicyError: a file is not of its form, or names a type, attribute, agency or purpose that does not exist.
    """
    cases: list[Case] = []
    problems: list[str] = []
    for path in sorted((folder / "cases").glob("*.yaml")):
        try:
            cases += [_case(path.name, entry, engine) for entry in read_yaml(path, _File).cases]
        except PolicyError as error:
            problems += [f"cases/{path.name}: {problem}" for problem in error.problems]
    if problems:
        raise PolicyError(problems)
    return cases


def _case(file: str, entry: _Entry, engine: PolicyEngine) -> Case:
    _, _, kind = entry.caller.partition("-")
    if entry.purpose not in engine.purposes:
        raise PolicyError([f"{entry.title.en}: no purpose {entry.purpose}"])
    scopes = entry.scopes if entry.scopes is not None else engine.scopes.ceilings.get(kind, frozenset())
    return Case(
        file=file,
        title_zh=entry.title.zh,
        title_en=entry.title.en,
        clause=entry.clause,
        asker=asker(entry.caller, entry.purpose, entry.case, scopes, officer=entry.officer),
        record=plain_record(engine.schema, entry.record.type, entry.record.facts, entry.record.region),
        data_class=entry.data_class,
        allowed=entry.expect == "allow",
        policy=entry.policy,
        told=entry.told or entry.policy,
    )


def failures(engine: PolicyEngine, cases: list[Case]) -> Iterator[str]:
    """Every case that is not decided as it says, and every policy that decides none."""
    for case in cases:
        for failure in _failures(engine, case):
            yield f"cases/{case.file}: {case.title_zh} / {case.title_en}: {failure}"
    for policy in sorted(engine.policies.keys() - {case.policy for case in cases}):
        yield f"{engine.policies[policy].file}: {policy} decides no case in policies/cases/"


def _failures(engine: PolicyEngine, case: Case) -> Iterator[str]:
    if case.policy not in engine.policies:
        yield f"there is no policy {case.policy}"
        return
    decision = engine.decide(case.asker, case.record, case.data_class)
    if decision.allowed != case.allowed:
        found = "allow" if decision.allowed else "deny"
        yield f"Cedar decides {found}, by {', '.join(decision.policies) or 'no policy'}"
    elif case.policy not in decision.policies:
        yield f"decided by {', '.join(decision.policies)}, not by {case.policy}"
    who = case.asker
    verdict = engine.verdict(structure_of(who), case.record.type_name, case.data_class)
    if shows(verdict, case.record, who) != case.allowed:
        yield f"the hub's own condition says otherwise: {told(verdict)}"
    if not case.allowed and not isinstance(verdict, Allow) and verdict.reason.policy != case.told:
        yield f"the caller is told {verdict.reason.policy}, not {case.told}"


def told(verdict: Verdict) -> str:
    """A verdict for a reader."""
    match verdict:
        case Allow():
            return "允许 / allowed"
        case Deny():
            return "拒绝 / denied"
        case _:
            return " / ".join(words(verdict.predicate))
