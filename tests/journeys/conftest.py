"""The whole system for a journey: `lims up` with the demonstration laboratory, as somebody starts it at home."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from lims.cli.processes import marked
from lims.store import embedded
from tests.fixtures.running import Up, free_port

PATIENCE = 240.0
"""Seconds until the demonstration is loaded, on a machine that does other things too."""


@pytest.fixture(scope="package")
def up() -> Iterator[Up]:
    """The running system; the tests that share it leave it running and whole."""
    folder = Path(tempfile.mkdtemp(prefix="lims-journey-", dir="/tmp"))  # short, so that the socket's path fits
    folder.chmod(0o711)
    running = Up(folder / "instance", free_port())
    try:
        running.until(running.answers, PATIENCE)
        yield running
    finally:
        if running.process.poll() is None:
            running.stop()
        for process in marked(running.instance):
            process.kill()
        embedded.server_of(running.instance).stop()
        shutil.rmtree(folder)


@pytest.fixture(scope="package")
def address(up: Up) -> str:
    """Where the system answers."""
    return f"http://127.0.0.1:{up.port}"
