"""Arguments of commands; bad usage and bad input are one line on standard error and exit status 2."""

from __future__ import annotations

import argparse
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
