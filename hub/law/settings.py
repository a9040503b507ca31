"""Readings that the documents leave open (R29): each with its default, its question and its clause."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType
from typing import Final

import yaml

from hub.law.packs import folder
from hub.law.schema import SettingRule

_NOTHING: Final[Mapping[str, str]] = MappingProxyType({})


class UnknownSetting(LookupError):
    """No such setting, or no such option of it."""


@cache
def open_questions() -> Mapping[str, SettingRule]:
    """All settings by name, in the order of the file."""
    data = yaml.safe_load((folder() / "settings.yaml").read_text(encoding="utf-8"))
    rules = [SettingRule.model_validate(item) for item in data["settings"]]
    for rule in rules:
        if rule.default not in rule.options:
            msg = f"settings.yaml: {rule.name}: the default is none of the options"
            raise ValueError(msg)
    return MappingProxyType({rule.name: rule for rule in rules})


@dataclass(frozen=True)
class Settings:
    """The readings chosen by an operator; what is not chosen has its default.

    >>> Settings()["three_days_unit"]
    'natural_days'
    >>> Settings({"three_days_unit": "working_days"})["three_days_unit"]
    'working_days'

    Raises:
        UnknownSetting: a name or an option that does not exist.
    """

    chosen: Mapping[str, str] = field(default_factory=lambda: _NOTHING)

    def __post_init__(self) -> None:
        for name, value in self.chosen.items():
            rule = open_questions().get(name)
            if rule is None or value not in rule.options:
                raise UnknownSetting(f"{name} = {value}")
        object.__setattr__(self, "chosen", MappingProxyType(dict(self.chosen)))

    def __getitem__(self, name: str) -> str:
        rule = open_questions().get(name)
        if rule is None:
            raise UnknownSetting(name)
        return self.chosen.get(name, rule.default)

    def __hash__(self) -> int:
        return hash(frozenset(self.chosen.items()))

    def other_readings(self, name: str) -> tuple["Settings", ...]:
        """The same settings with every other option of one of them: what a conflict would change."""
        chosen = self[name]
        others = (option for option in open_questions()[name].options if option != chosen)
        return tuple(Settings({**self.chosen, name: option}) for option in others)


DEFAULT: Final = Settings()
