"""What readings are traceable to: down from the instrument over certificates to the national standard (6.5)."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import BigInteger, ColumnElement, Row, cast, func, select
from sqlalchemy.orm import Session

from lims.errors import NotFound
from lims.instruments.records import Certificate, Instrument
from lims.instruments.states import CertificateState
from lims.people.records import Branch, Laboratory
from lims.people.rights import Actor, Right
from lims.quality.chain import Gap, Link, Node
from lims.quality.queries.lot_chain import of_lot_value
from lims.quality.queries.walk import Walk
from lims.reports.records import Report, ReportLine
from lims.reports.states import ReportState
from lims.results.records import Reading, Result
from lims.samples.queries.sight import lines_seen
from lims.samples.records import Job, Line

ISSUED = (ReportState.ISSUED, ReportState.SUPERSEDED, ReportState.WITHDRAWN)
AnyRow = Row[*tuple[Any, ...]]


def chain_of_line(session: Session, line_id: int, *, by: Actor) -> Node:
    """Return the chain of all readings of a line; NotFound where the person may not see it."""
    number = _seen(session, Line.id == line_id, by)
    below = _of_readings(Walk(session=session, by=by), Reading.line_id == line_id)
    return Node(link=Link.READINGS, name=number.number or str(number.id), key=number.id, below=below)


def chain_of_reading(session: Session, reading_id: int, *, by: Actor) -> Node:
    """Return the chain of one reading; NotFound where the person may not see its line."""
    row = session.execute(
        select(Reading.line_id, Reading.input, Reading.value, Reading.unit, Reading.at).where(Reading.id == reading_id)
    ).one_or_none()
    if row is None:
        raise NotFound("There is no such reading.")
    line = _seen(session, Line.id == row.line_id, by)
    below = _of_readings(Walk(session=session, by=by), Reading.id == reading_id)
    return Node(
        link=Link.READINGS,
        name=line.number or str(line.id),
        about=(f"{row.input} = {row.value or '–'} {row.unit}",),
        key=line.id,
        first=row.at,
        last=row.at,
        below=below,
    )


def _seen(session: Session, condition: ColumnElement[bool], by: Actor) -> Row[int, str | None]:
    row = session.execute(
        select(Line.id, Line.number)
        .join(Job, Job.id == Line.job_id)
        .join(Laboratory, Laboratory.id == Line.laboratory_id)
        .where(condition, lines_seen(by))
    ).one_or_none()
    if row is None:
        raise NotFound("There is no such test line, or it belongs to another laboratory.")
    return row


def _of_readings(walk: Walk, condition: ColumnElement[bool]) -> tuple[Node, ...]:
    """Return a node for each instrument under each certificate, each result and lot taken, and for what was written."""
    rows = walk.session.execute(
        select(
            Reading.instrument_id,
            Reading.certificate_id,
            Reading.result_id,
            Reading.lot_value_id,
            func.array_agg(Reading.input.distinct()).label("inputs"),
            func.min(Reading.at).label("first"),
            func.max(Reading.at).label("last"),
        )
        .where(condition)
        .group_by(Reading.instrument_id, Reading.certificate_id, Reading.result_id, Reading.lot_value_id)
        .order_by(func.min(Reading.id))
    ).all()
    return tuple(_of_group(walk, row) for row in rows)


def _of_group(walk: Walk, row: AnyRow) -> Node:
    times = row.first, row.last
    if row.result_id is not None:
        return _result(walk, row.result_id, times)
    if row.lot_value_id is not None:
        return of_lot_value(walk, row.lot_value_id, times)
    if row.instrument_id is None:
        return Node(
            link=Link.READINGS, name=", ".join(row.inputs), gap=Gap.NO_INSTRUMENT, first=row.first, last=row.last
        )
    return _instrument(walk, row.instrument_id, row.certificate_id, times)


def _result(walk: Walk, result_id: int, times: tuple[datetime, datetime]) -> Node:
    line = walk.session.execute(
        select(Line.id, Line.number, lines_seen(walk.by).label("seen"))
        .join(Result, Result.line_id == Line.id)
        .join(Job, Job.id == Line.job_id)
        .join(Laboratory, Laboratory.id == Line.laboratory_id)
        .where(Result.id == result_id)
    ).one()
    gap = walk.stop("result", result_id)
    below = () if gap else _of_readings(walk.on("result", result_id), _in_results(Result.id == result_id))
    name, key = (line.number or str(line.id), line.id) if line.seen else ("", None)
    return Node(link=Link.RESULT, name=name, key=key, gap=gap, below=below, first=times[0], last=times[1])


def _in_results(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    used = func.jsonb_array_elements_text(Result.reading_ids)
    return Reading.id.in_(select(cast(used, BigInteger)).where(condition))


def _instrument(walk: Walk, instrument_id: int, certificate_id: int | None, times: tuple[datetime, datetime]) -> Node:
    row = walk.session.execute(
        select(Instrument, Laboratory.branch_id, Branch.time_zone)
        .join(Laboratory, Laboratory.id == Instrument.laboratory_id)
        .join(Branch, Branch.id == Laboratory.branch_id)
        .where(Instrument.id == instrument_id)
    ).one()
    one: Instrument = row.Instrument
    seen = walk.by.may(Right.READ, branch_id=row.branch_id, laboratory_id=one.laboratory_id)
    below: tuple[Node, ...] = ()
    if certificate_id is None:
        gap = Gap.NO_CERTIFICATE if one.needs_calibration else None
    else:
        last = times[1].astimezone(ZoneInfo(row.time_zone)).date()
        certificate = walk.session.get_one(Certificate, certificate_id)
        gap = Gap.LAPSED if certificate.valid_until < last else None
        below = (_certificate(walk, certificate, seen=seen),)
    if not seen:
        return Node(link=Link.ELSEWHERE, name="", gap=gap, below=below, first=times[0], last=times[1])
    return Node(
        link=Link.INSTRUMENT,
        name=one.number,
        about=(f"{one.maker} {one.model}", one.serial),
        texts=one.name,
        key=one.id,
        gap=gap,
        below=below,
        first=times[0],
        last=times[1],
    )


def _certificate(walk: Walk, one: Certificate, *, seen: bool) -> Node:
    gap = walk.stop("certificate", one.id)
    if gap is None and one.state != CertificateState.ACCEPTED:
        gap = Gap.NOT_ACCEPTED
    below = () if gap else _issuer(walk.on("certificate", one.id), one, seen=seen)
    return Node(
        link=Link.CERTIFICATE,
        name=one.number if seen else "",
        key=one.instrument_id if seen else None,
        day=one.calibrated_on,
        until=one.valid_until,
        gap=gap,
        below=below,
    )


def _issuer(walk: Walk, one: Certificate, *, seen: bool) -> tuple[Node, ...]:
    """Return our own work where we issued it; else the laboratory, and what it says that it is traceable to."""
    report = walk.session.execute(
        select(Report.id, Report.number).where(Report.number == one.number, Report.state.in_(ISSUED))
    ).one_or_none()
    if report is not None:
        spoken_of = Result.id.in_(select(ReportLine.result_id).where(ReportLine.report_id == report.id))
        below = _of_readings(walk, _in_results(spoken_of))
        return (Node(link=Link.REPORT, name=(report.number or "") if seen else "", below=below),)
    end = Node(link=Link.STANDARD, name="", texts=one.traceability) if one.traceability else None
    unsaid = not one.traceability and not one.accreditation
    return (
        Node(
            link=Link.LABORATORY,
            name=one.issued_by if seen else "",
            about=(one.accreditation,) if one.accreditation and seen else (),
            gap=Gap.UNSAID if unsaid else None,
            below=(end,) if end else (),
        ),
    )
