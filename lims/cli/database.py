"""`lims database ...`: migrate, back up, restore, show the address, begin the demonstration anew.

Works on the server that LIMS_DATABASE_OWNER_URL names, on the one that a running `lims up` keeps, or else on the
instance's own, started for the time of the command.
"""

from __future__ import annotations

import argparse
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from lims import clock, config
from lims.cli.instance import hold, with_secrets
from lims.config import Settings
from lims.errors import Refused
from lims.store import backup, migrate
from lims.store.embedded import (
    APPLICATION,
    OWNER,
    READER,
    Server,
    choose_database,
    create_database,
    current_database,
    drop_database,
    ensure_server,
)

Verb = Callable[[list[str]], int]


def upgrade(argv: list[str]) -> int:
    """Bring the tables to this program's revision and give the roles their rights."""
    argparse.ArgumentParser(prog="lims database upgrade", description=upgrade.__doc__).parse_args(argv)
    with owner_url(config.read()) as url:
        before = migrate.current(url)
        migrate.upgrade(url)
        print(f"The database stands at revision {migrate.current(url)} (before: {before}).")
    return 0


def url(argv: list[str]) -> int:
    """Print the address of the embedded database, for psql and other tools beside a running `lims up`."""
    parser = argparse.ArgumentParser(prog="lims database url", description=url.__doc__)
    parser.add_argument("role", nargs="?", choices=("reader", "application", "owner"), default="reader")
    role = {"reader": READER, "application": APPLICATION, "owner": OWNER}[parser.parse_args(argv).role]
    address = config.kept(config.read().instance).get("database_url")
    if not address:
        raise Refused(
            "No embedded database is running here.",
            rule="an address is shown while it is good",
            remedy="Start it with `lims up`. An external server's address is in LIMS_DATABASE_URL.",
        )
    print(address.replace(f"//{APPLICATION}@", f"//{role}@", 1))
    return 0


def back_up(argv: list[str]) -> int:
    """Write everything, files included, to one new file."""
    parser = argparse.ArgumentParser(prog="lims database backup", description=back_up.__doc__)
    parser.add_argument("file", type=Path)
    file = parser.parse_args(argv).file
    with owner_url(config.read()) as address:
        backup.dump(address, file)
    print(
        f"{file} holds the whole database ({file.stat().st_size:,} bytes). Keep it as secret as the laboratory itself."
    )
    return 0


def restore(argv: list[str]) -> int:
    """Fill an empty external database, or a new embedded one, from a backup."""
    parser = argparse.ArgumentParser(prog="lims database restore", description=restore.__doc__)
    parser.add_argument("file", type=Path)
    file = parser.parse_args(argv).file
    settings = config.read()
    if external(settings):
        backup.restore(settings.database_owner_url, file)
        print("Restored.")
        return 0
    with hold(settings.instance), own_server(settings.instance) as server, new_database(server, "restored") as name:
        backup.restore(server.url(OWNER, name), file)
    print(f"Restored into {name}; `lims up` carries on with it.")
    return 0


def reset_demonstration(argv: list[str]) -> int:
    """Begin the demonstration anew in a new database; the old one stays unless --drop is given."""
    parser = argparse.ArgumentParser(prog="lims database reset-demonstration", description=reset_demonstration.__doc__)
    parser.add_argument("--drop", action="store_true", help="drop the old demonstration's database")
    drop = parser.parse_args(argv).drop
    settings = config.read()
    if external(settings):
        raise Refused(
            "Only the embedded demonstration can begin anew; LIMS_DATABASE_URL names another server.",
            rule="append-only data is never deleted",
            remedy="Unset LIMS_DATABASE_URL, or make an empty database there yourself.",
        )
    with hold(settings.instance), own_server(settings.instance) as server:
        old = current_database(settings.instance)
        with new_database(server, "demonstration") as name:
            migrate.upgrade(server.url(OWNER, name))
            load(with_secrets(settings), server, name)
        if drop:
            drop_database(server, old)
    print(f"The demonstration is new in {name}; the old one is {'gone' if drop else f'kept in {old}'}.")
    return 0


VERBS: dict[str, Verb] = {
    "upgrade": upgrade,
    "url": url,
    "backup": back_up,
    "restore": restore,
    "reset-demonstration": reset_demonstration,
}


def external(settings: Settings) -> bool:
    """Return whether the environment names a server; what a running `lims up` keeps is not meant."""
    return bool(settings.database_url) and "database_url" not in config.kept(settings.instance)


@contextmanager
def owner_url(settings: Settings) -> Iterator[str]:
    """Give the owner's address of the database in use, with its server running."""
    if settings.database_owner_url:
        yield settings.database_owner_url
        return
    with hold(settings.instance), own_server(settings.instance) as server:
        yield server.url(OWNER)


@contextmanager
def own_server(instance: Path) -> Iterator[Server]:
    """Run the embedded server for the time of a command."""
    server = ensure_server(instance)
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def new_database(server: Server, purpose: str) -> Iterator[str]:
    """Make a database under a new name; it is in use afterwards, or gone when something went wrong."""
    name = f"lims_{purpose}_{clock.now():%Y%m%d_%H%M%S}"
    create_database(server, name)
    try:
        yield name
    except BaseException:
        drop_database(server, name)
        raise
    choose_database(server.instance, name)


def load(settings: Settings, server: Server, name: str) -> None:
    """Load the demonstration laboratory into a new database, as `lims up` does."""
    from lims.cli.up import load_demonstration

    settings = replace(
        settings,
        demonstration=True,
        database_url=server.url(APPLICATION, name),
        database_owner_url=server.url(OWNER, name),
    )
    load_demonstration(settings, threading.Event())
