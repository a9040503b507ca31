"""The matrix: agency kind × purpose × type × class, each cell a word for the situations it opens.

`policies/matrix.yaml` is written by hand; this makes `policies/MATRIX.md` from the policies as the hub itself evaluates
them, and says where the two differ. A test makes the same once more, through Cedar's own decision on whole records.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Literal, NamedTuple

from pydantic import Field

from hub.policy.concrete import Asker
from hub.policy.engine import PolicyEngine, Structure
from hub.policy.errors import PolicyError
from hub.policy.evaluate import PlainRecord, evaluate
from hub.policy.files import Strict, read_yaml
from hub.policy.notation import asker, plain_record, regions_of, uscc_of
from hub.policy.predicate import TRUE
from hub.policy.verdict import Allow, Deny, Verdict
from hub.policy.vocabulary import DataClass

MY_REGION, CASE_NO, OTHER_CASE = "640100", "CASE-1", "CASE-2"
_REGIONS = {"mine": MY_REGION, "below": "640104", "elsewhere": "510500"}
_OTHER_KINDS = ("HEALTHCARE_SECURITY", "HEALTH", "MARKET_REGULATION")
NEVER = "never"


class _Situation(Strict):
    zh: str
    en: str
    token: Literal["this", "other", "none"]
    sender: Literal["me", "below", "beside", "other"] | None = None
    receiver: Literal["me", "below", "discipline", "other", "another"] | None = None
    region: Literal["mine", "below", "elsewhere"] | None = None
    notified: bool = False
    draft: bool = False
    open: bool = False
    reportTaker: bool = False  # noqa: N815 - as in the file
    subject: bool = False
    overdue: bool = False
    sampled: bool = False
    sampledByAnother: bool = False  # noqa: N815 - as in the file
    reported: bool = False
    person: bool = False
    published: bool = False
    unscoped: bool = False
    officer: bool = True
    drawer: bool = False
    recipient: bool = False
    authority: bool = False
    told: bool = False


class _Situations(Strict):
    Agency: dict[str, _Situation]
    LegalEntity: dict[str, _Situation]
    Institution: dict[str, _Situation]
    Personnel: dict[str, _Situation]
    ClueTransfer: dict[str, _Situation]
    ClueCount: dict[str, _Situation]
    PenaltyRecord: dict[str, _Situation]
    CreditScore: dict[str, _Situation]
    InspectionResult: dict[str, _Situation]
    AgreementMeasure: dict[str, _Situation]
    Effect: dict[str, _Situation]
    Deduction: dict[str, _Situation]
    SpotCheck: dict[str, _Situation]
    Recall: dict[str, _Situation]
    Disclosure: dict[str, _Situation]


class Word(Strict):
    """A word of the matrix: what it opens, by type, as names of situations; by type the notes that it bears."""

    zh: str
    en: str
    notes: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)
    opens: Mapping[str, frozenset[str]] = Field(default_factory=dict)


class Note(Strict):
    """A footnote: the forbid that overrides the cells which bear it."""

    policy: str
    zh: str
    en: str


class _File(Strict):
    notes: dict[str, Note]
    words: dict[str, Word]
    purposes: dict[str, dict[str, frozenset[str] | dict[DataClass, str | dict[str, str]]]]


class Cell(NamedTuple):
    """A place in the matrix."""

    kind: str
    purpose: str
    type_name: str
    data_class: DataClass


@dataclass(frozen=True, slots=True)
class Matrix:
    """The matrix by hand: `word(cell)`, "never" where nothing is written."""

    notes: Mapping[str, Note]
    words: Mapping[str, Word]
    cells: Mapping[Cell, str]

    def word(self, cell: Cell) -> str:
        return self.cells.get(cell, NEVER)


def load_matrix(folder: Path) -> Matrix:
    """`matrix.yaml`.

    Raises:
        PolicyError: not of its form, or a cell holds an unknown word.
    """
    file = read_yaml(folder / "matrix.yaml", _File)
    cells: dict[Cell, str] = {}
    for purpose, rows in file.purposes.items():
        claimants = rows["claimants"]
        for (type_name, classes), kind in product(rows.items(), claimants):
            if isinstance(classes, dict):
                for data_class, word in classes.items():
                    said = word if isinstance(word, str) else word.get(kind, word["any"])
                    cells[Cell(kind, purpose, type_name, data_class)] = said
    problems = [
        f"matrix.yaml: {' / '.join(cell)}: no word {word}" for cell, word in cells.items() if word not in file.words
    ]
    problems += [
        f"matrix.yaml: {name}: no note {note}"
        for name, word in file.words.items()
        for note in {note for notes in word.notes.values() for note in notes} - file.notes.keys()
    ]
    if problems:
        raise PolicyError(problems)
    return Matrix(file.notes, file.words, cells)


class Situated:
    """The situations of `situations.yaml`, as callers and records."""

    def __init__(self, folder: Path, engine: PolicyEngine) -> None:
        self._engine = engine
        self._made: dict[tuple[str, str, str], list[tuple[str, Asker, PlainRecord]]] = {}
        file = read_yaml(folder / "situations.yaml", _Situations)
        self._situations: Mapping[str, Mapping[str, _Situation]] = {
            name: getattr(file, name) for name in _Situations.model_fields
        }

    def of(self, cell: Cell) -> Sequence[tuple[str, Asker, PlainRecord]]:
        """Name, caller and record of each situation of the type, for an agency of the kind at prefecture level."""
        place = (cell.kind, cell.purpose, cell.type_name)
        if place not in self._made:
            self._made[place] = [
                (name, self._asker(cell, situation), self._record(cell, situation))
                for name, situation in self._situations[cell.type_name].items()
            ]
        return self._made[place]

    def _asker(self, cell: Cell, situation: _Situation) -> Asker:
        case_no = {"this": CASE_NO, "other": OTHER_CASE, "none": None}[situation.token]
        if case_no is not None and self._engine.purposes[cell.purpose].case == "none":
            case_no = None
        scopes = frozenset() if situation.unscoped else self._engine.scopes.ceilings[cell.kind]
        return asker(f"{MY_REGION}-{cell.kind}", cell.purpose, case_no, scopes, officer=situation.officer)

    def _record(self, cell: Cell, situation: _Situation) -> PlainRecord:
        me = f"{MY_REGION}-{cell.kind}"
        pair = {"agency": me, "case": CASE_NO}
        given: dict[str, object] = {
            "subjects": [uscc_of(me)] if situation.subject else [],
            "openFor": [pair] if situation.open else [],
            "naturalPerson": situation.person,
            "published": situation.published,
            "drawnBy": me if situation.drawer else "640000-HEALTH",
            "recipient": me if situation.recipient else "510500-CREDIT_PLATFORM",
            "authority": me if situation.authority else "510500-HEALTHCARE_SECURITY",
            "told": situation.told,
        }
        if situation.sender and situation.receiver:
            others = [kind for kind in _OTHER_KINDS if kind != cell.kind]
            agencies = {
                "me": me,
                "below": f"640104-{cell.kind}",
                "beside": f"{MY_REGION}-{cell.kind}",
                "other": f"640104-{others[0]}",
                "another": f"640104-{others[1]}",
                "discipline": "640104-DISCIPLINE_INSPECTION",
            }
            sender, receiver = agencies[situation.sender], agencies[situation.receiver]
            for role, code in (("sender", sender), ("receiver", receiver)):
                seat, _, kind = code.partition("-")
                given |= {f"{role}Kind": kind, f"{role}Region": seat}
            if situation.sender == "beside":
                sender = f"{MY_REGION}-OTHER_{cell.kind}"
            parties = [sender] if situation.draft else [sender, receiver]
            given |= {
                "case": CASE_NO,
                "sender": sender,
                "receiver": receiver,
                "parties": parties,
                "audience": [*parties, me] if situation.notified else parties,
                "reportTakers": [me] if situation.reportTaker else [],
                "sent": not situation.draft,
                "overdue": situation.overdue,
                "reported": situation.reported,
                "sampledBy": [me] * situation.sampled + ["640000-ANOTHER"] * situation.sampledByAnother,
            }
        declared = self._engine.schema.entities[cell.type_name]
        known = {name: value for name, value in given.items() if name in declared}
        region = _REGIONS[situation.region] if situation.region else None
        return plain_record(self._engine.schema, cell.type_name, known, region)


def all_cells(engine: PolicyEngine) -> Iterator[Cell]:
    """Every kind, whether it may claim the purpose or not, and every purpose that is available."""
    for kind, purpose in product(engine.scopes.ceilings, engine.purposes.values()):
        if purpose.available:
            for type_name, data_class in product(engine.schema.resources, DataClass):
                yield Cell(kind, purpose.name, type_name, data_class)


def evaluated(engine: PolicyEngine, situated: Situated, cell: Cell) -> frozenset[str]:
    """The situations that the hub's own verdicts open in this cell."""
    return frozenset(name for name, who, record in situated.of(cell) if _shows(engine, cell, who, record))


