"""Makers' specifications in the shipped drivers, held against figures that the makers print elsewhere."""

from decimal import Decimal

import pytest

from lims.errors import Refused
from lims.instruments import calibration
from lims.instruments.calibration import accuracy_for
from lims.instruments.driverfile import shipped

# Agilent 34401A Service Guide (34401-90013), chapter 4, gain verification: input, range, limits after 24 h, 90 d, 1 a.
LIMITS_34401A = {
    "dc_voltage": [
        ("0.1", 0.1, 6e-6, 7.5e-6, 8.5e-6),
        ("1", 1, 26e-6, 37e-6, 47e-6),
        ("10", 10, 190e-6, 250e-6, 400e-6),
        ("10", -10, 190e-6, 250e-6, 400e-6),
        ("100", 100, 2.6e-3, 4.1e-3, 5.1e-3),
        ("1000", 1000, 26e-3, 45e-3, 55e-3),
    ],
    "resistance": [
        ("100", 100, 6e-3, 12e-3, 14e-3),
        ("1000", 1e3, 25e-3, 90e-3, 110e-3),
        ("10000", 1e4, 250e-3, 900e-3, 1.1),
        ("100000", 1e5, 2.5, 9, 11),
        ("1000000", 1e6, 30, 90, 110),
        ("10000000", 1e7, 1.6e3, 2.1e3, 4.1e3),
        ("100000000", 1e8, 310e3, 810e3, 810e3),
    ],
    "dc_current": [
        ("0.01", 0.01, 1.5e-6, 5e-6, 7e-6),
        ("0.1", 0.1, 14e-6, 35e-6, 55e-6),
        ("1", 1, 560e-6, 900e-6, 1.1e-3),
        ("3", 2, 2.6e-3, 3.0e-3, 3.0e-3),
    ],
}


def half_width(driver, quantity, when, value, *, days, temperature=23):
    scale = next(each for each in shipped(driver).quantity(quantity).ranges if each.when == when)
    accuracy = accuracy_for(scale, days=days, temperature=temperature)
    assert accuracy.distribution == "rectangular"
    return calibration.half_width(accuracy, value, float(scale.full_scale))


@pytest.mark.parametrize(
    ("quantity", "row"), [(quantity, row) for quantity, rows in LIMITS_34401A.items() for row in rows], ids=str
)
def test_the_34401a_has_the_limits_of_its_service_guide(quantity, row):
    when, value, *limits = row
    for days, limit in zip((1, 90, 365), limits, strict=True):
        assert half_width("hp-34401a", quantity, when, value, days=days) == pytest.approx(limit, rel=1e-9)


def test_the_total_error_of_the_34401a_is_that_of_the_worked_example():
    """Service Guide, chapter 1: 5 V on the 10 V range, 90 days: 100 µV + 50 µV = 150 µV, 30 ppm of 5 V."""
    assert half_width("hp-34401a", "dc_voltage", "10", 5, days=90) == pytest.approx(150e-6, rel=1e-12)


def test_the_specification_follows_the_days_since_calibration_and_the_temperature():
    quantity = shipped("hp-34401a").quantity("dc_voltage")
    scale = next(each for each in quantity.ranges if each.when == "10")
    assert accuracy_for(scale, days=0.5, temperature=23.5).interval_days == 1
    assert accuracy_for(scale, days=0.5, temperature=25).interval_days == 90  # the 24 h figures hold within 1 °C only
    assert accuracy_for(scale, days=91, temperature=25).of_reading == Decimal("35e-6")
    for days, temperature in ((366, 23), (10, 29), (10, 17.9), (10, None)):
        with pytest.raises(Refused):
            accuracy_for(scale, days=days, temperature=temperature)
