"""What is known of the instruments that were read, as filling a method document asks for it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from lims.metrology.estimate import Estimate

Correction = Callable[[int, str, float, str, str | None], Estimate]
"""What certificate number so-and-so says of a quantity at an indication in a unit, read in a range (None: unknown)."""
CalibratedOn = Callable[[int], date]
"""The day of the calibration that certificate number so-and-so tells of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """The driver of each instrument (None: read by eye), and what its certificates say."""

    drivers: Mapping[int, str | None]
    correction: Correction
    calibrated_on: CalibratedOn
