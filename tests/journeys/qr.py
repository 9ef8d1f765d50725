"""What a QR code on a printed page says, compared module by module with the code of an address."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import segno

BRIGHTNESS = 128
DPI = 300


def page_shows(pdf: Path, address: str) -> bool:
    """Tell whether the upper right of the first page carries the QR code of this address (ISO/IEC 18004, level M)."""
    command = ["pdftoppm", "-r", str(DPI), "-f", "1", "-l", "1", "-gray", str(pdf)]
    done = subprocess.run(command, check=True, capture_output=True)
    dark = _gray(done.stdout) < BRIGHTNESS
    corner = dark[: dark.shape[0] // 6, dark.shape[1] * 3 // 4 :]
    rows, columns = np.flatnonzero(corner.any(axis=1)), np.flatnonzero(corner.any(axis=0))
    symbol = corner[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    wanted = np.array([[bool(module) for module in row] for row in segno.make(address, error="m", micro=False).matrix])
    return np.array_equal(_modules(symbol, len(wanted)), wanted)


def _gray(content: bytes) -> np.ndarray:
    """Return the pixels of a PGM file."""
    magic, size, _depth, pixels = content.split(b"\n", 3)
    assert magic == b"P5"
    width, height = (int(part) for part in size.split())
    return np.frombuffer(pixels, np.uint8).reshape(height, width)


def _modules(symbol: np.ndarray, count: int) -> np.ndarray:
    """Return what stands in the middle of each module."""
    rows = ((np.arange(count) + 0.5) * symbol.shape[0] / count).astype(int)
    columns = ((np.arange(count) + 0.5) * symbol.shape[1] / count).astype(int)
    return symbol[np.ix_(rows, columns)]
