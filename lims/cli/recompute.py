"""`lims recompute --check`: every stored result again from its frozen document and its raw readings (7.11.2)."""

from __future__ import annotations

import os
import sys
import time
from collections import deque
from collections.abc import Iterator

from lims import config
from lims.cli.connection import database
from lims.cli.usage import Parser, complain

PART = 1000
"""Results that are computed together."""
LARGEST = 20_000_000
"""Bytes of their texts."""
_WAITING = 2
"""Parts that wait for each process."""
_MOST_WORKERS = 16
_EVERY_S = 2.0


def recompute(argv: list[str]) -> int:
    """Compute every result again and compare; print each difference; 0 when there is none."""
    from lims.results import queries

    parser = Parser(prog="lims recompute", description=__doc__, allow_abbrev=False)
    parser.add_argument(
        "--check", action="store_true", required=True, help="compare with what is stored; changes nothing"
    )
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="processes that compute at a time")
    parser.add_argument("--quiet", action="store_true", help="no progress on standard error")
    given = parser.parse_args(argv)
    if not 1 <= given.workers <= _MOST_WORKERS:
        return complain("lims recompute", f"--workers is a number from 1 to {_MOST_WORKERS}")
    begun, done, faults = time.monotonic(), 0, 0
    told = begun
    with database(config.read()) as session:
        total = queries.result_count(session)
        parts = queries.result_parts(session, most=PART, largest=LARGEST)
        for count, found in computed(parts, given.workers if total > PART else 1):
            done, faults = done + count, faults + len(found)
            for fault in found:
                print(fault, flush=True)
            if not given.quiet and time.monotonic() - told >= _EVERY_S:
                told = time.monotonic()
                rate = done / (told - begun)
                print(f"{done} of {total} results, {rate:.0f} each second", file=sys.stderr, flush=True)
    took = time.monotonic() - begun
    print(f"{done} results computed again in {took:.1f} s: {faults or 'no'} difference{'' if faults == 1 else 's'}")
    return 1 if faults else 0


def computed(parts: Iterator[list[int]], workers: int) -> Iterator[tuple[int, list[str]]]:
    """(number of results, differences) part by part, in order; in processes of their own where that pays."""
    if workers == 1:
        yield from map(check_part, parts)
        return
    from concurrent.futures import Future, ProcessPoolExecutor
    from multiprocessing import get_context

    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        waiting: deque[Future[tuple[int, list[str]]]] = deque()
        for part in parts:
            waiting.append(pool.submit(check_part, part))
            if len(waiting) > _WAITING * workers:
                yield waiting.popleft().result()
        yield from (one.result() for one in waiting)


def check_part(ids: list[int]) -> tuple[int, list[str]]:
    """Compute some results again, in any process."""
    from lims.results import queries

    with database(config.read()) as session:
        return len(ids), queries.result_faults(session, ids=ids)


VERBS = {"": recompute}
REFUSED = 2
"""Exit status when nothing could be found out; 1 is a difference."""
