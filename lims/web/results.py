"""One result by its number: its line, and the picture of its distribution."""

from __future__ import annotations

from flask import Blueprint, Response, redirect, request, url_for

from lims.errors import NotFound
from lims.figures import svg
from lims.figures.density import Density, densities
from lims.http.errors import reader_locale
from lims.http.forms import Answer
from lims.http.rights import needs, signed_in_actor
from lims.http.session import open_transaction
from lims.people.rights import Right
from lims.results import queries
from lims.results.queries import ResultView, SimulationView
from lims.results.queries.simulations import densities_of
from lims.web.result_words import point_title, title_of

bp = Blueprint("results", __name__)


@bp.get("/results/<int:result_id>")
@needs(Right.READ)
def of_result(result_id: int) -> Answer:
    """Go to the line that a result is of."""
    with open_transaction() as session:
        found = queries.result_view(session, by=signed_in_actor(), result_id=result_id)
    return redirect(url_for("lines.show", line_id=found.line_id) + "#result")


@bp.get("/results/<int:result_id>/density.svg")
@needs(Right.READ)
def density(result_id: int) -> Response:
    """Draw the distribution of a result by the Monte Carlo method; the same check gives the same picture."""
    with open_transaction() as session:
        found = queries.result_view(session, by=signed_in_actor(), result_id=result_id)
    if found.simulation is None:
        raise NotFound("This result has not been checked by the Monte Carlo method.")
    tag = f"{found.simulation.id}-{reader_locale()}-{found.simulation.content_hash}"
    response = Response(mimetype="image/svg+xml")
    response.set_etag(tag)
    response.cache_control.private = True
    if not request.if_none_match.contains(tag):
        response.set_data(svg.render(densities(_drawn(found, found.simulation), locale=reader_locale())))
    response.make_conditional(request)
    return response


def _drawn(found: ResultView, simulation: SimulationView) -> list[Density]:
    """Return what is drawn, each quantity and point named in the reader's language."""
    titles = {}
    for label, symbol, _one in simulation.every():
        named = [point_title(found.document, label)] if label else []
        titles[f"{label}/{symbol}" if label else symbol] = " · ".join([*named, title_of(found.document, symbol)])
    return densities_of(found.answer, simulation, titles)
