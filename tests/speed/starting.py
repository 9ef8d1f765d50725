"""Cold start and memory of the web server, as one gunicorn process beside a plain Flask under the same server."""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import psutil

from tests.speed.place import Place
from tests.speed.timing import Row

PATIENCE_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """What a web server needed until its first answer."""

    seconds: float
    megabytes: float


def rows(place: Place) -> Iterator[Row]:
    """Measure the time to the first page and the memory then."""
    ours = started("lims.app:create_app()", "/login", settings_of(place))
    floor = started("tests.speed.plain_flask:app", "/", _plain())
    what = "plain Flask under the same server"
    yield Row(work="cold start of the web server to its first page", ours=ours.seconds, floor=floor.seconds,
              floor_is=what, target=3.0, unit="s")  # fmt: skip
    yield Row(work="memory then (master and one process)", ours=ours.megabytes, floor=floor.megabytes, floor_is=what,
              target=250.0, unit="MB")  # fmt: skip


def settings_of(place: Place) -> dict[str, str]:
    """Return the environment of a web server of a place."""
    return _plain() | {
        "LIMS_DATABASE_URL": place.url,
        "LIMS_SECRET_KEY": secrets.token_urlsafe(48),
        "LIMS_PASSWORD_SALT": secrets.token_urlsafe(48),
        "LIMS_INSTANCE": str(place.folder / "instance"),
    }


def _plain() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("LIMS_")}


def started(application: str, path: str, environment: Mapping[str, str]) -> Started:
    """Start one, wait for its first page, weigh it, stop it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", application, "--bind", f"127.0.0.1:{port}",
               "--worker-class", "gthread", "--workers", "1", "--threads", "4", "--no-control-socket",
               "--log-level", "error"]  # fmt: skip
    begun = time.monotonic()
    process = subprocess.Popen(command, env=dict(environment))
    try:
        until_answer(f"http://127.0.0.1:{port}{path}", begun + PATIENCE_S)
        taken = time.monotonic() - begun
        family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
        return Started(seconds=taken, megabytes=sum(one.memory_full_info().pss for one in family) / 2**20)
    finally:
        process.terminate()
        process.wait(30)


def until_answer(url: str, deadline: float) -> None:
    """Wait until an address answers."""
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - our own server
                assert answer.status == 200
                return
        except urllib.error.HTTPError:
            raise
        except OSError:
            assert time.monotonic() < deadline, f"{url} does not answer"
            time.sleep(0.02)
