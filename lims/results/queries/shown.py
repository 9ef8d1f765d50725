"""What a reviewer sees of a line's result, as a hash: a signature is bound to it, a stale page is known by it. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from lims.results.counting import Taken
from lims.results.queries.gates import OverrideView
from lims.store import canonical


def shown_hash(
    *, content_hash: str, line_version: int, readings: Iterable[Taken], overrides: Iterable[OverrideView]
) -> str:
    """Return the hash of the result with every reading, discarded or not, and every gate that was overridden."""
    body = {
        "result": content_hash,
        "line_version": line_version,
        "readings": [[row.id, row.hash, row.discarded] for row in readings],
        "overrides": [[one.id, one.gate, one.reason] for one in overrides],
    }
    return canonical.digest(canonical.to_bytes(body))


def takers(readings: Iterable[Taken]) -> set[int]:
    """Return who took, typed or discarded any of the readings: none of them reviews what came of them."""
    return {
        person_id
        for row in readings
        for person_id in (row.recorded_by_id, row.discarded_by_id)
        if person_id is not None
    }
