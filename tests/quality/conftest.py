"""The laboratory of tests/results/laboratory.py, on a Monday."""

from __future__ import annotations

import pytest

from lims import clock
from tests.results.laboratory import MONDAY, Bureau, build


@pytest.fixture
def monday():
    """Live on Monday 2 March 2026, 10:00 in Taipei."""
    with clock.at(MONDAY):
        yield MONDAY


@pytest.fixture
def bureau(session, monday) -> Bureau:
    """The laboratory."""
    return build(session)
