"""What the Monte Carlo method says of results: the check that a reviewer waits for (JCGM 101, 8)."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from lims.errors import Refused
from lims.figures.density import Density
from lims.metrology.units import display_unit
from lims.results.queries.gates import GateView, OverrideView, with_overrides
from lims.results.records import Simulation
from lims.results.states import Gate
from lims.store import jobs
from lims.store.jobs import JobView

TASK = "results.simulate"
"""The worker's task that checks results."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulationView:
    """One Monte Carlo check of a result, read back; validated None: it could not be computed."""

    id: int
    result_id: int
    code_version: str
    trials: int
    seed: int
    validated: bool | None
    answer: dict[str, Any]
    content_hash: str
    at: datetime

    @property
    def fault(self) -> Mapping[str, Any] | None:
        """Why it could not be computed: a sentence."""
        return self.answer.get("fault")

    def every(self) -> Iterator[tuple[str | None, str, Mapping[str, Any]]]:
        """Each output: the label of its point, its symbol, what the trials say."""
        for point in self.answer.get("points") or []:
            yield from ((str(point["label"]), symbol, one) for symbol, one in point["outputs"].items())
        for part in ("outputs", "summary"):
            yield from ((None, symbol, one) for symbol, one in (self.answer.get(part) or {}).items())


_LAST = (
    select(*(getattr(Simulation, name) for name in SimulationView.__slots__))
    .where(Simulation.result_id.in_(bindparam("result_ids", expanding=True)))
    .ext(distinct_on(Simulation.result_id))
    .order_by(Simulation.result_id, Simulation.id.desc())
)


def simulations_of(session: Session, result_ids: Collection[int]) -> dict[int, SimulationView]:
    """Return the last check of each result; those that have none yet are left out."""
    if not result_ids:
        return {}
    rows = session.execute(_LAST, {"result_ids": list(result_ids)})
    return {row.result_id: SimulationView(**{**row._asdict(), "answer": json.loads(row.answer)}) for row in rows}


def simulation_gate(found: SimulationView | None, overrides: Sequence[OverrideView]) -> GateView:
    """Return whether a result has been checked, whatever came out: the reviewer looks at it and decides."""
    if found is not None:
        return GateView(gate=Gate.MONTE_CARLO)
    refusal = Refused(
        "This result is still being checked by the Monte Carlo method.",
        rule=Gate.MONTE_CARLO,
        clause="ISO/IEC 17025, 7.6.3",
        remedy="Wait a moment: the page goes on by itself. If nothing comes, run the check again.",
    )
    return with_overrides([GateView(gate=Gate.MONTE_CARLO, refusal=refusal)], overrides)[0]


def job_of(session: Session, result_id: int) -> JobView | None:
    """Return the job that is to check a result and is not done."""
    return jobs.about(session, TASK, "result_ids", result_id)


def densities_of(answer: Mapping[str, Any], found: SimulationView, titles: Mapping[str, str]) -> list[Density]:
    """Return what is drawn of a check, beside the first-order answer of its result; titles are those of full names."""
    drawn = []
    for label, symbol, one in found.every():
        full = symbol if label is None else f"{label}/{symbol}"
        density = found.answer["densities"].get(full)
        first = first_order(answer, label, symbol)
        if density is None or first is None:
            continue
        step = (density["high"] - density["low"]) / len(density["height"])
        drawn.append(
            Density(
                title=titles.get(full, full),
                unit=display_unit(first["unit"]),
                edges=[density["low"] + step * place for place in range(len(density["height"]) + 1)],
                height=density["height"],
                value=first["value"],
                u=first["u"],
                dof=float("inf") if first["dof"] is None else first["dof"],
                first_order=(first["value"] - first["U"], first["value"] + first["U"]),
                symmetric=_pair(one["interval"]),
                shortest=_pair(one["shortest"]),
            )
        )
    return drawn


def _pair(ends: list[float] | None) -> tuple[float, float] | None:
    return None if ends is None else (ends[0], ends[1])


def first_order(answer: Mapping[str, Any], label: str | None, symbol: str) -> Mapping[str, Any] | None:
    """Return the first-order answer of an output."""
    if label is None:
        return (answer.get("outputs") or {}).get(symbol) or (answer.get("summary") or {}).get(symbol)
    return next(
        (point["outputs"].get(symbol) for point in answer.get("points") or [] if str(point["label"]) == label), None
    )
