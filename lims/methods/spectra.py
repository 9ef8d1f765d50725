"""The key `vectors` of a document: spectra and profiles, used in sum(..) and trapz(.., ..)."""

from __future__ import annotations

from lims.errors import Invalid
from lims.methods.entry import Entry, at
from lims.metrology.estimate import Estimate, Part
from lims.metrology.expression import normal_name
from lims.metrology.type_b import ratio_scale
from lims.metrology.vectors import Vector, vector


def read_vectors(entry: Entry) -> dict[str, Vector]:
    """Read all vectors.

    Raises
    ------
    Invalid
        A key that is unknown, missing or contradictory; the key is named.
    """
    found: dict[str, Vector] = {}
    for given, value in entry.mapping_at("vectors").items():
        path = f"vectors.{given}"
        with at(path):
            name = normal_name(given)
        if name in found:
            raise Invalid("%(key)s: this name is taken already.", key=path)
        row = Entry(value, path)
        row.text("description")
        unit = row.unit()
        values = row.numbers("values")
        with at(path):
            found[name] = vector(
                name,
                unit,
                values,
                u=_uncertainty(row, unit, values),
                correlation=row.number("correlation") or 0.0,
                origin=row.word("origin"),
            )
        row.done()
    return found


def _uncertainty(row: Entry, unit: str, values: tuple[float, ...]) -> float | tuple[float, ...]:
    """Standard uncertainties: u or U over k, for all or one each, or a part of each value."""
    stated = [key for key in ("u", "relative_u", "U") if row.has(key)]
    if len(stated) > 1:
        raise Invalid("%(key)s: state one of %(given)s.", key=row.path, given=", ".join(stated))
    k = row.number("k")
    if (stated == ["U"]) != (k is not None):
        raise Invalid("%(key)s: k goes with U.", key=row.at("k"))
    if k is not None and k <= 0:
        raise Invalid("%(key)s: a coverage factor is positive.", key=row.at("k"))
    if not stated:
        return 0.0
    given = row.raw(stated[0])
    sizes = row.numbers(stated[0]) if isinstance(given, list | tuple) else row.wanted_number(stated[0])
    if stated == ["relative_u"]:
        ratio_scale(unit)
        relative = sizes if isinstance(sizes, tuple) else (sizes,) * len(values)
        if len(relative) != len(values):
            raise Invalid("u needs one number, or one for each of the %(n)s values.", n=len(values))
        return tuple(one * abs(value) for one, value in zip(relative, values, strict=True))
    divisor = 1.0 if k is None else k
    return tuple(one / divisor for one in sizes) if isinstance(sizes, tuple) else sizes / divisor


def estimates(found: Vector) -> dict[str, Estimate]:
    """The errors of a vector as variables: value 0, standard uncertainty 1; its values scale them."""
    one = Estimate(value=0.0, unit="1", parts=(Part(name=found.name, u=1.0),), origin=found.origin, group=found.name)
    return dict.fromkeys(found.errors, one)
