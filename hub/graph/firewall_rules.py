"""What the law gives the credit platform: `policies/firewall.yaml`, by hand, and when a verdict opens no more."""

from collections.abc import Iterator, Mapping
from itertools import product
from pathlib import Path
from typing import Final, Literal

from pydantic import Field

from hub.policy.engine import PolicyEngine
from hub.policy.errors import PolicyError
from hub.policy.files import Strict, read_yaml
from hub.policy.matrix import load_matrix
from hub.policy.predicate import And, Const, Not, Operator, Or, Parameter, Predicate, Test
from hub.policy.verdict import Allow, Deny, Verdict
from hub.policy.vocabulary import DataClass

FILE: Final = "firewall.yaml"
MOST_TESTS: Final = 14
"""Of one condition: every combination of their answers is looked at."""
Condition = Literal["published", "organisation", "region", "own"]
PUBLISHED_PAIR: Final = "PUBLIC/SUPERVISION"
"""How the pair "PUBLIC while published, else SUPERVISION" is written."""
MAY_OPEN: Final = frozenset({DataClass.PUBLIC.value, PUBLISHED_PAIR, DataClass.SUPERVISION.value})
"""R21. That a case exists is PROCEDURE: no line of the file can open it or anything above it."""
ALSO: Final = frozenset({("Recall", DataClass.ADMINISTRATION.value)})
"""R23: a recipient is told what it has to delete; of the hub's own class nothing else."""


class Word(Strict):
    """On which records; `matrix`: the word of matrix.yaml that says the same."""

    zh: str
    en: str
    matrix: str
    needs: tuple[Condition, ...] = ()


class Fields(Strict):
    """The classified fields of one type, by class."""

    open: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    closed: dict[str, tuple[str, ...]] = Field(default_factory=dict)


class Wall(Strict):
    """`firewall.yaml`.

    Attributes:
        scopes: the ceiling, exactly.
        opens: word by class, by type of record.
        fields: by type of the schema, every classified field that can be asked for.
        structure: by type, fields without a class; pages and feeds under Connection, Edge, Changes.
        beyond: by type, fields that lead out of the scopes of the ceiling.
        paging: arguments and input fields that only say how much, from where, in which direction.
        arguments: by field or input object, all others.
        refused: by field, arguments that are there and refused whenever they are given.
        exports: by name of a bulk export, the fields that its lines are made of, by type.
        token: coordinates that tell of the caller's own token, and may therefore be named after a case.
    """

    kind: str
    purpose: str
    scopes: tuple[str, ...]
    words: dict[str, Word]
    opens: dict[str, dict[str, str]]
    fields: dict[str, Fields]
    structure: dict[str, tuple[str, ...]]
    beyond: dict[str, tuple[str, ...]]
    paging: tuple[str, ...]
    arguments: dict[str, tuple[str, ...]]
    refused: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    exports: dict[str, dict[str, tuple[str, ...]]]
    token: tuple[str, ...] = ()

    def word(self, resource: str, classes: tuple[DataClass, ...]) -> Word | None:
        """On which records the law opens a class of a type; None: on none."""
        name = self.opens.get(resource, {}).get(written(classes))
        return None if name is None else self.words[name]


def load_wall(folder: Path) -> Wall:
    """The file in the folder of the policies.

    Raises:
        PolicyError: not of its form, names a word that is not there, or opens what no line may open.
    """
    wall = read_yaml(folder / FILE, Wall)
    problems = [
        f"{FILE}: opens.{kind}: {name} is no word"
        for kind, classes in wall.opens.items()
        for name in classes.values()
        if name not in wall.words
    ]
    opened = [(kind, one) for kind, classes in wall.opens.items() for one in classes]
    opened += [(kind, one) for kind, fields in wall.fields.items() for one in fields.open]
    problems += [
        f"{FILE}: {kind}: {one} 不得向信用平台提供 may not be opened to the credit platform"
        for kind, one in opened
        if one not in MAY_OPEN and (kind, one) not in ALSO
    ]
    if problems:
        raise PolicyError(problems)
    return wall


