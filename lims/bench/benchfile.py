"""The bench file: which instruments are connected here, where, and which ones they must be."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from lims.errors import Invalid, LimsError
from lims.instruments.driver import Driver
from lims.instruments.driverfile import load, shipped
from lims.instruments.session import Station
from lims.instruments.transport import canonical

_KEYS: dict[str, type] = {
    "resource": str,
    "driver": str,
    "serial": str,
    "backend": str,
    "baud": int,
    "error_queue": bool,
}
_NEEDED = ("resource", "driver", "serial")


def read(path: Path) -> list[Station]:
    """Read a bench file.

    Raises
    ------
    Invalid
        `fields` names each wrong place ("instrument[0].driver") with its reason.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise Invalid("The bench file %(path)s can't be read: %(reason)s.", path=path, reason=error) from error
    wrong: dict[str, LimsError | str] = {key: Invalid("This key is not known.") for key in data if key != "instrument"}
    tables = data.get("instrument", [])
    if not isinstance(tables, list) or not all(isinstance(each, dict) for each in tables):
        raise Invalid("The bench file %(path)s needs tables [[instrument]].", path=path)
    stations = [_station(each, f"instrument[{number}]", path.parent, wrong) for number, each in enumerate(tables)]
    found = [station for station in stations if station is not None]
    names = [(station.backend, canonical(station.resource)) for station in found]
    if len(set(names)) < len(names):
        wrong["instrument"] = Invalid("Two instruments can't share a resource.")
    if wrong:
        raise Invalid(
            "The bench file %(path)s is wrong at: %(keys)s.", fields=wrong, path=path, keys=", ".join(sorted(wrong))
        )
    return found


def _station(table: dict[str, Any], place: str, folder: Path, wrong: dict[str, LimsError | str]) -> Station | None:
    before = len(wrong)
    for key, value in table.items():
        if key not in _KEYS:
            wrong[f"{place}.{key}"] = Invalid("This key is not known.")
        elif type(value) is not _KEYS[key]:
            wrong[f"{place}.{key}"] = Invalid("The value is of the wrong type.")
    wrong |= {f"{place}.{key}": Invalid("This key is missing.") for key in _NEEDED if key not in table}
    if len(wrong) > before:
        return None
    try:
        canonical(table["resource"])
        return Station(**{**table, "driver": _driver(table["driver"], folder)})
    except LimsError as error:
        wrong[place] = error
        return None


def _driver(name: str, folder: Path) -> Driver:
    """A shipped driver by its id, or a file of the laboratory's own beside the bench file."""
    return load(folder / name) if name.endswith(".toml") else shipped(name)
