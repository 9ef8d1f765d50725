"""lims agent run | identify: the program at a bench. Needs neither database nor web framework."""

from __future__ import annotations

import argparse
import logging
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lims.bench.agent import Agent


def _run(argv: list[str]) -> int:
    """Measure for a server until told to end."""
    from importlib.metadata import version

    from lims.bench.agent import Agent
    from lims.bench.bank import Bank
    from lims.bench.benchfile import read
    from lims.bench.spool import Spool
    from lims.bench.uplink import Uplink

    parser = argparse.ArgumentParser(prog="lims agent run", description=_run.__doc__)
    parser.add_argument("--server", required=True, help="address of the server, https://…")
    parser.add_argument(
        "--token-file", required=True, type=Path, help="file with the token of this bench, readable by you only"
    )
    parser.add_argument("--bench", required=True, help="name of this bench")
    parser.add_argument("--spool", required=True, type=Path, help="folder for readings on their way")
    parser.add_argument("--bench-file", required=True, type=Path, help="which instruments are connected, TOML")
    parser.add_argument("--keep-days", type=int, default=30, help="so long are readings kept after they arrived")
    options = parser.parse_args(argv)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    token, stations = _token(options.token_file), read(options.bench_file)
    agent = Agent(
        bench=options.bench,
        version=version("lims"),
        uplink=Uplink(options.server, token),
        spool=Spool(options.spool),
        bank=Bank(stations),
        keep_days=options.keep_days,
    )
    return _until_told(agent)


def _until_told(agent: Agent) -> int:
    """Let the agent work in a thread; a signal handler may not touch locks, so it only leaves a note."""
    told: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda received, _: told.append(received))
    thread = threading.Thread(target=agent.run, name="agent")
    thread.start()
    while thread.is_alive():
        thread.join(0.2)
        if told:
            agent.leave()
    return 0 if told else 1


def _identify(argv: list[str]) -> int:
    """Ask the instruments of a bench file who they are; 1 when one is not the one it should be."""
    from lims.bench.bank import Bank
    from lims.bench.benchfile import read
    from lims.instruments.told import plain

    parser = argparse.ArgumentParser(prog="lims agent identify", description=_identify.__doc__)
    parser.add_argument("bench_file", type=Path, metavar="FILE")
    options = parser.parse_args(argv)
    bank = Bank(read(options.bench_file))
    found = bank.look()
    bank.close()
    for each in found:
        shown = {name: plain(value) for name, value in each.items()}
        print("{resource}  {driver}  {serial}  {status}  {idn}  {fault}".format(**shown))
    return 0 if all(each["status"] == "ready" for each in found) else 1


def _token(path: Path) -> str:
    """Read the token; refuse a file that others can read."""
    from lims.errors import Invalid

    try:
        mode, token = path.stat().st_mode, path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid("The token file %(path)s can't be read: %(reason)s.", path=path, reason=error) from error
    if sys.platform != "win32" and mode & 0o077:
        raise Invalid("The token file %(path)s can be read by others: chmod 600 it.", path=path)
    if not token:
        raise Invalid("The token file %(path)s is empty.", path=path)
    return token


VERBS = {"run": _run, "identify": _identify}
