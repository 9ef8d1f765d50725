"""Points of a certificate against acceptance criteria: on decimal numbers, the limit itself passes."""

from __future__ import annotations

from decimal import Decimal

import pytest

from lims.instruments.acceptance import Criterion, Rule, judge
from lims.instruments.driverfile import shipped
from lims.instruments.queries import PointView


def point(correction: float, **changes: object) -> PointView:
    """A point at 10 V."""
    values = {"quantity": "dc_voltage", "unit": "V", "indication": 10.0, "U": 0.1, "k": 2.0, "dof": None, "range": None}
    return PointView(**values | {"correction": correction} | changes)


def limit(plus: str, **changes: object) -> Criterion:
    """A limit in volts."""
    values = {"quantity": "dc_voltage", "range": None, "rule": Rule.ERROR, "unit": "V", "plus": Decimal(plus)}
    return Criterion(**values | changes)


@pytest.mark.parametrize(
    ("correction", "criterion", "passed"),
    [
        (-0.3, limit("0.3"), True),  # as large as the limit
        (-0.3000001, limit("0.3"), False),
        (0.2, limit("0.3", rule=Rule.ERROR_AND_U), True),  # 0.2 + 0.1 is 0.3, though not in binary
        (0.21, limit("0.3", rule=Rule.ERROR_AND_U), False),
        (0.3, limit("300", unit="mV"), True),
        (0.3, limit("0.1", of_indication=Decimal("0.02")), True),  # 0.1 + 0.02 × 10
        (0.31, limit("0.1", of_indication=Decimal("0.02")), False),
        (0.3, limit("1", quantity="resistance"), None),
        (0.3, limit("1", unit="ohm"), None),
        (0.3, limit("1", range="100 V"), None),
    ],
)
def test_an_error_is_held_against_its_limit(correction, criterion, passed):
    assert judge(point(correction), [criterion]).passed is passed


def test_the_error_is_minus_the_correction():
    found = judge(point(0.25), [limit("0.3", rule=Rule.ERROR_AND_U)])
    assert (found.error, found.held, found.limit) == (Decimal("-0.25"), Decimal("0.35"), Decimal("0.3"))


def test_a_range_of_its_own_goes_before_all_ranges():
    criteria = [limit("1"), limit("0.01", range="10 V")]
    assert judge(point(0.5, range="10V"), criteria).passed is False
    assert judge(point(0.5, range="100 V"), criteria).passed is True


def test_the_makers_specification_is_that_of_the_range():
    # Agilent 34401A, user's guide, chapter 8: direct voltage, 10 V, 1 year: 0.0035 % of reading + 0.0005 % of range
    driver = shipped("hp-34401a")
    criterion = limit("0", specification_days=365)
    assert judge(point(-0.0004, range="10 V"), [criterion], driver).limit == Decimal("0.0004")
    assert judge(point(-0.0004, range="10 V"), [criterion], driver).passed is True
    assert judge(point(-0.00041, range="10 V"), [criterion], driver).passed is False
    assert judge(point(0.4, range="10000 mV", unit="mV", indication=10_000.0), [criterion], driver).passed is True
    assert judge(point(0.0003), [criterion], driver).passed is None  # several ranges, and the certificate names none
    assert judge(point(0.0003, range="10 V"), [criterion], None).passed is None
    far = limit("0", specification_days=3000)
    assert judge(point(0.0003, range="10 V"), [far], driver).passed is None  # no specification reaches so far
