"""docs/reference/speed.md: our figures of one run beside those of other systems."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import psutil

from tests.speed.table import markdown
from tests.speed.timing import Row

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "speed.md"
BEGIN, END = "<!-- figures of `make bench` begin -->", "<!-- figures of `make bench` end -->"


def write(rows: Sequence[Row]) -> None:
    """Put the table of this run in the place of the last one."""
    before, rest = PAGE.read_text("utf-8").split(BEGIN)
    after = rest.split(END)[1]
    cores, memory = os.cpu_count(), psutil.virtual_memory().total / 2**30
    load = os.getloadavg()[2]
    said = (
        f"Measured on {datetime.now(UTC):%d %B %Y} on {cores} shared cores with {memory:.0f} GiB "
        f"(load of the last quarter of an hour: {load:.1f})."
    )
    PAGE.write_text(f"{before}{BEGIN}\n{said}\n\n{markdown(rows)}\n{END}{after}", "utf-8")
