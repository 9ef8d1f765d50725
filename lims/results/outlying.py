"""A reading that lies further off than chance explains is marked for technician and reviewer, never left out. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from lims.metrology.precision import grubbs

FEWEST = 5
"""With fewer readings the test finds next to nothing, and one mark too many is worse."""


def outlying(values: Sequence[float]) -> int | None:
    """Return the place of the reading that Grubbs' test calls an outlier at 1 %, None where there is none.

    Parameters
    ----------
    values : sequence of float
        Readings of one input under the same conditions, in one unit.

    >>> outlying([10.1, 10.2, 9.9, 10.0, 10.1, 9.8, 10.0, 12.0]), outlying([10.0] * 9), outlying([10.0, 10.1, 19.0])
    (7, None, None)

    Source: ISO 5725-2, 7.3.4.
    """
    if len(values) < FEWEST:
        return None
    found = grubbs(values)
    return found.group if found.verdict == "outlier" else None
