"""lims check: is what is stored twice the same? The read model of jobs and lines, and the chain of custody of items."""

from __future__ import annotations

import sys

from lims import config


def check(argv: list[str]) -> int:
    """Compare the read model and custody with what they follow from; print each fault; 0 when there is none."""
    if argv:
        print("lims check: takes no arguments", file=sys.stderr)
        return 2
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
    finally:
        engine.dispose()
    for fault in faults:
        print(fault)
    print("read model and custody: " + (f"{len(faults)} faults" if faults else "no fault"))
    return 1 if faults else 0


VERBS = {"": check}
