"""The examples in the docstrings of the pure floor hold."""

from __future__ import annotations

import doctest
import pkgutil
from importlib import import_module

import pytest

import lims.methods
import lims.metrology

PURE = [f"lims.metrology.{module.name}" for module in pkgutil.iter_modules(lims.metrology.__path__)]
PURE += [f"lims.methods.{name}" for name in ("document", "entry", "procedure", "fill", "evaluate", "summary")]


@pytest.mark.parametrize("name", PURE)
def test_examples_hold(name):
    assert doctest.testmod(import_module(name)).failed == 0
