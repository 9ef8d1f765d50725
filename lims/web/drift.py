"""The drift of one instrument from certificate to certificate, and the interval that follows."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, Response, render_template

from lims.errors import NotFound
from lims.figures import svg
from lims.figures.drift import Error, drift_chart
from lims.http.errors import reader_locale
from lims.http.rights import needs, signed_in_actor
from lims.http.session import open_transaction
from lims.instruments import queries
from lims.instruments.drift import K, unwound
from lims.instruments.queries import InstrumentDrift, PointDrift
from lims.metrology.rounding import report
from lims.metrology.units import difference_unit, display_unit
from lims.people.rights import Right
from lims.web.display import word

bp = Blueprint("drift", __name__)

AHEAD_DAYS = (0, 90, 180, 365, 730)


@bp.app_template_filter("with_u")
def _with_u(value: float, expanded: float) -> str:
    """Return a number with its expanded uncertainty, both rounded as the GUM does: 0.12 ± 0.05."""
    written = report(value, expanded, "1", K)
    return f"{written.value} ± {written.U}".replace("-", "−")


@bp.get("/instruments/<int:instrument_id>/drift")
@needs(Right.READ)
def index(instrument_id: int) -> str:
    """Show how each calibrated point drifts, and for how long it keeps to its limit."""
    with open_transaction() as session:
        view = queries.instrument_seen(session, instrument_id, by=signed_in_actor())
        found = queries.drift(session, view)
    return render_template("instruments/drift.html", instrument=view, found=found, difference_unit=difference_unit)


@bp.get("/instruments/<int:instrument_id>/drift/<int:number>.svg")
@needs(Right.READ)
def chart(instrument_id: int, number: int) -> Response:
    """Draw one point."""
    with open_transaction() as session:
        view = queries.instrument_seen(session, instrument_id, by=signed_in_actor())
        point = _point(queries.drift(session, view), number)
    response = Response(svg.render(_figure(point)), mimetype="image/svg+xml")
    response.headers["Cache-Control"] = "private, max-age=60"
    return response


def _point(found: InstrumentDrift, number: int) -> PointDrift:
    if number >= len(found.points):
        raise NotFound("There is no such point.")
    return found.points[number]


def _figure(point: PointDrift) -> dict[str, object]:
    """Draw the errors as they would stand without adjustments, laid through what the last calibration left."""
    errors = unwound(point.calibrations)
    shift = point.drift.error - errors[-1]
    measured = [
        Error(on=one.on, error=error + shift, U=K * one.u)
        for one, error in zip(point.calibrations, errors, strict=True)
    ]
    expected = []
    for days in AHEAD_DAYS:
        error, expanded = point.drift.expected(days)
        expected.append(Error(on=point.drift.on + timedelta(days=days), error=error, U=expanded))
    unit = display_unit(difference_unit(point.unit))
    at = f"{word(point.quantity.replace('_', ' '))} {point.indication:.9g} {display_unit(point.unit)}"
    return drift_chart(measured, expected, title=at, unit=unit, limit=point.limit, locale=reader_locale())
