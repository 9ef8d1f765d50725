"""The table as text, for the terminal and for docs/reference/speed.md."""

from __future__ import annotations

from collections.abc import Sequence

from tests.speed.timing import Row

HEADS = ("work", "ours", "p95", "floor", "ratio", "to reach", "", "SQL", "floor is")


def cells(row: Row) -> tuple[str, ...]:
    """Return one row in words."""
    sign = "≥" if row.more_is_better else "≤"
    return (
        row.work,
        number(row.ours, row.unit),
        number(row.p95, row.unit),
        number(row.floor, row.unit),
        "" if row.ratio is None else f"{row.ratio:.2g}" if row.ratio < 10 else f"{row.ratio:.0f}",
        "" if row.target is None else f"{sign} {number(row.target, row.unit)}",
        {None: "", True: "reached", False: "MISSED"}[row.reached],
        "" if row.statements is None else str(row.statements),
        row.floor_is,
    )


def number(value: float | None, unit: str) -> str:
    """Return a figure with three digits and its unit."""
    if value is None:
        return ""
    digits = f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"
    return f"{digits} {unit}"


def plain(rows: Sequence[Row]) -> str:
    """Return the table for a terminal."""
    lines = [HEADS, *(cells(row) for row in rows)]
    widths = [max(len(line[n]) for line in lines) for n in range(len(HEADS))]
    return "\n".join(
        "  ".join(cell.ljust(width) if n in {0, 8} else cell.rjust(width) for n, (cell, width) in
                  enumerate(zip(line, widths, strict=True))).rstrip()
        for line in lines
    )  # fmt: skip


def markdown(rows: Sequence[Row]) -> str:
    """Return the table for a page."""
    heads = "| " + " | ".join(head or "so" for head in HEADS) + " |"
    rule = "|---|" + "---:|" * 5 + "---|---:|---|"
    return "\n".join([heads, rule, *("| " + " | ".join(cells(row)) + " |" for row in rows)])
