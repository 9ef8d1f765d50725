"""Commands: lims <noun> <verb>, one file per subject.

A noun is a module of this package with VERBS; it is imported only when it is called, because imports are slow
(house.md). A module has a dictionary VERBS: verb -> function(argv) -> exit status.
"""

from __future__ import annotations

import sys
from importlib import import_module

# noun -> module; a noun without verbs of its own (evaluate, judge, up) has the verb "" in its module
NOUNS: dict[str, str] = {
    "agent": "lims.cli.agent",
    "audit": "lims.cli.audit",
    "check": "lims.cli.check",
    "database": "lims.cli.database",
    "demo": "lims.cli.demo",
    "evaluate": "lims.cli.evaluate",
    "instruments": "lims.cli.instruments",
    "judge": "lims.cli.judge",
    "people": "lims.cli.people",
    "up": "lims.cli.up",
    "validate": "lims.cli.validate",
    "words": "lims.cli.words",
    "worker": "lims.cli.worker",
}


def run(argv: list[str]) -> int:
    """Run `lims <noun> [<verb>] ...`; 2 with one line on standard error for an unknown command."""
    if not argv or argv[0] in {"-h", "--help", "help"}:
        print(__doc__.splitlines()[0])
        for noun, module in sorted(NOUNS.items()):
            verbs = [verb for verb in import_module(module).VERBS if verb]
            print(f"  lims {noun}" + (f"  {' | '.join(verbs)}" if verbs else ""))
        return 0
    noun, *rest = argv
    if noun not in NOUNS:
        print(f"lims: there is no command '{noun}'; `lims help` lists them", file=sys.stderr)
        return 2
    verbs = import_module(NOUNS[noun]).VERBS
    if "" in verbs and (not rest or rest[0] not in verbs):
        return int(verbs[""](rest))
    if not rest or rest[0] not in verbs:
        print(f"lims {noun}: say one of {', '.join(v for v in verbs if v)}", file=sys.stderr)
        return 2
    return int(verbs[rest[0]](rest[1:]))


def main() -> None:
    """Entry of the console script."""
    sys.exit(run(sys.argv[1:]))
