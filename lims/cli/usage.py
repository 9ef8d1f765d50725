"""Arguments of commands; bad usage and bad input are one line on standard error and exit status 2."""

from __future__ import annotations

import argparse
import re
import sys
from typing import NoReturn


def complain(command: str, message: object) -> int:
    """Print one line on standard error; gives the exit status of bad input."""
    print(f"{command}: {' '.join(str(message).split())}", file=sys.stderr)
    return 2


class Parser(argparse.ArgumentParser):
    """argparse with one line in place of its usage text."""

    def error(self, message: str) -> NoReturn:
        raise SystemExit(complain(self.prog, message))


def negatives(argv: list[str]) -> list[str]:
    """Join an option and its negative number (-1, -1e-3), which argparse would take for another option."""
    joined: list[str] = []
    for word in argv:
        option = bool(joined) and joined[-1].startswith("--") and "=" not in joined[-1]
        if option and re.match(r"[-\N{MINUS SIGN}][0-9.]", word):
            joined[-1] += f"={word}"
        else:
            joined.append(word)
    return joined
