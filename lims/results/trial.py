"""What simulated instruments show in the demonstration: values that the method itself gives as an example. Pure."""

from __future__ import annotations

from statistics import fmean, stdev
from typing import Any

from lims.errors import Invalid
from lims.methods.fill import dry_run
from lims.methods.procedure import Procedure


def scene(procedure: Procedure, input: str, point: str | None) -> dict[str, Any] | None:
    """Return a scene for a simulated instrument: mean and scatter of the method's own trial values of an input.

    None where the method gives none; a real instrument never looks at it.
    """
    try:
        values = dry_run(procedure)
    except Invalid:
        return None
    found = values.get(input if point is None else (point, input))
    if found is None:
        return None
    numbers = [float(one) for one in found.readings] or ([float(found.value)] if found.value is not None else [])
    if not numbers:
        return None
    return {"value": fmean(numbers), "sd": stdev(numbers) if len(numbers) > 1 else 0.0, "drift": 0.0}
