"""The examples in docstrings hold, in every module that has one."""

from __future__ import annotations

import doctest
from importlib import import_module

import pytest

from tests.house.tree import ROOT, tracked

WITH_EXAMPLES = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    for path in tracked("lims/*.py")
    if ">>> " in path.read_text("utf-8")
)


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_examples_hold(name):
    found = doctest.testmod(import_module(name))
    assert found.attempted > 0
    assert found.failed == 0
