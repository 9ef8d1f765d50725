"""A finished round of a tile comparison, kept as its document until the subject of comparisons scores it."""

from __future__ import annotations

import random
from typing import Any

from lims.demo.people import both
from lims.people.rights import Actor
from lims.proficiency.operations import enter_round
from lims.store.db import Session

LABORATORIES = 18
MEAN = 0.342
SPREAD = 0.012


def document() -> dict[str, Any]:
    """Return the round: invented results of 18 laboratories, one with a gross error, one below its limit."""
    rng = random.Random(17043)  # noqa: S311 - invented data, not secrets
    results: list[dict[str, Any]] = []
    for number in range(1, LABORATORIES + 1):
        row: dict[str, Any] = {"participant": f"L{number:02d}"}
        if number == 5:
            row |= {"value": 3.41, "U": 0.02, "k": 2, "excluded": "reported in the wrong unit"}
        elif number == 11:
            row["below"] = 0.5
        else:
            row |= {"value": round(rng.gauss(MEAN, SPREAD), 3), "U": round(rng.uniform(0.012, 0.03), 3), "k": 2}
        results.append(row)
    items = [[round(rng.gauss(MEAN, 0.002), 4) for _ in range(2)] for _ in range(10)]
    return {
        "title": "Water absorption of ceramic tiles, 2026 round 1",
        "measurand": "water absorption, boiling method",
        "unit": "percent",
        "results": results,
        "assigned_value": {"procedure": "algorithm_a"},
        "standard_deviation": {"procedure": "prescribed", "value": 0.015},
        "scores": ["D", "z", "z_prime", "zeta", "E_n"],
        "homogeneity": {"items": items, "sigma_pt": 0.015, "criterion": "expanded"},
    }


def enter(session: Session, *, by: Actor, branch_id: int) -> None:
    """Put the round into the system."""
    enter_round(
        session,
        by=by,
        branch_id=branch_id,
        code="CER-2026-1",
        title=both("Water absorption of ceramic tiles, 2026-1", "陶瓷磚吸水率比對 2026-1"),
        state="closed",
        document=document(),
    )
