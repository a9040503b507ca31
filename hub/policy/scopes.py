"""Scopes and their ceilings by agency kind: `policies/scopes.yaml` (design.md 7)."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import StringConstraints

from hub.policy.errors import PolicyError
from hub.policy.files import Strict, read_yaml
from hub.policy.purposes import Bilingual, Kind

ScopeName = Annotated[str, StringConstraints(pattern=r"^[a-z]+:[a-z]+$", max_length=40)]


class _File(Strict):
    scopes: dict[ScopeName, Bilingual]
    ceilings: dict[Kind, tuple[ScopeName, ...]]


@dataclass(frozen=True, slots=True)
class Scopes:
    """All scopes, and how far each agency kind may be granted them.

    Attributes:
        titles: (Chinese, English) by scope.
        ceilings: scopes by agency kind; a kind that is not there may be granted none.
    """

    titles: Mapping[str, tuple[str, str]]
    ceilings: Mapping[str, frozenset[str]]


def load_scopes(folder: Path) -> Scopes:
    """`scopes.yaml` in the folder of the policies.

    Raises:
        PolicyError: the file is not of its form, or a ceiling names a scope that is not declared.
    """
    file = read_yaml(folder / "scopes.yaml", _File)
    problems = [
        f"scopes.yaml: ceilings.{kind}: {scope} is not declared under scopes"
        for kind, scopes in file.ceilings.items()
        for scope in scopes
        if scope not in file.scopes
    ]
    if problems:
        raise PolicyError(problems)
    return Scopes(
        titles={name: (title.zh, title.en) for name, title in file.scopes.items()},
        ceilings={kind: frozenset(scopes) for kind, scopes in file.ceilings.items()},
    )
