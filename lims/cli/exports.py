"""lims instruments parse | parsers: what stands in files that instruments export. Nothing is stored."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from lims.errors import LimsError

if TYPE_CHECKING:
    from lims.instruments.export import Export, Parser, Row

SHOWN = 50


def parse(argv: list[str]) -> int:
    """Read a file by a parser and print its rows; 1 and one line for each fault when the file can't be taken."""
    from lims.instruments.fileread import content_of, read

    parser = argparse.ArgumentParser(prog="lims instruments parse", description=parse.__doc__)
    parser.add_argument("parser", metavar="PARSER", help="a parser file, or the id of one that comes with the system")
    parser.add_argument("file", type=Path, metavar="FILE", help="what the instrument exported")
    parser.add_argument("--json", action="store_true", help="print rows and faults as JSON")
    given = parser.parse_args(argv)
    place = given.parser
    try:
        chosen = _parser(given.parser)
        place = given.file
        found = read(chosen, content_of(given.file))
    except (OSError, LimsError) as error:
        _complain(place, error)
        return 1
    if given.json:
        print(json.dumps(as_json(found), ensure_ascii=False, indent=2))
    else:
        _print(given.file, found)
    return 1 if found.faults else 0


def _complain(place: object, error: Exception) -> None:
    print(f"{place}: {error}", file=sys.stderr)
    for key, reason in getattr(error, "fields", {}).items():
        print(f"{place}: {key}: {reason}", file=sys.stderr)


def _parser(name: str) -> Parser:
    from lims.instruments.parserfile import load, shipped

    return load(Path(name)) if name.endswith(".toml") else shipped(name)


def _print(path: Path, found: Export) -> None:
    print(f"{path}: sha256 {found.file_hash}, by {found.parser} sha256 {found.parser_hash}")
    for row in found.rows:
        print("  ".join(_told(row)))
    for fault in found.faults[:SHOWN]:
        where = f", {fault.column}" if fault.column else ""
        print(f"{path}: line {fault.line}{where}: {fault.reason}", file=sys.stderr)
    if len(found.faults) > SHOWN:
        print(f"{path}: and {len(found.faults) - SHOWN} more", file=sys.stderr)
    left_out = f", {len(found.left_out)} lines left out" if found.left_out else ""
    print(f"{len(found.rows)} rows, {len(found.faults)} faults{left_out}")


def _told(row: Row) -> list[str]:
    words = [f"{row.line}:"]
    words += [row.label] if row.label is not None else []
    words += [row.at.isoformat()] if row.at is not None else []
    words += [row.serial] if row.serial is not None else []
    return words + [f"{each.quantity} {each.flag or each.value} {each.unit}" for each in row.values]


def as_json(found: Export) -> dict[str, object]:
    """Return rows and faults as JSON has them; numbers are decimal text."""
    rows = [
        {
            "line": row.line,
            "label": row.label,
            "at": row.at.isoformat() if row.at else None,
            "serial": row.serial,
            "values": [
                {
                    "quantity": each.quantity,
                    "value": each.value,
                    "unit": each.unit,
                    "raw": each.raw,
                    "flag": each.flag,
                }
                for each in row.values
            ],
        }
        for row in found.rows
    ]
    faults = [{"line": each.line, "column": each.column, "reason": str(each.reason)} for each in found.faults]
    return {
        "parser": found.parser,
        "parser_hash": found.parser_hash,
        "file_hash": found.file_hash,
        "rows": rows,
        "faults": faults,
        "left_out": list(found.left_out),
    }


def parsers(argv: list[str]) -> int:
    """List the parsers that come with the system, or check files; 1 and one line for each wrong place."""
    from lims.instruments.parserfile import load, shipped_files

    parser = argparse.ArgumentParser(prog="lims instruments parsers", description=parsers.__doc__)
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="parser files to check")
    given = parser.parse_args(argv)
    status = 0
    for path in given.files or shipped_files():
        try:
            found = load(path)
        except (OSError, LimsError) as error:
            status = 1
            _complain(path, error)
        else:
            quantities = ", ".join(each.name for each in found.quantities)
            print(f"{found.name}  {found.maker}, {found.model}: {quantities}; sha256 {found.hash}")
    return status
