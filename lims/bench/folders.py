"""Folders that instruments write files into: looked into, never changed; what has come to rest there is sent.

A file is sent once it did not change between two looks some seconds apart, so that half a file never goes. What the
server took is remembered in the spool by its content; what it refused is said until the file changes.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from lims.bench.spool import Spool
from lims.bench.uplink import Conflict, Rejected
from lims.errors import Invalid, LimsError, NotFound
from lims.instruments.fileread import MAX_BYTES, content_of
from lims.instruments.told import Told, plain, told, told_whole

REST_S = 5.0
MOST_FILES = 5000
"""Files of one folder that are looked at: a folder with more needs tidying, and says so."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """A folder, which of its files count, whose they are by serial number, and how they are read."""

    path: Path
    pattern: str
    serial: str
    parser: str


Send = Callable[[Folder, str, bytes], None]
"""Sends the content of a file; raises as the calls of `Uplink` do."""


class Folders:
    """The folders of a bench; `faults` says of which files the server won't take the content."""

    def __init__(self, folders: Sequence[Folder], spool: Spool, *, rest_s: float = REST_S) -> None:
        self._folders, self._spool, self._rest_s = folders, spool, rest_s
        self._seen: dict[Path, tuple[tuple[int, int], float]] = {}
        self._refused: dict[Path, tuple[str, tuple[Told, ...]]] = {}

    def look(self, send: Send) -> None:
        """Send every file that has come to rest and was not sent; what the network loses comes again next time."""
        for folder in self._folders:
            for path in self._at_rest(folder):
                self._send(folder, path, send)

    def faults(self) -> list[tuple[str, tuple[Told, ...]]]:
        """Return the files that can't be sent, each with the reason."""
        return [(path.name, reason) for path, (_digest, reason) in sorted(self._refused.items())]

    def _at_rest(self, folder: Folder) -> Iterator[Path]:
        """Give the files that have not changed for some seconds, the oldest first."""
        try:
            found = sorted(self._files(folder), key=lambda one: one[1])
        except (OSError, LimsError) as error:
            self._note(folder.path, "", error)
            return
        self._refused.pop(folder.path, None)
        for path, changed, size in found:
            state, since = self._seen.get(path, ((0, 0), 0.0))
            if state != (changed, size):
                self._seen[path] = ((changed, size), monotonic())
            elif monotonic() - since >= self._rest_s:
                yield path

    def _files(self, folder: Folder) -> Iterator[tuple[Path, int, int]]:
        if not folder.path.is_dir():
            raise NotFound("There is no folder %(path)s.", path=folder.path)
        for count, path in enumerate(folder.path.glob(folder.pattern)):
            if count >= MOST_FILES:
                raise Invalid("There are more than %(most)s files in %(path)s.", most=MOST_FILES, path=folder.path)
            about = path.stat()
            if path.is_file():
                yield path, about.st_mtime_ns, about.st_size

    def _send(self, folder: Folder, path: Path, send: Send) -> None:
        state = self._seen[path][0]
        if self._spool.sent_state(str(path)) == state:
            return
        try:
            content = content_of(path)
        except OSError as error:
            self._note(path, "", error)
            return
        digest = hashlib.sha256(content).hexdigest()
        if self._refused.get(path, ("", ()))[0] == digest:
            return
        if len(content) > MAX_BYTES:
            self._note(path, digest, Invalid("The file is larger than %(limit)s bytes.", limit=MAX_BYTES))
            return
        try:
            send(folder, path.name, content)
        except (Conflict, Rejected, NotFound, Invalid) as error:
            self._note(path, digest, error)
            return
        self._refused.pop(path, None)
        self._spool.note_sent(str(path), state, digest)
        log.info("%s was sent", path)

    def _note(self, path: Path, digest: str, error: Exception) -> None:
        reason = told_whole(error) if isinstance(error, LimsError) else (told(_unreadable(path, error)),)
        if self._refused.get(path) != (digest, reason):
            log.error("%s: %s", path, plain(reason))
        self._refused[path] = digest, reason


def _unreadable(path: Path, error: Exception) -> LimsError:
    return LimsError("%(path)s can't be read: %(reason)s.", path=path, reason=type(error).__name__)
