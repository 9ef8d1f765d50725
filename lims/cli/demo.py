"""`lims demo load [--if-empty]`: the demonstration laboratory, into a database that has nobody yet."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from lims import config
from lims.cli.instance import database_of, forget_load, half_loaded, note_load
from lims.errors import Refused

if TYPE_CHECKING:
    from lims.store.db import Sessions


def load(argv: list[str]) -> int:
    """Load the demonstration; with --if-empty a database with people in it is left alone."""
    parser = argparse.ArgumentParser(prog="lims demo load", description="Load the demonstration laboratory.")
    parser.add_argument("--if-empty", action="store_true", help="do nothing when there are people already")
    given = parser.parse_args(argv)
    settings = config.read()
    from lims.store.db import connect, sessions

    factory = sessions(connect(settings.database_owner_url))
    if _occupied(factory, settings):
        if given.if_empty:
            return 0
        raise Refused(
            "There are people in this database already; the demonstration takes an empty one.",
            rule="the demonstration stands alone",
        )
    if not settings.demonstration:
        raise Refused(
            "Only `lims up` loads the demonstration: its accounts are known to all.",
            rule="the demonstration stands alone",
        )
    _load(factory, settings)
    return 0


def _occupied(factory: Sessions, settings: config.Settings) -> bool:
    """Return whether there are people; refuses a database in which a load was interrupted."""
    from lims.people.queries import anybody
    from lims.store.db import transaction

    with transaction(factory) as session:
        occupied = anybody(session)
    if occupied and half_loaded(settings.instance) == database_of(settings.database_owner_url):
        raise Refused(
            "The demonstration was interrupted while it was loaded, so this database holds only a part of it.",
            rule="the demonstration is whole",
            remedy="Make an empty database and name it in LIMS_DATABASE_URL and LIMS_DATABASE_OWNER_URL.",
        )
    return occupied


def _load(factory: Sessions, settings: config.Settings) -> None:
    """Load it, with a note beside it until it is whole."""
    from lims.demo.load import load as load_demonstration
    from lims.reports.seal import demonstration_key

    key = demonstration_key(settings.instance / "seal")
    note_load(settings.instance, database_of(settings.database_owner_url))
    load_demonstration(
        factory, sign=key.sign, base_url=settings.base_url, bench=settings.bench, bench_token=settings.bench_token
    )
    forget_load(settings.instance)


VERBS = {"load": load}
