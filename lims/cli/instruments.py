"""lims instruments check | drivers: driver files."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path


def _check(argv: list[str]) -> int:
    """Check driver files; 1 and one line for each wrong place when one is wrong."""
    from lims.errors import LimsError
    from lims.instruments.driverfile import load

    parser = argparse.ArgumentParser(prog="lims instruments check", description=_check.__doc__)
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    status = 0
    for path in parser.parse_args(argv).files:
        try:
            driver = load(path)
        except (OSError, LimsError) as error:
            status = 1
            print(f"{path}: {error}", file=sys.stderr)
            for place, reason in getattr(error, "fields", {}).items():
                print(f"{path}: {place}: {reason}", file=sys.stderr)
        else:
            quantities = ", ".join(f"{each.name} [{each.unit}]" for each in driver.quantities)
            print(f"{path}: {driver.name} is right: {quantities}; sha256 {driver.hash}")
    return status


def _drivers(argv: list[str]) -> int:
    """List the drivers that come with the system."""
    from lims.instruments.driverfile import load, shipped_files

    argparse.ArgumentParser(prog="lims instruments drivers", description=_drivers.__doc__).parse_args(argv)
    for path in shipped_files():
        driver = load(path)
        quantities = ", ".join(f"{each.name} [{each.unit}]" for each in driver.quantities)
        print(f"{driver.name}  {driver.maker} {driver.model}: {quantities}")
    return 0


VERBS = {"check": _check, "drivers": _drivers}
