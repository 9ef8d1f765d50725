"""What the simulated bench showed in the past: readings for each input of a method, chained as by the agent."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from lims.instruments.driver import Driver
from lims.instruments.plan import Plan
from lims.instruments.queries import InstrumentView
from lims.instruments.reading import GENESIS, Flag, Reading, as_json, seal
from lims.methods.fill import RequiredInput

STEP = timedelta(seconds=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What an item is like: the values its inputs have and how they scatter; a `poor` one misses its limit."""

    rng: random.Random
    poor: bool = False
    dark_room: bool = False

    def values(self, required: RequiredInput, dry: dict[str, float]) -> list[str]:
        """Return decimal strings for an input, as many as the method asks; `dry` remembers masses between inputs."""
        name, point, n = required.name, required.point or "", max(required.repeats, 1)
        rng = self.rng
        match name:
            case "m_dry":
                dry[point] = rng.gauss(810.5, 1.4)
                return [f"{rng.gauss(dry[point], 0.006):.2f}" for _ in range(n)]
            case "m_wet":
                absorption = rng.gauss(0.0062 if self.poor else 0.0034, 0.0002)
                return [f"{rng.gauss(dry[point] * (1 + absorption), 0.006):.2f}" for _ in range(n)]
            case "V_ref":
                nominal = float(point.split()[0])
                offset = 2.4e-6 * nominal + 4e-7
                return [f"{rng.gauss(nominal + offset, 1.5e-6):.7f}" for _ in range(n)]
            case "V_ind":
                nominal = float(point.split()[0])
                return [f"{nominal * (1 + (7e-4 if self.poor else 3e-4)) + rng.gauss(0, 4e-4):.3f}"]
        centre, sd, digits = self._simple(name)
        return [f"{rng.gauss(centre, sd):.{digits}f}" for _ in range(n)]

    def _simple(self, name: str) -> tuple[float, float, int]:
        return {
            "W": (1480.0 if self.poor else 1236.0, 12.0, 1),
            "t": (24.5, 0.2, 2),
            "theta_w": (65.0, 0.18, 2),
            "theta_a": (25.2, 0.1, 2) if self.dark_room else (23.0, 0.1, 2),
            "V": (57.2, 0.1, 1),
            "theta_room": (23.1, 0.3, 1),
            "rh_room": (52.0, 2.0, 0),
            "Phi_i": (742.0 if self.poor else 812.0, 0.3, 1),
            "P_i": (8.51, 0.0012, 3),
        }[name]


def chained(
    plan: Plan, instrument: InstrumentView, driver: Driver, *, acquisition: str, values: list[str], begun: datetime
) -> Iterator[dict[str, Any]]:
    """Give the readings of one acquisition as the agent would send them, each with the hash of the one before."""
    previous, unit = GENESIS, driver.quantity(plan.quantity).unit
    for seq, value in enumerate(values, start=1):
        reading = Reading(
            acquisition=acquisition,
            seq=seq,
            quantity=plan.quantity,
            value=value,
            unit=unit,
            at=begun + seq * STEP,
            raw=value,
            fault=None,
            instrument=plan.instrument,
            serial=instrument.serial,
            idn=f"{instrument.maker},{instrument.model},{instrument.serial}",
            resource=instrument.resource or "",
            driver=f"{driver.id}/{driver.version}",
            driver_hash=driver.hash,
            settings=dict(plan.settings),
            flags=(Flag.SIMULATED,),
            stable=True if plan.stability else None,
            counts=True,
            latency_ms=120,
            elapsed_ms=int(1000 * seq * STEP.total_seconds()),
            clock_offset_ms=0,
            bench=instrument.bench or "",
            agent="demonstration",
        )
        sealed = seal(previous, reading)
        yield as_json(sealed)
        previous = sealed.hash
