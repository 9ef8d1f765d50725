"""`lims up`: the whole system on this machine: database, demonstration laboratory, web, worker, bench agent.

It listens on the loopback address only and is what `make run` calls. A real installation runs the same programs under
its own supervisor (docs/how-to/run-for-real.md). Ctrl-C stops everything, PostgreSQL last; a second `lims up` carries
on with the data and ends what a killed one left behind.
"""

from __future__ import annotations

import argparse
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

import lims
from lims import clock, config
from lims.cli import NOUNS
from lims.cli.connection import database
from lims.cli.instance import (
    forget_load,
    half_loaded,
    hold,
    publish_addresses,
    retract_addresses,
    with_secrets,
    write_private,
)
from lims.cli.processes import Program, end, ending, marked
from lims.config import Settings
from lims.errors import Busy, LimsError, Refused, Unavailable
from lims.store import migrate
from lims.store.embedded import (
    APPLICATION,
    OWNER,
    Server,
    choose_database,
    create_database,
    current_database,
    ensure_server,
    server_of,
)

HOST = "127.0.0.1"
LIMS = [sys.executable, "-m", "lims"]
BENCH_FILE = Path(lims.__file__).parent / "demo" / "bench.toml"


def up(argv: list[str]) -> int:
    """Run everything until Ctrl-C or SIGTERM."""
    parser = argparse.ArgumentParser(prog="lims up", description="Run the whole system on this machine.")
    parser.add_argument("--port", type=int, help="port of the web server (LIMS_PORT, 8000)")
    port = parser.parse_args(argv).port
    stopping = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, lambda *_: stopping.set())
    with hold(config.read().instance), said_in_words(config.read().instance):
        settings = config.read()
        port = port or settings.port
        settings = replace(settings, port=port, base_url=f"http://{HOST}:{port}", demonstration=True)
        return run(with_secrets(settings), stopping)


@contextmanager
def said_in_words(instance: Path) -> Iterator[None]:
    """Turn what the machine refuses (a full disk, a folder of somebody else) into a sentence that says what to do."""
    try:
        yield
    except OSError as error:
        raise Unavailable(
            "%(reason)s: %(file)s. Look whether the disk is full, and whether all of %(instance)s belongs to the "
            "account that runs this.",
            reason=error.strerror or type(error).__name__,
            file=error.filename or "?",
            instance=instance,
        ) from error


VERBS: dict[str, Callable[[list[str]], int]] = {"": up}


def run(settings: Settings, stopping: threading.Event) -> int:
    """Start what is needed in its order, watch it, and stop it in the opposite order."""
    if left := end(marked(settings.instance)):
        tell(f"ended {left} process(es) that an earlier run had left")
    check_port(settings.port)
    server = None if settings.database_url else server_of(settings.instance)
    programs: list[Program] = []
    try:
        if server:
            ensure_server(settings.instance)
            leave_half_a_load(server)
            settings = with_database(settings, server)
        else:
            migrate.check_role(settings.database_url)
            refuse_a_real_laboratory(settings)
        settings.require_secrets()
        migrate.upgrade(settings.database_owner_url)
        if not stopping.is_set():
            load_demonstration(settings, stopping)
            programs = make_programs(settings)
            watch(settings, server, programs, stopping)
        return 0
    finally:
        tell("stopping")
        for program in reversed(programs):
            program.stop()
        end(marked(settings.instance))
        if server:
            server.stop()
        retract_addresses(settings.instance)
        tell(f"stopped; the data stays in {settings.instance if server else 'the database of LIMS_DATABASE_URL'}")


