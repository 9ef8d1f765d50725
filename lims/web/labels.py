"""Labels for a label printer or on sheets, and the form that the client takes home: pages that print as they are."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request
from flask_babel import gettext

from lims.errors import Refused
from lims.http.errors import reader_locale
from lims.http.rights import needs, public, signed_in_actor
from lims.http.session import house, open_transaction
from lims.people.rights import Right
from lims.samples import queries
from lims.samples.labels import STOCKS, Label, pages, qr_svg, stock
from lims.samples.queries import ItemView, JobView
from lims.words import text_in

bp = Blueprint("labels", __name__)


@bp.get("/jobs/<int:job_id>/labels")
@needs(Right.READ)
def job_labels(job_id: int) -> str:
    """Show labels of the items of a job (all, or those asked for), ready to print."""
    name = request.args.get("stock", "roll-62x29")
    chosen = set(request.args.getlist("item", type=int))
    with open_transaction() as session:
        job = queries.job_view(session, by=signed_in_actor(), job_id=job_id)
    items = [item for item in job.items if item.number and (not chosen or item.id in chosen)]
    made = [(_label(job, item), item) for item in items]
    skip = request.args.get("skip", 0, type=int) if stock(name).is_sheet else 0
    cells = pages([label for label, _ in made], stock(name), skip=skip)
    codes = {label.address: qr_svg(label.address) for label, _ in made}
    return render_template(
        "labels/print.html", job=job, stocks=STOCKS, name=name, on=stock(name), pages=cells, codes=codes, skip=skip
    )


def _label(job: JobView, item: ItemView) -> Label:
    """Return the label of an item: its own number, the client's mark, what it is; never the client's name (4.2)."""
    tests = {line.method_code for line in job.lines_of(item.id)}
    lines = [item.label, item.description, " ".join(sorted(tests)), text_in(job.branch, reader_locale())]
    if item.retained_until:
        lines.insert(2, gettext("Keep until %(day)s", day=item.retained_until.isoformat()))
    address = f"{house().settings.base_url.rstrip('/')}/scan/{item.number}"
    return Label(number=item.number or "", lines=tuple(line for line in lines if line), address=address)


@bp.get("/jobs/<int:job_id>/form")
@needs(Right.REGISTER)
def slip(job_id: int) -> str:
    """Show the form that the client takes home: what was ordered, and where to look it up."""
    with open_transaction() as session:
        job = queries.job_view(session, by=signed_in_actor(), job_id=job_id)
    if job.number is None:
        raise Refused("A draft has no number yet. Confirm the job first.", rule="numbered at confirmation")
    address = f"{house().settings.base_url.rstrip('/')}/j/{job.number}/{job.check_code}"
    return render_template("jobs/slip.html", job=job, address=address, code=qr_svg(address))


@bp.get("/labels/stocks.css")
@public("sizes of label paper, nothing of the laboratory")
def stocks_css() -> Response:
    """Return the style sheet with the sizes of all stocks; a page's size can't be said elsewhere."""
    css = render_template("labels/stocks.css", stocks=STOCKS)
    return Response(css, mimetype="text/css", headers={"Cache-Control": "public, max-age=3600"})
