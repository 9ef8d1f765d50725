"""A scene: what a simulated instrument is to show. Plain numbers, so that a plan with one can be checked anywhere."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lims.errors import Invalid


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What a simulated instrument shows: value + drift t + (start - value) exp(-t / tau) + noise.

    `value`, `sd`, `start` in the unit of the quantity, `drift` in unit per second, `tau_s` in seconds; t from when the
    quantity was set up.
    """

    value: float
    drift: float = 0.0
    sd: float = 0.0
    start: float | None = None
    tau_s: float = 0.0
    seed: int | None = None

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Scene:
        """Read a scene of a plan or a device file.

        Raises
        ------
        Invalid
            For an unknown key or something that is not a finite number.
        """
        wrong = [key for key in data if key not in cls.__slots__]
        numbers: dict[str, float | None] = {}
        for key, value in data.items():
            try:
                numbers[key] = None if value is None and key in {"start", "seed"} else float(value)
            except (TypeError, ValueError):
                wrong.append(key)
        wrong += [key for key, number in numbers.items() if number is not None and not math.isfinite(number)]
        if numbers.get("value") is None:
            wrong.append("value")
        if wrong:
            raise Invalid("A scene can't have: %(keys)s.", keys=", ".join(sorted(set(wrong))))
        seed = numbers.pop("seed", None)
        return cls(seed=None if seed is None else int(seed), **numbers)  # type: ignore[arg-type]  # value was checked

    def settling(self, t: float) -> float:
        """Return what is still missing to the settled value after t seconds."""
        if self.start is None or self.tau_s <= 0:
            return 0.0
        return (self.start - self.value) * math.exp(-t / self.tau_s)
