"""Commands: lims <noun> <verb>, one file per subject.

A noun is a module of this package with VERBS; it is imported only when it is called, because imports are slow
(house.md). A module has a dictionary VERBS: verb -> function(argv) -> exit status. What a command refuses is said here,
in one place: a sentence, and exit status 1, or the module's own REFUSED where 1 is a finding.
"""

from __future__ import annotations

import sys
from importlib import import_module

from lims.config import SettingError
from lims.errors import LimsError, Refused

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
    "recompute": "lims.cli.recompute",
    "risk": "lims.cli.risk",
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
    command = import_module(NOUNS[noun])
    verb = rest.pop(0) if rest and rest[0] in command.VERBS else ""
    if verb not in command.VERBS:
        print(f"lims {noun}: say one of {', '.join(one for one in command.VERBS if one)}", file=sys.stderr)
        return 2
    try:
        return int(command.VERBS[verb](rest))
    except (LimsError, SettingError) as error:
        print(f"lims {noun}: {error}", file=sys.stderr)
        for place, reason in getattr(error, "fields", {}).items():
            print(f"  {place}: {reason}", file=sys.stderr)
        if isinstance(error, Refused) and error.remedy:
            print(error.remedy, file=sys.stderr)
        return int(getattr(command, "REFUSED", 1))


def main() -> None:
    """Entry of the console script."""
    sys.exit(run(sys.argv[1:]))
