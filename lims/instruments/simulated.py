"""Simulated instruments: pyvisa-sim devices whose indication has noise, drift and a way to settle.

pyvisa-sim answers with fixed values; a property named `indication` of our device files is replaced by one that is
computed when it is asked. A scene says what to show: from the plan of an acquisition, or else from `scenes` in the
device file. Whatever comes from here is flagged `simulated` by the transport.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from pyvisa_sim.component import Property
from pyvisa_sim.devices import Device

from lims.instruments.scene import Scene

FOLDER = Path(__file__).parent / "simulators"
INDICATION = "indication"


@dataclass(frozen=True, slots=True)
class Indication:
    """What a device file may format: `{0.value}`, and `{0.state}` (S stable, D dynamic) as balances say it."""

    value: float
    state: str


class LiveProperty(Property):  # type: ignore[misc]  # pyvisa-sim ships no types
    """A property of a pyvisa-sim device whose value is played from a scene."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(INDICATION, "", {})
        self.clock = clock
        self.play("", Scene(value=0.0))

    def play(self, quantity: str, scene: Scene) -> None:
        """Begin a scene, unless it is already being played for this quantity."""
        if getattr(self, "playing", None) == (quantity, scene):
            return
        self.playing = (quantity, scene)
        self.began = self.clock()
        self.random = random.Random(scene.seed)  # noqa: S311  noise of a simulator

    def get_value(self) -> Indication:
        """Return what is shown now."""
        scene, t = self.playing[1], self.clock() - self.began
        missing = scene.settling(t)
        noise = self.random.gauss(0.0, scene.sd) if scene.sd else 0.0
        settled = abs(missing) <= max(3 * scene.sd, 1e-9 * abs(scene.value))
        return Indication(scene.value + scene.drift * t + missing + noise, "S" if settled else "D")


def play(device: Device, file: Path, quantity: str, hint: Mapping[str, Any] | None) -> None:
    """Let a simulated device show a quantity: by the plan's hint, or the scene of its device file.

    A device file that somebody else wrote has neither `indication` nor `scenes`: its own fixed answers stay.
    """
    properties = device._properties  # noqa: SLF001  pyvisa-sim has no public way to a property
    if INDICATION not in properties:
        return
    live = properties[INDICATION]
    if not isinstance(live, LiveProperty):
        live = properties[INDICATION] = LiveProperty()
    data = hint if hint is not None else _scenes(file).get(device.name, {}).get(quantity, {"value": 0})
    live.play(quantity, Scene.from_json(data))


def device_file(name: str) -> Path:
    """Return the path of a device file: as given, or one of ours when it is a bare name."""
    path = Path(name)
    return path if path.parent != Path() or path.exists() else FOLDER / name


@cache
def _scenes(file: Path) -> dict[str, dict[str, dict[str, Any]]]:
    data = yaml.safe_load(file.read_text(encoding="utf-8"))
    return {name: device.get("scenes", {}) for name, device in data["devices"].items()}
