"""Locks between processes: VISA's own are missing in pyvisa-py, so one file per instrument, held while it is open."""

from __future__ import annotations

import hashlib
import os
import re
import sys
import tempfile
from pathlib import Path
from typing import IO

from lims.errors import Busy


def folder() -> Path:
    """Return the folder for lock files of this user, made if it is missing."""
    owner = os.getuid() if hasattr(os, "getuid") else os.environ.get("USERNAME", "user")
    base = Path(os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir())
    path = base / f"lims-instruments-{owner}"
    path.mkdir(mode=0o700, exist_ok=True)
    return path


class FileLock:
    """An exclusive lock on a name; the operating system releases it when the process ends, however it ends."""

    def __init__(self, name: str, *, where: Path | None = None) -> None:
        readable = re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-")[:60]
        self.name = name
        self.path = (where or folder()) / f"{readable}-{hashlib.sha256(name.encode()).hexdigest()[:8]}.lock"
        self._file: IO[str] | None = None

    def acquire(self) -> None:
        """Take the lock.

        Raises
        ------
        Busy
            When another process holds it.
        """
        if self._file is not None:
            return
        file = self.path.open("a+")
        try:
            _lock(file)
        except OSError as error:
            file.close()
            raise Busy("%(name)s is in use by another program on this computer.", name=self.name) from error
        self._file = file

    def release(self) -> None:
        """Give the lock back; nothing happens when it is not held."""
        if self._file is not None:
            self._file.close()
            self._file = None


if sys.platform == "win32":
    import msvcrt

    def _lock(file: IO[str]) -> None:
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _lock(file: IO[str]) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
