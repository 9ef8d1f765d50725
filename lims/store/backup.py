"""One file that holds everything (files lie in the database too), written and read by PostgreSQL's own programs."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import create_engine, inspect, make_url

from lims.errors import Invalid, Refused, Unavailable
from lims.store import migrate
from lims.store.account import programs
from lims.store.embedded import plain_environment

VARIABLES = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD", "dbname": "PGDATABASE"}


def dump(url: str, file: Path) -> None:
    """Write the whole database to a file that only we can read; never over an existing one."""
    if file.exists():
        raise Invalid("%(file)s exists; a backup never overwrites another.", file=file)
    new = file.with_name(file.name + ".new")
    os.close(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
    _call("pg_dump", url, "--format=custom", "--no-owner", f"--file={new}")
    new.rename(file)


def restore(url: str, file: Path) -> None:
    """Fill an empty database from a backup, all of it or nothing, and bring it to this program's revision."""
    if not file.is_file():
        raise Invalid("There is no file %(file)s.", file=file)
    if _tables(url):
        raise Refused(
            "The database is not empty; a restore never overwrites data.",
            rule="restore into an empty database",
            clause="ISO/IEC 17025, 7.11.3",
            remedy="Make an empty database and name it in LIMS_DATABASE_OWNER_URL.",
        )
    _call(
        "pg_restore", url, "--exit-on-error", "--single-transaction", "--no-owner", f"--dbname={_name(url)}", str(file)
    )
    migrate.upgrade(url)


def _tables(url: str) -> list[str]:
    """Return the names of the tables in a database."""
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://", 1))
    try:
        return inspect(engine).get_table_names()
    finally:
        engine.dispose()


def _name(url: str) -> str:
    """Return the database's name in a URL."""
    return make_url(url).database or ""


def _call(program: str, url: str, *arguments: str) -> None:
    """Run one of PostgreSQL's programs on a database; a password goes by the environment, which `ps` does not show."""
    plain = url.replace("postgresql+psycopg://", "postgresql://", 1)
    given = conninfo_to_dict(plain)
    environment = plain_environment() | {VARIABLES[key]: str(given[key]) for key in VARIABLES if given.get(key)}
    if given.get("sslmode"):
        environment["PGSSLMODE"] = str(given["sslmode"])
    done = subprocess.run(  # noqa: S603 - a program of our own package, no shell
        [programs() / "bin" / program, *arguments], env=environment, check=False, capture_output=True, text=True
    )
    if done.returncode:
        raise Unavailable("%(program)s failed: %(reason)s", program=program, reason=done.stderr.strip())
