"""lims instruments certificate | check | drivers | parse | parsers: files of certificates, drivers, exports."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from lims.cli import exports
from lims.cli.certificate import certificate

if TYPE_CHECKING:
    from lims.instruments.driver import Accuracy, Driver


def _check(argv: list[str]) -> int:
    """Check driver files and print what they say; 1 and one line for each wrong place when one is wrong."""
    from lims.errors import LimsError
    from lims.instruments.driverfile import load

    parser = argparse.ArgumentParser(prog="lims instruments check", description=_check.__doc__)
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    parser.add_argument("--transcript", type=Path, metavar="TALK", help="hold this conversation with the (one) driver")
    parser.add_argument("--serial-line", action="store_true", help="hold it over a pseudo terminal, not a socket")
    given = parser.parse_args(argv)
    if given.transcript and len(given.files) > 1:
        parser.error("a transcript goes with one driver file")
    status = 0
    for path in given.files:
        try:
            driver = load(path)
        except (OSError, LimsError) as error:
            status = 1
            _complain(path, error)
        else:
            print(f"{path}: {driver.name} is right; sha256 {driver.hash}")
            print("\n".join(driver_lines(driver)))
            status |= _rehearse(driver, given.transcript, serial_line=given.serial_line) if given.transcript else 0
    return status


def _rehearse(driver: Driver, path: Path, *, serial_line: bool) -> int:
    from lims.errors import LimsError
    from lims.instruments.transcript import load, rehearse

    try:
        transcript = load(path)
        found = rehearse(driver, transcript, serial_line=serial_line)
    except (OSError, LimsError) as error:
        _complain(path, error)
        return 1
    for line in found:
        print(f"{path}: {line}", file=sys.stderr)
    if not found:
        refused = sum(len(run.refused) + len(run.doubted) for run in transcript.runs)
        print(f"{path}: {len(transcript.runs)} conversations held word for word, {refused} answers refused")
    return 1 if found else 0


def _complain(path: Path, error: Exception) -> None:
    print(f"{path}: {error}", file=sys.stderr)
    for place, reason in getattr(error, "fields", {}).items():
        print(f"{path}: {place}: {reason}", file=sys.stderr)


def driver_lines(driver: Driver) -> Iterator[str]:
    """Yield what a driver says of its quantities, settings, ranges and accuracy, line by line."""
    yield f"  {driver.maker} {driver.model}"
    yield f"  source: {driver.source}"
    yield f"  checked: {driver.checked}"
    if driver.kind:
        yield f"  speaks by {driver.kind}"
    if not driver.tells_serial:
        yield "  does not tell its serial number"
    for quantity in driver.quantities:
        yield f"  {quantity.name} [{quantity.unit}]"
        for setting in quantity.settings:
            allowed = ", ".join(setting.choices) or f"{setting.low} to {setting.high}"
            yield f"    {setting.name} [{setting.unit}]: {allowed}; unless told {setting.default}"
        for back in quantity.readback:
            yield f"    {back.setting} is read back by {back.query}, within {back.within}"
        if quantity.valid is not None:
            yield f"    counts when {quantity.valid.query} is answered by {quantity.valid.match.pattern}"
        for each in quantity.ranges:
            named = f"range {each.when}" if each.when else "range"
            yield f"    {named}: {each.low} to {each.high}, resolution {each.resolution}"
            for accuracy in each.accuracy:
                yield f"      {_accuracy(accuracy, each.full_scale)}"


def _accuracy(accuracy: Accuracy, full_scale: Decimal) -> str:
    parts = [f"{accuracy.of_reading} of reading"] if accuracy.of_reading else []
    parts += [f"{accuracy.of_range} of {full_scale}"] if accuracy.of_range else []
    parts += [f"{accuracy.plus}"] if accuracy.plus else []
    where = "" if accuracy.temperature is None else f", {accuracy.temperature[0]} to {accuracy.temperature[1]} °C"
    return f"{accuracy.interval_days} d{where}: ±({' + '.join(parts)}), {accuracy.distribution}"


def _drivers(argv: list[str]) -> int:
    """List the drivers that come with the system."""
    from lims.instruments.driverfile import load, shipped_files

    argparse.ArgumentParser(prog="lims instruments drivers", description=_drivers.__doc__).parse_args(argv)
    for path in shipped_files():
        driver = load(path)
        quantities = ", ".join(f"{each.name} [{each.unit}]" for each in driver.quantities)
        print(f"{driver.name}  {driver.maker} {driver.model}: {quantities}")
    return 0


VERBS = {
    "certificate": certificate,
    "check": _check,
    "drivers": _drivers,
    "parse": exports.parse,
    "parsers": exports.parsers,
}