def written(classes: tuple[DataClass, ...]) -> str:
    """`PUBLIC`, or `PUBLIC/SUPERVISION` for the pair."""
    return "/".join(classes)


def of_the_ceiling(engine: PolicyEngine, wall: Wall) -> Iterator[str]:
    """Where `scopes.yaml` and `purposes.yaml` say something else than the file."""
    ceiling = engine.scopes.ceilings.get(wall.kind, frozenset())
    for scope in sorted(ceiling ^ set(wall.scopes)):
        what = "上限多出 a scope too many" if scope in ceiling else "上限没有 not in the ceiling"
        yield f"scopes.yaml ceilings.{wall.kind}: {scope}: {what} ({FILE} scopes)"
    if wall.purpose not in engine.purposes:
        yield f"purposes.yaml: {wall.purpose}: 没有此目的 no such purpose"
    elif wall.token and engine.purposes[wall.purpose].case != "none":
        yield f"purposes.yaml: {wall.purpose}: 不得载明案件 a token for it may name no case ({FILE} token)"


def of_the_matrix(policies: Path, wall: Wall) -> Iterator[str]:
    """`matrix.yaml`, cell by cell; a pair stands there as the first of its classes."""
    by_hand = {
        (cell.type_name, cell.data_class.value): word
        for cell, word in load_matrix(policies).cells.items()
        if (cell.kind, cell.purpose) == (wall.kind, wall.purpose)
    }
    here = {
        (kind, classes.partition("/")[0]): wall.words[word].matrix
        for kind, opened in wall.opens.items()
        for classes, word in opened.items()
    }
    for cell in sorted(by_hand.keys() | here.keys()):
        if by_hand.get(cell) != here.get(cell):
            told = f"{by_hand.get(cell, 'never')} / {here.get(cell, 'never')}"
            yield f"matrix.yaml / {FILE}: {wall.purpose}: {cell[0]} {cell[1]}: {told}: 不一致 they differ"


def says_no_more(verdict: Verdict, word: Word, level: int) -> bool:
    """Whether the verdict opens a class on no other records than the word. `level`: of the caller's region."""
    match verdict:
        case Deny():
            return True
        case Allow():
            return not word.needs
    needed: tuple[Predicate, ...] = tuple(_needed(level)[one] for one in word.needs)
    return implies(verdict.predicate, And(needed))


def implies(given: Predicate, wanted: Predicate) -> bool:
    """Whether every record that meets `given` meets `wanted`, whatever the tests mean.

    Every combination of answers is tried, so True is a proof; False where one combination speaks against it, though no
    record may have it, or where there are too many to try.
    """
    tests = sorted(_tests(given) | _tests(wanted), key=repr)
    if len(tests) > MOST_TESTS:
        return False
    for answers in product((False, True), repeat=len(tests)):
        answered = dict(zip(tests, answers, strict=True))
        if _holds(given, answered) and not _holds(wanted, answered):
            return False
    return True


def _needed(level: int) -> Mapping[Condition, Predicate]:
    return {
        "published": Test("published", Operator.IS_TRUE, None),
        "organisation": Not(Test("naturalPerson", Operator.IS_TRUE, None)),
        "region": Test("", Operator.IN_REGION, Parameter.REGION, level),
        "own": Test("recipient", Operator.EQUALS, Parameter.AGENCY),
    }


def _tests(predicate: Predicate) -> set[Test]:
    match predicate:
        case Const():
            return set()
        case And(parts) | Or(parts):
            return {test for part in parts for test in _tests(part)}
        case Not(part):
            return _tests(part)
        case Test():
            return {predicate}


def _holds(predicate: Predicate, answered: Mapping[Test, bool]) -> bool:
    match predicate:
        case Const(value):
            return value
        case And(parts):
            return all(_holds(part, answered) for part in parts)
        case Or(parts):
            return any(_holds(part, answered) for part in parts)
        case Not(part):
            return not _holds(part, answered)
        case Test():
            return answered[predicate]
