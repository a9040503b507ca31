"""The examples in the docstrings are true."""

import doctest
import importlib

import pytest

MODULES = (
    "boundary",
    "calendar",
    "catalogue",
    "clock",
    "credit",
    "limitation",
    "loss",
    "points",
    "region",
    "settings",
    "vocabulary",
)


@pytest.mark.parametrize("name", MODULES)
def test_examples(name: str) -> None:
    found = doctest.testmod(importlib.import_module(f"hub.law.{name}"))
    assert found.attempted > 0
    assert found.failed == 0
