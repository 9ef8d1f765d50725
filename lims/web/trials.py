"""The Monte Carlo method on the trial values of a document, as pages show it: numbers, and a picture of each result."""

from __future__ import annotations

import base64
import math
from dataclasses import dataclass

from flask_babel import get_locale

from lims.errors import LimsError
from lims.figures.density import densities
from lims.figures.svg import render
from lims.methods.drawn import densities_of
from lims.methods.montecarlo import MonteCarlo, simulate
from lims.methods.procedure import Procedure

TRIALS = 1_000_000
MOST_RESULTS = 12
"""Results of which so many trials are made while somebody waits; of more, a tenth. As many are drawn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulated:
    """What came of it, or why nothing did; `pictures` are names with addresses of images."""

    found: MonteCarlo | None = None
    fault: LimsError | None = None
    pictures: tuple[tuple[str, str], ...] = ()

    @property
    def differing(self) -> list[str]:
        """Symbols of the outputs whose first-order interval is not borne out, and that have another to report."""
        every = self.found.every().values() if self.found else ()
        return list(
            dict.fromkeys(
                one.result.symbol
                for one in every
                if not (one.gum_validated or one.result.by_trials) and one.trial.interval is not None
            )
        )


def simulated(filled: Procedure | None) -> Simulated | None:
    """Run the trials of a document whose values are there."""
    if filled is None:
        return None
    results = len(filled.outputs) * max(1, len(filled.points)) + len(filled.summary)
    try:
        found = simulate(filled, trials=TRIALS if results <= MOST_RESULTS else TRIALS // 10)
    except LimsError as fault:
        return Simulated(fault=fault)
    shown = densities_of(found)
    over = [one for one in shown if one.title in found.summary] or shown
    locale = str(get_locale())
    return Simulated(
        found=found,
        pictures=tuple((one.title, _address(render(densities([one], locale=locale)))) for one in over[:MOST_RESULTS]),
    )


def _address(svg: str) -> str:
    return f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}"


def beside(value: float | None, u: float) -> str:
    """Return a number to the third digit of the uncertainty it stands beside.

    >>> beside(50000745.56575, 31.66), beside(0.000123456, 0.00004), beside(None, 1.0), beside(-2.5, 0.0)
    ('50000745.6', '0.0001235', '–', '−2.5')
    """
    if value is None:
        return "–"
    places = 2 - math.floor(math.log10(u)) if u else 0
    written = f"{round(value, places):.{max(places, 0)}f}" if u else f"{value:.6g}"
    return written.replace("-", "−")
