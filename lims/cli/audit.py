"""`lims audit ...`: walk the chains of the audit trail, and note their heads outside the database."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from lims import config
from lims.cli.connection import database
from lims.errors import Invalid

if TYPE_CHECKING:
    from lims.store.chain import Head


def verify(argv: list[str]) -> int:
    """Walk the chains, compare stored files with their digests, and name the first break; exit status 1 for one."""
    from lims.store import chain, files

    parser = argparse.ArgumentParser(prog="lims audit verify", description=verify.__doc__)
    parser.add_argument("--chain", metavar="NAME", help="only this one: bureau, branch:1 ...; default: all")
    parser.add_argument("--noted", metavar="FILE", type=Path, help="heads kept of `lims audit heads`: they must stand")
    options = parser.parse_args(argv)
    noted = [] if options.noted is None else read_heads(options.noted)
    with database(config.read()) as session:
        verdict = chain.verify(session, options.chain, noted)
        ends = chain.heads(session)
        stored = files.count(session)
        changed = files.first_changed(session) if options.chain is None else None
    if verdict.fault:
        print(f"BROKEN: chain {verdict.chain}, link {verdict.seq}: {verdict.fault}.")
        return 1
    if changed:
        print(f"BROKEN: the stored file of SHA-256 {changed} is no longer what was stored.")
        return 1
    print(f"Unbroken: {verdict.links:,} links with {verdict.events:,} events in {len(ends)} chains; {stored:,} files.")
    return 0


def heads(argv: list[str]) -> int:
    """Print the head of every chain, to be kept where nobody who holds the database can reach it."""
    from lims.store import chain

    argparse.ArgumentParser(prog="lims audit heads", description=heads.__doc__).parse_args(argv)
    with database(config.read()) as session:
        for head in chain.heads(session):
            print(head.chain, head.seq, head.hash)
    return 0


def read_heads(file: Path) -> list[Head]:
    """Read what `heads` printed."""
    from lims.store.chain import Head

    try:
        rows = [line.split() for line in file.read_text("utf-8").splitlines() if line.strip()]
        return [Head(chain=name, seq=int(seq), hash=hashed) for name, seq, hashed in rows]
    except (OSError, ValueError) as error:
        raise Invalid("%(file)s is no output of `lims audit heads` (%(reason)s).", file=file, reason=error) from error


VERBS: dict[str, Callable[[list[str]], int]] = {"verify": verify, "heads": heads}
REFUSED = 2
"""Exit status when nothing could be found out; 1 is a break."""