def _shows(engine: PolicyEngine, cell: Cell, who: Asker, record: PlainRecord) -> bool:
    verdict = engine.structured(structure_of(who)).of(cell.type_name, cell.data_class)
    return shows(verdict, record, who)


def structure_of(who: Asker) -> Structure:
    """What of an asker decides its verdicts."""
    return Structure(who.kind, who.region_level, who.purpose, who.case_no is not None, who.scopes, who.officer)


def shows(verdict: Verdict, record: PlainRecord, who: Asker) -> bool:
    """Whether the verdict opens this record to this caller."""
    if isinstance(verdict, Deny):
        return False
    predicate = TRUE if isinstance(verdict, Allow) else verdict.predicate
    return evaluate(predicate, record, who.parameters())


def whole(engine: PolicyEngine, folder: Path) -> Mapping[Cell, frozenset[str]]:
    """The matrix as the hub's own verdicts give it: by cell the situations opened; nothing to whom no permit admits."""
    situated = Situated(folder, engine)
    level = len(regions_of(MY_REGION))
    admitted = {
        (kind, purpose)
        for kind, purpose in product(engine.scopes.ceilings, engine.purposes)
        if engine.admits(kind, level, purpose)
    }
    return {
        cell: evaluated(engine, situated, cell) if (cell.kind, cell.purpose) in admitted else frozenset()
        for cell in all_cells(engine)
    }


def differences(found: Mapping[Cell, frozenset[str]], folder: Path) -> list[str]:
    """Where the policies (`whole`) do not give what `matrix.yaml` says: one line per cell, in words of situations."""
    matrix = load_matrix(folder)
    problems = [f"matrix.yaml: {' / '.join(cell)}: no such cell" for cell in matrix.cells.keys() - found.keys()]
    for cell, opened in found.items():
        expected = matrix.words[matrix.word(cell)].opens.get(cell.type_name, frozenset())
        more, less = sorted(opened - expected), sorted(expected - opened)
        problems += [f"{' / '.join(cell)}: 策略还打开 the policies also open {', '.join(more)}"] if more else []
        problems += [f"{' / '.join(cell)}: 策略没有打开 the policies do not open {', '.join(less)}"] if less else []
    return problems
