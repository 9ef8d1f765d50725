"""The key `tables` of a document: corrections of a certificate and reference functions, used as name(argument)."""

from __future__ import annotations

from collections.abc import Mapping

from lims.errors import Invalid
from lims.methods.entry import Entry, at
from lims.metrology.estimate import Estimate, Part
from lims.metrology.expression import normal_name
from lims.metrology.tables import KINDS, Piece, Table, pieced, table


def read_tables(entry: Entry) -> dict[str, Table]:
    """Read all tables.

    Raises
    ------
    Invalid
        A key that is unknown, missing or contradictory, or knots that are no table; the key is named.
    """
    found: dict[str, Table] = {}
    for given, value in entry.mapping_at("tables").items():
        path = f"tables.{given}"
        with at(path):
            name = normal_name(given)
        if name in found:
            raise Invalid("%(key)s: another table has this name already.", key=path)
        row = Entry(value, path)
        kind = row.choice("kind", KINDS, "linear")
        row.text("description")
        with at(path):
            found[name] = _pieces(name, row) if kind == "piecewise" else _knots(name, row, kind)
        row.done()
    return found


def _units(row: Entry) -> tuple[str, str]:
    return row.maybe_unit("x_unit") or "1", row.maybe_unit("y_unit") or "1"


def _correlation(row: Entry) -> float:
    given = row.number("correlation")
    return 1.0 if given is None else given


def _knots(name: str, row: Entry, kind: str) -> Table:
    for key in ("x", "y"):
        if not row.list(key):
            raise Invalid("%(key)s: this key is missing.", key=row.at(key))
    return table(
        name,
        units=_units(row),
        x=row.numbers("x"),
        y=row.numbers("y"),
        kind=kind,
        u=_standard(row),
        correlation=_correlation(row),
        u_between=row.number("u_between") or 0.0,
        origin=row.word("origin"),
    )


def _pieces(name: str, row: Entry) -> Table:
    listed = row.list("pieces") if row.has("pieces") else _side_by_side(row)
    pieces = [_piece(item, f"{row.at('pieces')}[{place}]") for place, item in enumerate(listed)]
    u = _standard(row)
    if not isinstance(u, float):
        raise Invalid("%(key)s: a table in pieces has one uncertainty.", key=row.at("u"))
    return pieced(name, units=_units(row), pieces=pieces, u=u, correlation=_correlation(row), origin=row.word("origin"))


def _side_by_side(row: Entry) -> list[Mapping[str, object]]:
    """Pieces whose `from`, `to` and `coefficients` stand at the table itself: one of each, or lists of them."""
    low, high, coefficients = row.raw("from"), row.raw("to"), row.list("coefficients")
    if low is None or high is None or not coefficients:
        raise Invalid("%(key)s: a piece has from, to and coefficients.", key=row.path)
    if not isinstance(low, list):
        low, high, coefficients = [low], [high], [coefficients]
    if not isinstance(high, list) or not len(low) == len(high) == len(coefficients):
        raise Invalid("%(key)s: from, to and coefficients have different lengths.", key=row.path)
    return [{"from": a, "to": b, "coefficients": c} for a, b, c in zip(low, high, coefficients, strict=True)]


def _piece(given: object, path: str) -> Piece:
    row = Entry(given, path)
    bump = row.numbers("exponential")
    if row.has("exponential") and len(bump) != 3:
        raise Invalid("%(key)s: write [a, b, c], for a exp(b (x - c)**2).", key=row.at("exponential"))
    scale = row.number("x_scale")
    found = Piece(
        low=row.wanted_number("from"),
        high=row.wanted_number("to"),
        coefficients=row.numbers("coefficients"),
        origin=row.number("x_offset") or 0.0,
        scale=1.0 if scale is None else scale,
        exponential=(bump[0], bump[1], bump[2]) if bump else None,
    )
    row.done()
    return found


def _standard(row: Entry) -> float | tuple[float, ...]:
    """Standard uncertainty of y: u, or U over k."""
    if row.has("u") and row.has("U"):
        raise Invalid("%(key)s: state one of %(given)s.", key=row.path, given="u, U")
    key = "U" if row.has("U") else "u"
    k = row.number("k")
    if (key == "U") != (k is not None):
        raise Invalid("%(key)s: k goes with U.", key=row.at("k"))
    if k is not None and k <= 0:
        raise Invalid("%(key)s: a coverage factor is positive.", key=row.at("k"))
    found = row.numbers(key) if isinstance(row.raw(key), list | tuple) else (row.number(key) or 0.0)
    divisor = 1.0 if k is None else k
    return found / divisor if isinstance(found, float) else tuple(one / divisor for one in found)


def estimates(found: Table) -> dict[str, Estimate]:
    """The errors of a table as variables: value 0, standard uncertainty 1; the table scales them where it is used."""
    return {
        name: Estimate(
            value=0.0, unit="1", parts=(Part(name=found.name, u=1.0),), origin=found.origin, group=found.name
        )
        for name in found.errors
    }
