"""Labels of items: what stands on them, their QR code, label stocks, and the cells of a printed page. Pure."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass

import segno

from lims.errors import Invalid


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """One label: the number in large type, a few lines of text, and the address that its QR code opens."""

    number: str
    lines: tuple[str, ...]
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stock:
    """Label material. Lengths in millimetres; a roll has one column and one row."""

    name: str
    width: float
    height: float
    columns: int = 1
    rows: int = 1
    margin_left: float = 0.0
    margin_top: float = 0.0
    gap_x: float = 0.0
    gap_y: float = 0.0

    @property
    def on_a_page(self) -> int:
        """Labels on one page."""
        return self.columns * self.rows

    @property
    def is_sheet(self) -> bool:
        """Whether it is a sheet of labels, not a roll."""
        return self.on_a_page > 1


STOCKS: dict[str, Stock] = {
    "roll-62x29": Stock(name="62 × 29 mm", width=62, height=29),
    "roll-50x25": Stock(name="50 × 25 mm", width=50, height=25),
    "roll-38x19": Stock(name="38 × 19 mm", width=38, height=19),
    "a4-3x8": Stock(name="A4, 3 × 8 (70 × 37 mm)", width=70, height=37, columns=3, rows=8, margin_top=0.5),
    "a4-3x7": Stock(
        name="A4, 3 × 7 (63.5 × 38.1 mm)",
        width=63.5,
        height=38.1,
        columns=3,
        rows=7,
        margin_left=7.2,
        margin_top=15.1,
        gap_x=2.5,
    ),
}
"""Stocks that are offered: rolls for label printers, sheets for an office printer."""


_ADDRESS = re.compile(r"https?://[^?#]*?/(?:scan/(?P<item>[^?#]+)|j/(?P<job>[^/?#]+)/[^/?#]+)", re.IGNORECASE)


def number_scanned(code: str) -> str:
    """Return the number that a scanner means: it types the address that a code holds, or a number as it stands.

    A label's code holds ".../scan/<number>", that of the form that the client keeps ".../j/<number>/<check code>".

    >>> number_scanned(" https://lab.example/scan/jn-1-1/1 "), number_scanned("https://lab.example/j/JN-1/K7Q2")
    ('JN-1-1/1', 'JN-1')
    """
    found = _ADDRESS.fullmatch(code.strip())
    number = (found["item"] or found["job"]) if found else code
    return number.strip().upper()


def stock(name: str) -> Stock:
    """Return the stock of this name.

    Raises
    ------
    Invalid
        Names the stocks there are.

    >>> stock("roll-62x29").width
    62
    """
    if name not in STOCKS:
        raise Invalid("There is no label stock '%(name)s'; there are %(names)s.", name=name, names=", ".join(STOCKS))
    return STOCKS[name]


def qr_svg(address: str) -> str:
    """Return the QR code of an address as an inline SVG of modules, error correction M, without size of its own.

    >>> qr_svg("https://lab.example/scan/J-1").startswith("<svg")
    True

    Source: ISO/IEC 18004, 7.
    """
    out = io.BytesIO()
    segno.make(address, error="m", micro=False).save(
        out,
        kind="svg",
        xmldecl=False,
        svgns=True,
        omitsize=True,
        border=4,
        light="#fff",
        lineclass=None,
        svgclass="qr",
        nl=False,
    )
    return out.getvalue().decode()


def pages(labels: Sequence[Label], on: Stock, *, skip: int = 0) -> list[list[Label | None]]:
    """Return the cells of each page, row by row; `skip` leaves the first cells of a begun sheet free.

    Parameters
    ----------
    labels : sequence of Label
    on : Stock
    skip : int
        Cells already used on the first sheet; less than a whole sheet.

    Raises
    ------
    Invalid
        When skip does not fit on a sheet.

    >>> one = Label(number="J-1", lines=(), address="a")
    >>> [len(page) for page in pages([one] * 3, STOCKS["a4-3x8"], skip=23)]
    [24, 2]
    """
    if not 0 <= skip < on.on_a_page:
        raise Invalid("Leave 0 to %(most)s labels of the first sheet free.", most=on.on_a_page - 1)
    cells: list[Label | None] = [None] * skip + list(labels)
    return [cells[first : first + on.on_a_page] for first in range(0, len(cells), on.on_a_page)]
