"""The plan of an acquisition: which instrument, quantity and settings, how many readings, how often, at rest or not."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from lims.errors import Invalid, LimsError
from lims.instruments.scene import Scene
from lims.instruments.stability import Criterion

MOST_READINGS = 10_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is to be acquired; `readings` counts numbers at rest, failed tries come on top.

    With `load_above` (unit of the quantity) nothing counts until the indication was below it once and then rose above:
    the pan was empty, and something was put on. `valid_until` is the end of the calibration's validity: nothing is
    begun after it. `patience_s`: so long without a number the acquisition fails. `simulate` is obeyed by a simulated
    bench only.
    """

    instrument: str
    driver: str
    serial: str
    quantity: str
    settings: Mapping[str, str]
    readings: int
    interval_s: float
    stability: Criterion | None = None
    load_above: float | None = None
    patience_s: float = 60.0
    valid_until: datetime | None = None
    simulate: Mapping[str, Any] | None = None

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Plan:
        """Read a plan strictly.

        Raises
        ------
        Invalid
            `fields` has the reason for every key that is missing, unknown or wrong.
        """
        wrong: dict[str, LimsError | str] = {
            key: Invalid("This key is not known.") for key in data if key not in cls.__slots__
        }
        plan = cls(
            instrument=_text(data, "instrument", wrong),
            driver=_text(data, "driver", wrong),
            serial=_text(data, "serial", wrong),
            quantity=_text(data, "quantity", wrong),
            settings=_settings(data.get("settings") or {}, wrong),
            readings=_count(data, "readings", 1, MOST_READINGS, wrong),
            interval_s=_number(data, "interval_s", 0, 86_400, wrong),
            stability=_stability(data.get("stability"), wrong),
            load_above=_number(data, "load_above", -1e12, 1e12, wrong) if data.get("load_above") is not None else None,
            patience_s=_number(data, "patience_s", 1, 86_400, wrong, default=60.0),
            valid_until=_moment(data.get("valid_until"), wrong),
            simulate=_scene(data.get("simulate"), wrong),
        )
        if wrong:
            raise Invalid("The plan is wrong at: %(keys)s.", fields=wrong, keys=", ".join(sorted(wrong)))
        return plan

    def as_json(self) -> dict[str, Any]:
        """Return the wire form."""
        rule = self.stability
        load = {} if self.load_above is None else {"load_above": self.load_above}  # older agents don't know the key
        return load | {
            "instrument": self.instrument,
            "driver": self.driver,
            "serial": self.serial,
            "quantity": self.quantity,
            "settings": dict(self.settings),
            "readings": self.readings,
            "interval_s": self.interval_s,
            "stability": rule
            and {"window": rule.window, "slope": rule.slope, "sd": rule.sd, "max_wait_s": rule.max_wait_s}
            | ({"dwell_s": rule.dwell_s} if rule.dwell_s else {}),
            "patience_s": self.patience_s,
            "valid_until": self.valid_until and self.valid_until.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "simulate": dict(self.simulate) if self.simulate is not None else None,
        }


def _text(data: Mapping[str, Any], key: str, wrong: dict[str, LimsError | str]) -> str:
    value = data.get(key)
    if not isinstance(value, str) or not value.strip():
        wrong[key] = Invalid("Text is needed here.")
        return ""
    return value


def _settings(data: object, wrong: dict[str, LimsError | str]) -> dict[str, str]:
    if not isinstance(data, Mapping) or not all(isinstance(each, str) for pair in data.items() for each in pair):
        wrong["settings"] = Invalid("Settings are pairs of text.")
        return {}
    return dict(data)


def _number(
    data: Mapping[str, Any],
    key: str,
    low: float,
    high: float,
    wrong: dict[str, LimsError | str],
    *,
    default: float | None = None,
    prefix: str = "",
) -> float:
    value = data.get(key, default)
    try:
        number = math.nan if isinstance(value, bool) or value is None else float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not low <= number <= high:
        wrong[prefix + key] = Invalid("A number between %(low)s and %(high)s is needed.", low=low, high=high)
        return low
    return number


def _count(data: Mapping[str, Any], key: str, low: int, high: int, wrong: dict[str, LimsError | str]) -> int:
    number = _number(data, key, low, high, wrong)
    if number != int(number):
        wrong[key] = Invalid("A whole number is needed.")
    return int(number)


def _stability(data: object, wrong: dict[str, LimsError | str]) -> Criterion | None:
    if data is None:
        return None
    if not isinstance(data, Mapping):
        wrong["stability"] = Invalid("A table is needed here.")
        return None
    wrong |= {f"stability.{key}": Invalid("This key is not known.") for key in data if key not in Criterion.__slots__}
    return Criterion(
        window=int(_number(data, "window", 3, 10_000, wrong, prefix="stability.")),
        slope=_number(data, "slope", 0, math.inf, wrong, prefix="stability."),
        sd=_number(data, "sd", 0, math.inf, wrong, prefix="stability."),
        max_wait_s=_number(data, "max_wait_s", 0, 604_800, wrong, prefix="stability."),
        dwell_s=_number(data, "dwell_s", 0, 604_800, wrong, default=0.0, prefix="stability."),
    )


def _moment(text: object, wrong: dict[str, LimsError | str]) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        wrong["valid_until"] = Invalid("The time is not written as 2026-01-31T12:00:00Z.")
        return None
    return moment


def _scene(data: object, wrong: dict[str, LimsError | str]) -> Mapping[str, Any] | None:
    if data is None:
        return None
    if not isinstance(data, Mapping):
        wrong["simulate"] = Invalid("A table is needed here.")
        return None
    try:
        Scene.from_json(data)
    except LimsError as error:
        wrong["simulate"] = error
        return None
    return dict(data)
