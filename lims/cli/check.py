"""lims check: is what is stored still what it was? Read model, custody, chains of readings, results computed again."""

from __future__ import annotations

import sys

from lims import config
from lims.cli.connection import database


def check(argv: list[str]) -> int:
    """Compare what is stored with what it follows from; print each fault; 0 when there is none."""
    if argv:
        print("lims check: takes no arguments", file=sys.stderr)
        return 2
    from lims.results import queries as results
    from lims.samples import queries

    with database(config.read()) as session:
        faults = queries.read_model_faults(session) + queries.custody_faults(session)
        faults += results.reading_faults(session) + results.result_faults(session)
    for fault in faults:
        print(fault)
    print("read model, custody, readings, results: " + (f"{len(faults)} faults" if faults else "no fault"))
    return 1 if faults else 0


VERBS = {"": check}
REFUSED = 2
"""Exit status when nothing could be found out; 1 is a fault."""
