"""Points of a certificate as tables: one for each quantity and range, its columns aligned at the decimal sign."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lims.instruments.queries import PointView
from lims.web.columns import aligned

_COLUMNS = ("indication", "correction", "U", "k", "dof")


@dataclass(frozen=True, slots=True, kw_only=True)
class PointTable:
    """Points of one quantity and range, and the same as cells by column."""

    points: Sequence[PointView]
    cells: Sequence[dict[str, str]]


def tables_of_points(points: Iterable[PointView]) -> list[PointTable]:
    """Return the points by quantity, unit and range, each table in the order of the indications."""
    groups: dict[tuple[str, str, str], list[PointView]] = {}
    for point in points:
        groups.setdefault((point.quantity, point.unit, point.range or ""), []).append(point)
    return [_table(sorted(group, key=lambda point: point.indication)) for group in groups.values()]


def _table(points: Sequence[PointView]) -> PointTable:
    columns = [aligned(getattr(point, name) for point in points) for name in _COLUMNS]
    return PointTable(
        points=points, cells=[dict(zip(_COLUMNS, row, strict=True)) for row in zip(*columns, strict=True)]
    )
