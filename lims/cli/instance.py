"""What `lims up` keeps in the instance folder: who holds it, this installation's secrets, the addresses while it runs.

`lims.config.read` gives the same files to commands that are run by hand.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TextIO
from urllib.parse import unquote, urlsplit

from lims.config import Settings, kept
from lims.errors import Busy, Unavailable

SECRETS = ("secret_key", "password_salt", "bench_token")
LOADING = "demonstration.loading"


@contextmanager
def hold(instance: Path) -> Iterator[None]:
    """Hold the instance against a second supervisor; raise Busy when there is one, Unavailable when it is not ours."""
    with _opened(instance) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy("The system is running in %(folder)s; stop it first (Ctrl-C).", folder=instance) from None
        retract_addresses(instance)  # of one that was killed
        yield


def _opened(instance: Path) -> TextIO:
    """Open the file by which the instance is held."""
    try:
        instance.mkdir(mode=0o711, parents=True, exist_ok=True)
        return (instance / "up.lock").open("a", encoding="utf-8")
    except OSError as error:
        raise Unavailable(
            "Nothing can be kept in %(folder)s (%(reason)s). Give the folder to the account that runs this, or set "
            "LIMS_INSTANCE to another one.",
            folder=instance,
            reason=error.strerror,
        ) from error


def with_secrets(settings: Settings) -> Settings:
    """Return the settings with this instance's own random secrets, made once; those of the environment come first."""
    known = {name: text for name, text in kept(settings.instance).items() if name in SECRETS}
    made = {name: secrets.token_urlsafe(48) for name in SECRETS} | known
    if made != known:
        write_private(settings.instance / "secrets.json", json.dumps(made))
    return replace(
        settings,
        secret_key=settings.secret_key or made["secret_key"],
        password_salt=settings.password_salt or made["password_salt"],
        bench_token=settings.bench_token or made["bench_token"],
    )


def publish_addresses(instance: Path, addresses: Mapping[str, str]) -> None:
    """Let commands run by hand find the database and the web server while they run."""
    write_private(instance / "running.json", json.dumps(dict(addresses)))


def retract_addresses(instance: Path) -> None:
    """Take back what `publish_addresses` said."""
    (instance / "running.json").unlink(missing_ok=True)


def note_load(instance: Path, database: str) -> None:
    """Note that the demonstration is being loaded into a database; what is interrupted leaves the note."""
    write_private(instance / LOADING, database)


def half_loaded(instance: Path) -> str:
    """Return the name of the database into which a demonstration was loaded, but not to its end; empty if none."""
    try:
        return (instance / LOADING).read_text("utf-8")
    except FileNotFoundError:
        return ""


def forget_load(instance: Path) -> None:
    """Take the note back: the demonstration is whole, or another database is in use."""
    (instance / LOADING).unlink(missing_ok=True)


def database_of(url: str) -> str:
    """Return the name of the database in an address.

    >>> database_of("postgresql://lims_app@/lims?host=x")
    'lims'
    """
    return unquote(urlsplit(url).path.lstrip("/"))


def write_private(path: Path, content: str) -> None:
    """Write a file that nobody else may read, whole or not at all."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    new = path.with_name(path.name + ".new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(content)
    new.replace(path)
