"""lims agent run | scan | identify | selftest | replay: the program at a bench, without database and web framework."""

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
    from lims.bench.folders import Folders
    from lims.bench.listening import Listening
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
    token, here = _token(options.token_file), read(options.bench_file)
    spool = Spool(options.spool)
    listening = Listening(here.callers, options.spool / "received")
    agent = Agent(
        bench=options.bench,
        version=version("lims"),
        uplink=Uplink(options.server, token),
        spool=spool,
        bank=Bank(here.stations),
        folders=Folders([*here.folders, *listening.folders], spool),
        keep_days=options.keep_days,
    )
    listening.start()
    try:
        return _until_told(agent)
    finally:
        listening.stop()


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
    bank = Bank(read(options.bench_file).stations)
    found = bank.look()
    bank.close()
    for each in found:
        shown = {name: plain(value) for name, value in each.items()}
        print("{resource}  {driver}  {serial}  {status}  {idn}  {fault}".format(**shown))
    return 0 if all(each["status"] == "ready" for each in found) else 1


def _scan(argv: list[str]) -> int:
    """Look for instruments that VISA finds, or at the resources named, and write what a bench file says of them."""
    from lims.bench.finding import recognise
    from lims.instruments.driverfile import load, shipped_files
    from lims.instruments.told import plain
    from lims.instruments.transport import canonical, connected

    parser = argparse.ArgumentParser(prog="lims agent scan", description=_scan.__doc__)
    parser.add_argument("resources", nargs="*", metavar="RESOURCE", help="as TCPIP::192.0.2.11::5025::SOCKET")
    parser.add_argument("--backend", default="@py", help="@py, @ivi for an installed VISA, or a simulation")
    parser.add_argument("--serial", action="store_true", help="ask serial lines too: know what is connected to them")
    options = parser.parse_args(argv)
    named = [canonical(each) for each in options.resources] or connected(options.backend)
    drivers = [load(path) for path in shipped_files()]
    known = 0
    for found in recognise(named, drivers, backend=options.backend, serial=options.serial or bool(options.resources)):
        if found.driver is None or found.identity is None:
            print(f"# {found.resource}: {plain(found.fault)}")
            continue
        known += 1
        print(f'# {found.identity.idn}\n[[instrument]]\nresource = "{found.resource}"\ndriver = "{found.driver.id}"')
        print(f'serial = "{found.identity.serial}"' + ("" if found.identity.serial else "  # as on its plate"))
        print(f'backend = "{options.backend}"\n' if options.backend != "@py" else "")
    return 0 if known else 1


def _selftest(argv: list[str]) -> int:
    """Try spool, server and instruments of a bench once and store nothing; 1 when something is not as it should be."""
    from lims.bench.benchfile import read
    from lims.bench.selftest import checks
    from lims.bench.uplink import Uplink

    parser = argparse.ArgumentParser(prog="lims agent selftest", description=_selftest.__doc__)
    parser.add_argument("--server", help="address of the server, https://…")
    parser.add_argument("--token-file", type=Path, help="file with the token of this bench")
    parser.add_argument("--spool", type=Path, help="folder for readings on their way")
    parser.add_argument("--bench-file", required=True, type=Path, help="which instruments are connected, TOML")
    options = parser.parse_args(argv)
    if bool(options.server) != bool(options.token_file):
        parser.error("--server and --token-file belong together")
    uplink = Uplink(options.server, _token(options.token_file)) if options.server else None
    all_good = True
    try:
        for check in checks(spool=options.spool, uplink=uplink, stations=read(options.bench_file).stations):
            all_good &= check.good
            print(f"{'good' if check.good else 'BAD '}  {check.what}: {check.says}")
    finally:
        if uplink is not None:
            uplink.close()
    return 0 if all_good else 1


def _replay(argv: list[str]) -> int:
    """List the runs in a spool; give the readings of one, its chain checked; or have it sent once more."""
    import json

    from lims.bench.spool import Spool
    from lims.instruments.reading import GENESIS, as_json, check
    from lims.instruments.told import plain

    parser = argparse.ArgumentParser(prog="lims agent replay", description=_replay.__doc__)
    parser.add_argument("spool", type=Path, metavar="FOLDER", help="of an agent that does not run now")
    parser.add_argument("acquisition", nargs="?", help="the run whose readings are wanted")
    parser.add_argument("--again", action="store_true", help="the next agent sends it once more: that can't do harm")
    options = parser.parse_args(argv)
    spool = Spool(_folder(options.spool))
    try:
        if options.acquisition is None:
            for one in spool.all():
                sent = spool.acknowledged(one.id)
                print(
                    f"{one.id}  {one.count} readings, {sent} sent  {one.ended or 'open'}  {plain(one.reason)}".rstrip()
                )
            return 0
        head = GENESIS
        for sealed in spool.readings(options.acquisition):
            check(sealed, head)
            head = sealed.hash
            print(json.dumps(as_json(sealed), ensure_ascii=False))
        if options.again:
            spool.rewind(options.acquisition, 0)
            spool.report_again(options.acquisition)
        return 0 if spool.find(options.acquisition) else 1
    finally:
        spool.close()


def _folder(path: Path) -> Path:
    from lims.errors import NotFound

    if not (path / "spool.sqlite3").is_file():
        raise NotFound("There is no spool in %(path)s.", path=path)
    return path


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


VERBS = {"run": _run, "scan": _scan, "identify": _identify, "selftest": _selftest, "replay": _replay}
