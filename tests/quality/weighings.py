"""Lines of one balance: two weighings, and a difference that takes the first of them."""

from __future__ import annotations

from lims import clock
from lims.people.rights import Role
from lims.reports.records import Report, ReportLine
from lims.results import operations, queries
from lims.results.entry import Entered
from lims.results.records import Result
from lims.samples.records import Line
from lims.store.numbering import new_check_code
from tests.results.laboratory import PASSWORD, authorise, offer

WEIGHED = {
    "title": {"en": "One weighing"},
    "inputs": {"m": {"unit": "g", "components": [{"name": "resolution", "u": 0.003}]}, "c": {"unit": "g"}},
    "outputs": {"M": {"unit": "g", "expression": "m + c", "title": {"en": "Mass"}}},
    "bindings": {
        "m": {"from": "reading", "kind": "balance", "quantity": "mass"},
        "c": {"from": "certificate", "kind": "balance", "quantity": "mass", "at": "m"},
    },
}
TWICE = {
    "title": {"en": "Twice"},
    "inputs": {"a": {"unit": "mg"}},
    "outputs": {"D": {"unit": "mg", "expression": "2 * a", "title": {"en": "Twice the mass"}}},
    "bindings": {"a": {"from": "result"}},
}


def lines(bureau) -> tuple[int, int, int]:
    """Return two lines that are weighed and one that takes a result."""
    offer(bureau, "weighed", WEIGHED)
    offer(bureau, "weighed again", WEIGHED)
    offer(bureau, "twice", TWICE)
    for who in (bureau.technician, bureau.reviewer):
        authorise(bureau, who)
    return tuple(bureau.job("weighed", "weighed again", "twice"))


def weigh(bureau, line_id: int, value: str = "100.000", instrument: str = "BAL-1") -> None:
    """Write a reading down."""
    entry = Entered(input="m", values=(value,), unit="g", instrument_id=bureau.instruments[instrument])
    operations.enter_readings(bureau.session, by=bureau.technician, line_id=line_id, entries=[entry])


def reviewed(bureau, line_id: int) -> int:
    """Submit and sign what was read; return the key of the result."""
    work = queries.line_work(bureau.session, by=bureau.technician, line_id=line_id)
    operations.submit(
        bureau.session, by=bureau.technician, line_id=line_id, seen_version=work.line.version,
        seen_hash=work.result.content_hash,
    )  # fmt: skip
    page = queries.review_page(bureau.session, by=bureau.reviewer, line_id=line_id)
    operations.review(
        bureau.session, by=bureau.reviewer, line_id=line_id, seen_version=page.work.line.version,
        seen_hash=page.shown, password=PASSWORD,
    )  # fmt: skip
    return page.result.id


def taken(bureau, line_id: int, result_id: int) -> int:
    """Let a line take a result, and review what it gives."""
    operations.take_result(
        bureau.session, by=bureau.technician, line_id=line_id, input="a", result_id=result_id, output="M"
    )
    return reviewed(bureau, line_id)


def reported(bureau, result_id: int, number: str) -> int:
    """Put a row of an issued report that speaks of a result."""
    session = bureau.session
    line = session.get_one(Line, session.get_one(Result, result_id).line_id)
    row = Report(
        number=number, check_code=new_check_code(), job_id=line.job_id, branch_id=bureau.branch,
        laboratory_id=bureau.laboratory, subject="calibration", language="en", state="issued", content="{}",
        content_hash="0", template="t", drafted_by_id=bureau.actor("manager", Role.MANAGER).person_id,
        drafted_at=clock.now(), approved_at=clock.now(), issued_at=clock.now(),
    )  # fmt: skip
    session.add(row)
    session.flush()
    session.add(ReportLine(report_id=row.id, line_id=line.id, result_id=result_id, position=1))
    session.flush()
    return row.id
