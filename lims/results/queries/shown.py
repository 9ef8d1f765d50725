"""What a reviewer sees of a line's result, as a hash: a signature is bound to it, a stale page is known by it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from lims.results.counting import Taken
from lims.results.queries import gates
from lims.results.queries.gates import OverrideView
from lims.results.queries.readings import readings_of_lines
from lims.results.queries.simulations import SimulationView, simulations_of
from lims.results.records import Result
from lims.store import canonical


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What is shown of a result beside itself, by its hash, and who took part in it."""

    hash: str
    readings: tuple[Taken, ...]
    overrides: tuple[OverrideView, ...]
    simulation: SimulationView | None

    @property
    def people(self) -> set[int]:
        """Who took, typed or discarded any of the readings: none of them reviews what came of them."""
        return takers(self.readings)


def shown_of(session: Session, rows: Mapping[int, Result], versions: Mapping[int, int]) -> dict[int, Shown]:
    """Return what is shown of results, by line; three statements."""
    readings = readings_of_lines(session, rows)
    checked = simulations_of(session, [row.id for row in rows.values()])
    overrides = gates.overrides_of(session, rows)
    return {
        line_id: Shown(
            hash=shown_hash(
                content_hash=row.content_hash,
                line_version=versions[line_id],
                readings=readings[line_id],
                overrides=overrides[line_id],
                simulation=checked[row.id].content_hash if row.id in checked else None,
            ),
            readings=tuple(readings[line_id]),
            overrides=tuple(overrides[line_id]),
            simulation=checked.get(row.id),
        )
        for line_id, row in rows.items()
    }


def shown_hash(
    *,
    content_hash: str,
    line_version: int,
    readings: Iterable[Taken],
    overrides: Iterable[OverrideView],
    simulation: str | None,
) -> str:
    """Return the hash of the result with every reading, discarded or not, every gate that was overridden, and the check
    by the Monte Carlo method.
    """
    body = {
        "result": content_hash,
        "line_version": line_version,
        "readings": [[row.id, row.hash, row.discarded] for row in readings],
        "overrides": [[one.id, one.gate, one.reason] for one in overrides],
        "simulation": simulation,
    }
    return canonical.digest(canonical.to_bytes(body))


def list_hash(hashes: Iterable[str]) -> str:
    """Return the hash that one signature of several results is bound to: of their hashes, in alphabetical order."""
    return canonical.digest(canonical.to_bytes({"results": sorted(hashes)}))


def takers(readings: Iterable[Taken]) -> set[int]:
    """Return who took, typed or discarded any of the readings: none of them reviews what came of them."""
    return {
        person_id
        for row in readings
        for person_id in (row.recorded_by_id, row.discarded_by_id)
        if person_id is not None
    }
