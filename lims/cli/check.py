"""lims check: is what is stored still what it was? Read model, custody, chains of readings, results computed again."""

from __future__ import annotations

import sys

from lims import config


def check(argv: list[str]) -> int:
    """Compare what is stored with what it follows from; print each fault; 0 when there is none."""
    if argv:
        print("lims check: takes no arguments", file=sys.stderr)
        return 2
    from lims.results import queries as results
    from lims.samples import queries
    from lims.store import db

    settings = config.read()
    if not settings.database_url:
        print("lims check: no database is set; start `lims up`, or set LIMS_DATABASE_URL", file=sys.stderr)
        return 2
    engine = db.connect(settings.database_url, pool_size=1)
    try:
        with db.transaction(db.sessions(engine)) as session:
            faults = queries.read_model_faults(session) + queries.custody_faults(session)
            faults += results.reading_faults(session) + results.result_faults(session)
    finally:
        engine.dispose()
    for fault in faults:
        print(fault)
    print("read model, custody, readings, results: " + (f"{len(faults)} faults" if faults else "no fault"))
    return 1 if faults else 0


VERBS = {"": check}
