"""The bench file: which instruments are connected here, where, which ones they must be, and where files appear."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lims.bench.folders import Folder
from lims.bench.listening import Caller
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
_FOLDER_KEYS: dict[str, type] = {"path": str, "pattern": str, "serial": str, "parser": str}
_CALLER_KEYS: dict[str, type] = {"serial": str, "parser": str, "port": int, "line": str, "baud": int}
_CALLER_NEEDED = ("serial", "parser")
_FOLDER_NEEDED = ("path", "serial", "parser")


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchFile:
    """What stands in a bench file."""

    stations: tuple[Station, ...]
    folders: tuple[Folder, ...]
    callers: tuple[Caller, ...]


def read(path: Path) -> BenchFile:
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
    strange = set(data) - {"instrument", "folder", "listen"}
    wrong: dict[str, LimsError | str] = {key: Invalid("This key is not known.") for key in strange}
    tables, places = _listed(data, "instrument", path), _listed(data, "folder", path)
    callers = [_caller(each, f"listen[{number}]", wrong) for number, each in enumerate(_listed(data, "listen", path))]
    folders = [_folder(each, f"folder[{number}]", path.parent, wrong) for number, each in enumerate(places)]
    stations = [_station(each, f"instrument[{number}]", path.parent, wrong) for number, each in enumerate(tables)]
    found = [station for station in stations if station is not None]
    names = [(station.backend, canonical(station.resource)) for station in found]
    if len(set(names)) < len(names):
        wrong["instrument"] = Invalid("Two instruments can't share a resource.")
    if wrong:
        raise Invalid(
            "The bench file %(path)s is wrong at: %(keys)s.", fields=wrong, path=path, keys=", ".join(sorted(wrong))
        )
    return BenchFile(
        stations=tuple(found),
        folders=tuple(one for one in folders if one is not None),
        callers=tuple(one for one in callers if one is not None),
    )


def _listed(data: dict[str, Any], name: str, path: Path) -> list[dict[str, Any]]:
    found = data.get(name, [])
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise Invalid("The bench file %(path)s needs tables [[%(name)s]].", path=path, name=name)
    return found


def _caller(table: dict[str, Any], place: str, wrong: dict[str, LimsError | str]) -> Caller | None:
    if not _checked(table, place, _CALLER_KEYS, _CALLER_NEEDED, wrong):
        return None
    if ("port" in table) == ("line" in table):
        wrong[place] = Invalid("An analyser calls at a TCP port (port) or on a serial line (line).")
        return None
    if not 0 <= table.get("port", 0) < 65536:
        wrong[f"{place}.port"] = Invalid("A port is a number from 1 to 65535.")
        return None
    return Caller(**table)


def _checked(
    table: dict[str, Any], place: str, keys: dict[str, type], needed: Iterable[str], wrong: dict[str, LimsError | str]
) -> bool:
    """Tell whether a table has the keys that it needs, and no others; note what is wrong."""
    before = len(wrong)
    for key, value in table.items():
        if key not in keys:
            wrong[f"{place}.{key}"] = Invalid("This key is not known.")
        elif type(value) is not keys[key]:
            wrong[f"{place}.{key}"] = Invalid("The value is of the wrong type.")
    wrong |= {f"{place}.{key}": Invalid("This key is missing.") for key in needed if key not in table}
    return len(wrong) == before


def _folder(table: dict[str, Any], place: str, beside: Path, wrong: dict[str, LimsError | str]) -> Folder | None:
    if not _checked(table, place, _FOLDER_KEYS, _FOLDER_NEEDED, wrong):
        return None
    pattern = table.get("pattern", "*")
    if not pattern or "/" in pattern or "\\" in pattern or "**" in pattern:
        wrong[f"{place}.pattern"] = Invalid("A pattern is for names of files, as *.csv.")
        return None
    return Folder(path=beside / table["path"], pattern=pattern, serial=table["serial"], parser=table["parser"])


def _station(table: dict[str, Any], place: str, folder: Path, wrong: dict[str, LimsError | str]) -> Station | None:
    if not _checked(table, place, _KEYS, _NEEDED, wrong):
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
