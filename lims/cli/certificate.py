"""lims instruments certificate: what would be read from a calibration certificate's file. Nothing is stored."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from lims.errors import LimsError

if TYPE_CHECKING:
    from lims.instruments.proposal import Proposal


def certificate(argv: list[str]) -> int:
    """Print what a DCC or a table of points proposes; 1 when the file is refused or a row can't be taken."""
    from lims.instruments.points_file import FIELDS
    from lims.instruments.proposal import as_data, propose

    parser = argparse.ArgumentParser(prog="lims instruments certificate", description=certificate.__doc__)
    parser.add_argument("file", type=Path, metavar="FILE", help="a DCC (XML) or a table of points (CSV)")
    parser.add_argument("--json", action="store_true", help="print it as JSON; numbers are decimal text")
    parser.add_argument(
        "--quantity",
        action="append",
        default=[],
        metavar="NAME=UNIT",
        help="a quantity of the instrument, as temperature=degC",
    )
    parser.add_argument("--decimal", choices=(".", ","), default="", help="the decimal sign of a table")
    given = parser.parse_args(argv)
    known = dict(each.partition("=")[::2] for each in given.quantity)
    try:
        found = propose(given.file.read_bytes(), known=known, decimal=given.decimal)
    except (OSError, LimsError) as error:
        print(f"{given.file}: {error}", file=sys.stderr)
        return 1
    if given.json:
        print(json.dumps(as_data(found), ensure_ascii=False, indent=2))
    else:
        _print(found, [name for name in FIELDS if name not in {"error", "reference"}])
    for place, fault in found.faults.items():
        print(f"{given.file}: {place}: {fault}", file=sys.stderr)
    return 1 if found.faults else 0


def _print(found: Proposal, names: list[str]) -> None:
    if found.kind == "DCC":
        print(f"DCC {found.version}; " + ("signed, signature not checked" if found.signed else "not signed"))
    for name, text in found.head.items():
        print(f"{name}: {text or '-'}")
    for item in found.items:
        print(f"item: {item.name}; {item.maker} {item.model}; serial {', '.join(item.serials) or '-'}")
    print("\t".join(names))
    for row in found.rows:
        print("\t".join(row[name] or "-" for name in names))
    for each in found.remarks:
        print(f"look at: {each.what}: {each.reason}")
    for each in found.left_out:
        print(f"not taken: {each.what}: {each.reason}")