def check_port(port: int) -> None:
    """Raise Busy when something else listens where the web server should."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except PermissionError:
            raise Busy(
                "Port %(port)d is not for ordinary accounts. Choose one above 1023, such as: LIMS_PORT=8001 make run",
                port=port,
            ) from None
        except OSError:
            raise Busy(
                "Port %(port)d is in use on this machine. Choose another, for instance: LIMS_PORT=8001 make run",
                port=port,
            ) from None


def with_database(settings: Settings, server: Server) -> Settings:
    """Return the settings with the addresses of our own server, told to commands run by hand too."""
    urls = {"database_url": server.url(APPLICATION), "database_owner_url": server.url(OWNER)}
    publish_addresses(settings.instance, {**urls, "port": str(settings.port), "base_url": settings.base_url})
    return replace(settings, database_url=urls["database_url"], database_owner_url=urls["database_owner_url"])


def refuse_a_real_laboratory(settings: Settings) -> None:
    """Raise Refused where the database named holds a laboratory of its own: all that starts here is for show."""
    if migrate.current(settings.database_owner_url) is None:
        return
    from lims.people.queries import anybody, password_known_to_all

    with database(settings) as session:
        real = anybody(session) and not password_known_to_all(session)
    if real:
        raise Refused(
            "The database of LIMS_DATABASE_URL holds a laboratory of its own, and this starts the demonstration: its "
            "seal, its bench, accounts that everybody knows.",
            rule="the demonstration stands alone",
            clause="ISO/IEC 17025, 7.11.3",
            remedy="Unset LIMS_DATABASE_URL, or start the programs one by one: docs/how-to/run-for-real.md.",
        )


def leave_half_a_load(server: Server) -> None:
    """Begin in a new database when the demonstration was not loaded to its end; the half one stays beside it."""
    half = half_loaded(server.instance)
    if not half or half != current_database(server.instance):
        return
    name = f"lims_demonstration_{clock.now():%Y%m%d_%H%M%S}"
    create_database(server, name)
    choose_database(server.instance, name)
    forget_load(server.instance)
    tell(f"the demonstration in {half} was interrupted while it was loaded; it begins anew in {name}")


def load_demonstration(settings: Settings, stopping: threading.Event) -> None:
    """Load the demonstration laboratory if there is nobody in the database; raise Unavailable when it fails."""
    if "demo" not in NOUNS:  # while the rooms are built
        return
    tell("looks whether there is a laboratory; an empty database gets the demonstration, which takes half a minute")
    command = [*LIMS, "demo", "load", "--if-empty"]
    process = subprocess.Popen(command, env=environment(settings), start_new_session=True)  # noqa: S603 - our own command
    while process.poll() is None and not stopping.wait(0.1):
        pass
    if stopping.is_set():
        process.terminate()
        process.wait()
    elif process.returncode:
        raise Unavailable(
            "The demonstration laboratory could not be loaded (%(how)s); the lines above say why.",
            how=ending(process.returncode),
        )


def make_programs(settings: Settings) -> list[Program]:
    """Return the programs to keep running: web server, worker, agent of the simulated bench."""
    bench = settings.instance / "bench"
    write_private(bench / "token", settings.bench_token)
    web = [
        sys.executable, "-m", "gunicorn", "lims.app:create_app()", "--bind", f"{HOST}:{settings.port}",
        "--worker-class", "gthread", "--workers", str(settings.web_processes), "--threads", str(settings.web_threads),
        "--graceful-timeout", "5", "--timeout", "60", "--no-control-socket", "--log-level", "warning",
    ]  # fmt: skip
    agent = [
        *LIMS, "agent", "run", "--server", settings.base_url, "--token-file", str(bench / "token"),
        "--bench", settings.bench, "--spool", str(bench / "spool"), "--bench-file", str(BENCH_FILE),
    ]  # fmt: skip
    everything = environment(settings)
    alone = {name: value for name, value in everything.items() if not name.startswith("LIMS_")}
    programs = [
        Program(name="web", command=web, environment=everything, instance=settings.instance),
        Program(name="worker", command=[*LIMS, "worker", "run"], environment=everything, instance=settings.instance),
        Program(name="agent", command=agent, environment=alone, instance=settings.instance),
    ]
    return [
        program for program in programs if program.name == "web" or program.name in NOUNS
    ]  # while the rooms are built


def environment(settings: Settings) -> dict[str, str]:
    """Return the environment of our own programs: this one, and every setting by its variable."""
    return {**os.environ, **config.environment(settings), "PYTHONUNBUFFERED": "1"}


def watch(settings: Settings, server: Server | None, programs: list[Program], stopping: threading.Event) -> None:
    """Keep the database and the programs running until told to stop; greet when the web server answers."""
    greeted = False
    while not stopping.wait(0.2):
        if server and not server.alive():
            revive(server)
        for program in programs:
            if said := program.tend():
                tell(said)
        if not greeted and answers(settings.base_url):
            greet(settings)
            greeted = True


def revive(server: Server) -> None:
    """Start the database again when it was killed."""
    tell("the database ended, starts again")
    try:
        ensure_server(server.instance)
    except LimsError as error:
        tell(str(error))


def tell(said: str) -> None:
    """Say what happened, and when, on the terminal; a terminal that was closed must not keep us from stopping."""
    with suppress(OSError):
        print(f"{time.strftime('%H:%M:%S')} {said}", file=sys.stderr, flush=True)


def answers(url: str) -> bool:
    """Return whether the web server answers at all."""
    try:
        with urllib.request.urlopen(url, timeout=2):  # noqa: S310 - http on the loopback address
            return True
    except urllib.error.HTTPError as error:
        return error.code < 500
    except OSError:
        return False


def greet(settings: Settings) -> None:
    """Say where it runs, who may log in and how to stop it."""
    lines = [f"\nLIMS {version('lims')}, demonstration laboratory (this machine only): {settings.base_url}\n"]
    if "demo" in NOUNS:  # while the rooms are built
        lines.append(import_module("lims.demo.accounts").text())
    lines.append(f"\nData and logs: {settings.instance}    Ctrl-C stops everything.")
    with suppress(OSError):
        print("\n".join(lines), flush=True)
