"""`make bench`: how fast it is, each figure beside its floor measured in the same run. Writes nothing unless asked."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Callable, Iterator
from functools import partial

from tests.speed import (
    acquiring,
    auditing,
    benching,
    crowd,
    engine,
    lists,
    measuring,
    registering,
    reporting,
    simulating,
    starting,
    together,
)
from tests.speed.page import write
from tests.speed.place import place
from tests.speed.table import plain
from tests.speed.timing import Row


def main(argv: list[str]) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.speed", description=__doc__)
    parser.add_argument("--write", action="store_true", help="write docs/reference/speed.md too")
    parser.add_argument(
        "--largest", type=int, default=100_000, help="lines of the largest list (a million takes minutes)"
    )
    parser.add_argument("--crowd", type=int, default=20, metavar="SECONDS", help="how long twenty benches send")
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="only these: " + ", ".join(PARTS))
    given = parser.parse_args(argv)
    logging.getLogger("lims.request").setLevel(logging.WARNING)  # its lines would stand between ours
    rows = list(measured(given.parts or list(PARTS), given.largest, given.crowd))
    say("\n" + plain(rows))
    if given.write:
        write(rows)
    return 0


PARTS = (
    "registering",
    "measuring",
    "simulating",
    "together",
    "reporting",
    "auditing",
    "benching",
    "acquiring",
    "crowd",
    "engine",
    "starting",
    "lists",
)


def measured(parts: list[str], largest: int, crowd_seconds: int) -> Iterator[Row]:
    """Measure part after part; what is done is said meanwhile, on the other channel."""
    with place() as here:
        works: dict[str, Callable[[], Iterator[Row]]] = {
            "registering": partial(registering.rows, here),
            "measuring": partial(measuring.rows, here),
            "simulating": simulating.rows,
            "together": partial(together.rows, here),
            "reporting": partial(reporting.rows, here),
            "auditing": partial(auditing.rows, here),
            "benching": benching.rows,
            "acquiring": acquiring.rows,
            "crowd": partial(crowd.rows, here, crowd_seconds),
            "engine": partial(engine.rows, here),
            "starting": partial(starting.rows, here),
            "lists": partial(lists.rows, here, sizes=(1_000, largest)),
        }
        for part in parts:
            sys.stderr.write(f"measuring: {part}\n")
            yield from works[part]()


def say(words: str) -> None:
    """Print."""
    sys.stdout.write(words + "\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
