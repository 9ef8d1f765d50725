"""What is asked about results: work at the bench, runs, frozen results, review, what an instrument touched."""

from lims.results.queries.faults import reading_faults, result_faults
from lims.results.queries.frozen import (
    Reportable,
    ResultView,
    recompute,
    reportable,
    result_count,
    result_parts,
    result_view,
    results_of,
    summaries,
)
from lims.results.queries.gates import GateView, OverrideView
from lims.results.queries.grid import Grid, GridRow, grid
from lims.results.queries.lots import LotOffer
from lims.results.queries.offers import Offer, offers
from lims.results.queries.preview import Previewed, review_preview
from lims.results.queries.readings import Affected, readings_of_instrument
from lims.results.queries.review import Queue, ReviewPage, review_page, review_queue
from lims.results.queries.runs import Order, Progress, Run, acquisition_progress, live_progress, live_tag, orders
from lims.results.queries.sent_files import (
    Choice,
    Preview,
    SentFileView,
    preview,
    sent_content,
    sent_file,
    sent_files,
    taken_from,
)
from lims.results.queries.simulations import SimulationView, job_of
from lims.results.queries.standing import HoldView, holds
from lims.results.queries.tray import Position, Tray, tray
from lims.results.queries.work import LineWork, line_work

__all__ = [
    "Affected",
    "Choice",
    "GateView",
    "Grid",
    "GridRow",
    "HoldView",
    "LineWork",
    "LotOffer",
    "Offer",
    "Order",
    "OverrideView",
    "Position",
    "Preview",
    "Previewed",
    "Progress",
    "Queue",
    "Reportable",
    "ResultView",
    "ReviewPage",
    "Run",
    "SentFileView",
    "SimulationView",
    "Tray",
    "acquisition_progress",
    "grid",
    "holds",
    "job_of",
    "line_work",
    "live_progress",
    "live_tag",
    "offers",
    "orders",
    "preview",
    "reading_faults",
    "readings_of_instrument",
    "recompute",
    "reportable",
    "result_count",
    "result_faults",
    "result_parts",
    "result_view",
    "results_of",
    "review_page",
    "review_preview",
    "review_queue",
    "sent_content",
    "sent_file",
    "sent_files",
    "summaries",
    "taken_from",
    "tray",
]
