"""Reverse traceability: every result that readings of an instrument or a lot went into, by any way, in one statement.

From the readings the way goes up: into results, from results into those that took them, and from certificates that we
issued to the instruments that were calibrated, and on. Every step goes by an index.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    Row,
    Select,
    String,
    and_,
    case,
    cast,
    exists,
    func,
    literal,
    null,
    select,
    true,
    union_all,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import Session, aliased

from lims.instruments.records import Certificate, Instrument, LotEdition, LotParent, LotValue
from lims.people.records import Client, Laboratory
from lims.people.rights import Actor
from lims.quality.queries.reports_reached import reports_of_results
from lims.quality.reached import Reach, Reached, Way
from lims.reports.records import Report, ReportLine
from lims.results.records import Hold, Reading, Result, ResultMove
from lims.results.states import Standing
from lims.samples.queries.sight import lines_seen, names_client
from lims.samples.records import Job, Line


def reach(
    session: Session,
    *,
    by: Actor,
    instrument_id: int | None = None,
    lot_id: int | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> Reach:
    """Return what the readings of an instrument, or the values of a lot, went into, newest first (6.4.9, 7.10.1).

    A lot counts with all that was made of it. What the person may not see is only counted. The number of statements
    does not depend on what is found.
    """
    about = statement(by, instrument_id=instrument_id, lot_id=lot_id, since=since, until=until)
    found = session.execute(about).all()
    seen = [row for row in found if row.seen]
    rows = [_reached(row, by) for row in seen]
    told = reports_of_results(session, by=by, result_ids={row.result_id for row in rows if row.result_id is not None})
    return Reach(
        instrument_id=instrument_id,
        since=since,
        until=until,
        rows=tuple(replace(row, reports=tuple(told.get(row.result_id or 0, ()))) for row in rows),
        elsewhere=len({row.line_id for row in found} - {row.line_id for row in seen}),
        lot_id=lot_id,
    )


def statement(
    by: Actor,
    *,
    instrument_id: int | None = None,
    lot_id: int | None = None,
    since: datetime | None,
    until: datetime | None = None,
) -> Select[*tuple[Any, ...]]:
    """Return the statement that `reach` asks."""
    way = Way.READ if lot_id is None else Way.LOT
    own = _own(Reading.instrument_id == instrument_id if lot_id is None else _of_lot(lot_id), since, until)
    touched = _touched(own, way)
    calibrated = _calibrated(touched)
    read = _read(own, calibrated)
    entries = _entries(touched, read, way)
    return _told(entries, read, by)


def _of_lot(lot_id: int) -> ColumnElement[bool]:
    """Return the condition on readings of values of a lot, and of all that was made of it."""
    family = select(literal(lot_id, BigInteger).label("id")).cte("family", recursive=True)
    family = family.union(select(LotParent.lot_id).join(family, LotParent.parent_id == family.c.id))
    values = select(LotValue.id).join(LotEdition, LotEdition.id == LotValue.edition_id)
    return Reading.lot_value_id.in_(values.where(LotEdition.lot_id.in_(select(family.c.id))))


def _own(condition: ColumnElement[bool], since: datetime | None, until: datetime | None) -> CTE:
    query = select(Reading.id, Reading.line_id, Reading.at).where(condition)
    if since is not None:
        query = query.where(Reading.at >= since)
    if until is not None:
        query = query.where(Reading.at < until)
    return query.cte("own").prefix_with("MATERIALIZED", dialect="postgresql")


def _touched(own: CTE, way: Way) -> CTE:
    """Return results with how each is reached, and through which other line or instrument."""
    mine = aliased(own, name="mine")
    used = func.jsonb_array_elements_text(Result.reading_ids).table_valued("id", name="used").render_derived()
    among = exists(
        select(literal(1)).select_from(used).join(mine, and_(mine.c.id == cast(used.c.id, BigInteger)))
    ).correlate(Result)
    begin = select(
        Result.id.label("result_id"),
        Result.line_id,
        literal(str(way), String).label("way"),
        cast(null(), BigInteger).label("through_line_id"),
        cast(null(), BigInteger).label("through_certificate_id"),
    ).where(Result.line_id.in_(select(own.c.line_id)), among)
    touched = begin.cte("touched", recursive=True)
    further = _further(touched)
    return touched.union(
        select(
            further.c.result_id, further.c.line_id, further.c.way, further.c.through_line_id,
            further.c.through_certificate_id,
        ).select_from(touched.join(further, true()))
    )  # fmt: skip


def _further(touched: CTE) -> Any:
    """Return the results one step on: those that took it, and those read with what was calibrated by it."""
    taken, on = aliased(Reading), aliased(Result)
    took = (
        select(
            on.id.label("result_id"), on.line_id.label("line_id"), literal(str(Way.TAKEN), String).label("way"),
            touched.c.line_id.label("through_line_id"), cast(null(), BigInteger).label("through_certificate_id"),
        )
        .select_from(taken)
        .join(on, and_(on.line_id == taken.line_id, on.reading_ids.contains(func.to_jsonb(taken.id))))
        .where(taken.result_id == touched.c.result_id)
        .correlate(touched)
    )  # fmt: skip
    read, later = aliased(Reading), aliased(Result)
    calibrated = (
        select(
            later.id.label("result_id"), later.line_id.label("line_id"),
            literal(str(Way.CALIBRATED), String).label("way"),
            cast(null(), BigInteger).label("through_line_id"), Certificate.id.label("through_certificate_id"),
        )
        .select_from(ReportLine)
        .join(Report, Report.id == ReportLine.report_id)
        .join(Certificate, Certificate.number == Report.number)
        .join(
            later,
            and_(
                later.certificate_ids.contains(func.to_jsonb(Certificate.id)),
                later.line_id.in_(
                    select(read.line_id).where(
                        read.instrument_id == Certificate.instrument_id, read.certificate_id == Certificate.id
                    )
                ),
            ),
        )
        .where(ReportLine.line_id == touched.c.line_id, ReportLine.result_id == touched.c.result_id)
        .correlate(touched)
    )  # fmt: skip
    return union_all(took, calibrated).lateral("further")


def _calibrated(touched: CTE) -> CTE:
    """Return certificates that speak of such a result: of instruments that we calibrated."""
    return (
        select(Certificate.id, Certificate.instrument_id)
        .distinct()
        .select_from(touched)
        .join(ReportLine, and_(ReportLine.line_id == touched.c.line_id, ReportLine.result_id == touched.c.result_id))
        .join(Report, Report.id == ReportLine.report_id)
        .join(Certificate, Certificate.number == Report.number)
        .cte("calibrated")
    )


def _read(own: CTE, calibrated: CTE) -> CTE:
    """Return the readings concerned of each line: of the instrument itself, and of those calibrated against it."""
    own_ones = select(own.c.line_id, own.c.id, own.c.at, cast(null(), BigInteger).label("certificate_id"))
    of_one = (  # OFFSET 0 keeps it a question for each certificate, which the index answers
        select(Reading.line_id, Reading.id, Reading.at)
        .where(Reading.instrument_id == calibrated.c.instrument_id, Reading.certificate_id == calibrated.c.id)
        .correlate(calibrated)
        .offset(0)
        .lateral("of_one")
    )
    others = select(of_one.c.line_id, of_one.c.id, of_one.c.at, calibrated.c.id.label("certificate_id")).select_from(
        calibrated.join(of_one, true())
    )
    every = union_all(own_ones, others).subquery()
    return (
        select(
            every.c.line_id,
            every.c.certificate_id,
            func.min(every.c.at).label("first_at"),
            func.max(every.c.at).label("last_at"),
            func.array_agg(aggregate_order_by(every.c.id, every.c.id)).label("reading_ids"),
        )
        .group_by(every.c.line_id, every.c.certificate_id)
        .cte("read")
    )


def _entries(touched: CTE, read: CTE, way: Way) -> Any:
    """Return results, and lines whose readings are in no such result yet."""
    unused = select(
        cast(null(), BigInteger).label("result_id"),
        read.c.line_id,
        case((read.c.certificate_id.is_(None), str(way)), else_=str(Way.CALIBRATED)).label("way"),
        cast(null(), BigInteger).label("through_line_id"),
        read.c.certificate_id.label("through_certificate_id"),
    ).where(
        ~exists(
            select(literal(1)).where(
                touched.c.line_id == read.c.line_id,
                touched.c.through_line_id.is_(None),
                touched.c.through_certificate_id.is_not_distinct_from(read.c.certificate_id),
            )
        )
    )
    every = select(
        touched.c.result_id, touched.c.line_id, touched.c.way, touched.c.through_line_id,
        touched.c.through_certificate_id,
    )  # fmt: skip
    return union_all(every, unused).subquery("entries")


def _told(entries: Any, read: CTE, by: Actor) -> Select[*tuple[Any, ...]]:
    other, calibrated = aliased(Line), aliased(Instrument)
    retracted = exists().where(ResultMove.result_id == entries.c.result_id, ResultMove.kind == Standing.RETRACTED)
    held = exists().where(Hold.result_id == entries.c.result_id, Hold.released_at.is_(None))
    of_the_line = and_(
        read.c.line_id == entries.c.line_id,
        entries.c.through_line_id.is_(None),
        read.c.certificate_id.is_not_distinct_from(entries.c.through_certificate_id),
    )
    return (
        select(
            Line.id.label("line_id"),
            Line.number.label("line_number"),
            Line.state.label("line_state"),
            Line.laboratory_id,
            Laboratory.name.label("laboratory"),
            Laboratory.branch_id,
            Job.id.label("job_id"),
            Job.number.label("job_number"),
            Job.branch_id.label("job_branch_id"),
            Job.laboratory_ids.label("job_laboratory_ids"),
            Client.name.label("client"),
            Client.code.label("client_code"),
            entries.c.way,
            other.number.label("other_line"),
            calibrated.number.label("calibrated"),
            Certificate.number.label("certificate"),
            read.c.reading_ids,
            read.c.first_at,
            read.c.last_at,
            Result.id.label("result_id"),
            Result.number.label("result_number"),
            Result.summary,
            retracted.label("retracted"),
            held.label("held"),
            lines_seen(by).label("seen"),
        )
        .select_from(entries)
        .join(Line, Line.id == entries.c.line_id)
        .join(Job, Job.id == Line.job_id)
        .join(Laboratory, Laboratory.id == Line.laboratory_id)
        .join(Client, Client.id == Job.client_id)
        .outerjoin(Result, Result.id == entries.c.result_id)
        .outerjoin(other, other.id == entries.c.through_line_id)
        .outerjoin(Certificate, Certificate.id == entries.c.through_certificate_id)
        .outerjoin(calibrated, calibrated.id == Certificate.instrument_id)
        .outerjoin(read, of_the_line)
        .order_by(read.c.last_at.desc().nulls_last(), Line.id.desc(), Result.id.desc(), entries.c.way)
    )


def _reached(row: Row[Any], by: Actor) -> Reached:
    known = names_client(by, row.job_branch_id, row.job_laboratory_ids)
    calibrated = f"{row.calibrated} ({row.certificate})" if row.calibrated else ""
    return Reached(
        line_id=row.line_id,
        line_number=row.line_number,
        line_state=row.line_state,
        job_id=row.job_id,
        job_number=row.job_number,
        branch_id=row.branch_id,
        laboratory_id=row.laboratory_id,
        laboratory=row.laboratory,
        client=row.client if known else None,
        client_code=row.client_code,
        way=Way(row.way),
        through=row.other_line or calibrated,
        reading_ids=tuple(row.reading_ids or ()),
        first_at=row.first_at,
        last_at=row.last_at,
        result_id=row.result_id,
        result_number=row.result_number,
        summary=row.summary or "",
        retracted=row.retracted,
        held=row.held,
    )
