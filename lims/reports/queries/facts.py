"""The facts of a report, read from the records below: job, client, items, frozen results, equipment, conditions."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, select
from sqlalchemy.orm import Session, aliased

from lims.errors import NotFound
from lims.instruments.reading import Flag
from lims.instruments.records import Certificate, Instrument
from lims.methods.records import Method, MethodVersion
from lims.metrology.conformity import NOT_SYMMETRIC
from lims.metrology.numbers import parse_number
from lims.metrology.units import convert
from lims.people.records import Branch, Client, Laboratory
from lims.reports.facts import (
    AmendmentFacts,
    EnvironmentFacts,
    InstrumentFacts,
    ItemFacts,
    LineFacts,
    ReportFacts,
    StatementFacts,
)
from lims.reports.queries.lots import lots_used
from lims.reports.states import ReportKind
from lims.results.queries.standing import reported_of
from lims.results.records import GateOverride, Reading, Result
from lims.samples.records import Item, Job, Line
from lims.words import text_in

AnyRow = Row[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """Facts, and which result of each line they speak of."""

    facts: ReportFacts
    results: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class _Done:
    """What was done on one line."""

    result: Result
    readings: Sequence[AnyRow]
    overrides: Sequence[GateOverride]


def gather(
    session: Session,
    *,
    job_id: int,
    line_ids: Sequence[int],
    language: str,
    kind: ReportKind,
    opinion: str = "",
    amends: AmendmentFacts | None = None,
) -> Gathered:
    """Return the facts of a report on these lines, as they are now."""
    job, client = _job(session, job_id)
    lines = _lines(session, line_ids)
    laboratory, branch = lines[0].Laboratory, lines[0].Branch
    results = reported_results(session, line_ids)
    readings = _readings(session, results.values())
    zone = ZoneInfo(branch.time_zone)
    items = {row.Item.id: row.Item for row in lines}
    overrides = _overrides(session, line_ids)
    facts = ReportFacts(
        kind=kind,
        language=language,
        laboratory=text_in(laboratory.name, language),
        branch=text_in(branch.name, language),
        address=text_in(branch.address, language),
        accreditation=laboratory.accreditation or "",
        accent=laboratory.accent,
        client=text_in(client.name, language),
        client_address=text_in(client.address, language),
        reference=job.client_reference or "",
        purpose=job.purpose or "",
        job_number=job.number or "",
        job_received_on=_local(job.confirmed_at, zone),
        items=tuple(_item(item, zone) for item in items.values()),
        lines=tuple(
            _line(
                row, _Done(results[row.Line.id], readings[row.Line.id], overrides.get(row.Line.id, [])), zone, language
            )
            for row in lines
        ),
        instruments=(
            *_instruments(session, readings.values(), results.values(), language),
            *lots_used(session, readings.values(), language),
        ),
        sampling={key: str(value) for key, value in (job.sampling or {}).items() if value},
        supplied=job.client_supplied or "",
        deviations=str((job.request_review or {}).get("deviations") or ""),
        outside_providers=str((job.request_review or {}).get("outside_providers") or ""),
        opinion=opinion,
        amends=amends,
    )
    return Gathered(facts=facts, results={line_id: result.id for line_id, result in results.items()})


def reported_results(session: Session, line_ids: Collection[int]) -> dict[int, Result]:
    """Return the result of each line that is to be reported."""
    found = reported_of(session, line_ids)
    if set(line_ids) - set(found):
        raise NotFound("A line of this report has no result.")
    return found


def _job(session: Session, job_id: int) -> tuple[Job, Client]:
    row = session.execute(select(Job, Client).join(Client, Client.id == Job.client_id).where(Job.id == job_id)).first()
    if row is None:
        raise NotFound("There is no such job.")
    return row.Job, row.Client


def _lines(session: Session, line_ids: Collection[int]) -> Sequence[AnyRow]:
    original = aliased(Line)
    query = (
        select(Line, Item, Method, MethodVersion, Laboratory, Branch, original.number.label("original"))
        .join(Item, Item.id == Line.item_id)
        .join(Method, Method.id == Line.method_id)
        .join(MethodVersion, MethodVersion.id == Line.method_version_id)
        .join(Laboratory, Laboratory.id == Line.laboratory_id)
        .join(Branch, Branch.id == Laboratory.branch_id)
        .outerjoin(original, (original.id == Line.copy_of_id) & (Line.copy_kind == "retest"))
        .where(Line.id.in_(line_ids))
        .order_by(Item.position, Item.id, Line.position)
    )
    rows = session.execute(query).all()
    if not rows or len(rows) != len(set(line_ids)):
        raise NotFound("There is no such test line.")
    return rows


def _readings(session: Session, results: Iterable[Result]) -> dict[int, list[AnyRow]]:
    """Return the readings that each line's result was computed from."""
    wanted = {int(reading_id) for result in results for reading_id in result.reading_ids}
    found: dict[int, list[AnyRow]] = {result.line_id: [] for result in results}
    query = select(
        Reading.line_id,
        Reading.input,
        Reading.value,
        Reading.unit,
        Reading.at,
        Reading.instrument_id,
        Reading.certificate_id,
        Reading.lot_value_id,
        Reading.flags,
    ).where(Reading.id.in_(wanted))
    for row in session.execute(query.order_by(Reading.id)) if wanted else ():
        found.setdefault(row.line_id, []).append(row)
    return found


def _overrides(session: Session, line_ids: Collection[int]) -> dict[int, list[GateOverride]]:
    found: dict[int, list[GateOverride]] = {}
    query = select(GateOverride).where(GateOverride.line_id.in_(line_ids)).order_by(GateOverride.id)
    for override in session.scalars(query):
        found.setdefault(override.line_id, []).append(override)
    return found


def _item(item: Item, zone: ZoneInfo) -> ItemFacts:
    return ItemFacts(
        number=item.number or "",
        label=item.label,
        description=item.description,
        maker=item.maker or "",
        model=item.model or "",
        serial=item.serial or "",
        condition=item.condition or "",
        received_on=_local(item.received_at, zone),
    )


def _line(row: AnyRow, done: _Done, zone: ZoneInfo, language: str) -> LineFacts:
    result, readings = done.result, done.readings
    line: Line = row.Line
    method: Method = row.Method
    edition: MethodVersion = row.MethodVersion
    document = json.loads(edition.document)
    days = [_local(reading.at, zone) for reading in readings] or [_local(line.started_at or result.at, zone)]
    return LineFacts(
        number=line.number or "",
        item_number=row.Item.number or "",
        kind=method.kind,
        method_code=method.code,
        method_title=text_in(method.title, language),
        edition=edition.edition,
        standard=edition.standard,
        accredited=method.accredited,
        performed_from=min(day for day in days if day),
        performed_until=max(day for day in days if day),
        document=document,
        evaluation=json.loads(result.evaluation),
        filled=json.loads(result.filled),
        statements=tuple(_statement(entry) for entry in json.loads(result.statements)),
        environment=_environment(document, readings, language),
        overrides=tuple(override.reason for override in done.overrides),
        retest_of=row.original or "",
        simulated=any(Flag.SIMULATED in reading.flags for reading in readings),
        result_hash=result.content_hash,
    )


def _statement(entry: Mapping[str, Any]) -> StatementFacts:
    """Return a frozen statement of conformity with the limits and the rule it was made by."""
    specification = entry.get("specification") or {}
    statement = entry.get("statement") or entry
    acceptance = statement.get("acceptance") or {}

    def number(name: str) -> float | None:
        given = specification.get(name)
        return None if given is None else float(given)

    return StatementFacts(
        about=str(entry["output"]),
        where=str(entry.get("point") or ""),
        lower=number("lower"),
        upper=number("upper"),
        unit=str(specification.get("unit") or entry.get("unit") or ""),
        rule=str(statement["rule"]),
        outcome=str(statement["outcome"]),
        multiple=number("multiple"),
        width=number("width"),
        compare=str(specification.get("compare") or "full"),
        step=number("step"),
        max_ratio=number("max_ratio"),
        max_pfa=number("max_pfa"),
        max_pfr=number("max_pfr"),
        name=specification.get("name") or "",
        source=str(specification.get("source") or ""),
        acceptance=(acceptance.get("lower"), acceptance.get("upper")),
        text=str(statement.get("text") or ""),
        skewed=any(one["id"] == NOT_SYMMETRIC for one in statement.get("sentences") or []),
    )


def _environment(
    document: Mapping[str, Any], readings: Sequence[AnyRow], language: str
) -> tuple[EnvironmentFacts, ...]:
    """Return the lowest and highest of each recorded condition."""
    bindings = document.get("bindings") or {}
    found = []
    for symbol in [name for name, binding in bindings.items() if binding.get("from") == "environment"]:
        values = _in_one_unit([one for one in readings if one.input == symbol and one.value is not None])
        if values:
            entry = (document.get("inputs") or {}).get(symbol, {})
            found.append(
                EnvironmentFacts(
                    name=text_in(entry.get("title") or entry.get("description"), language) or symbol,
                    lowest=min(values, key=parse_number),
                    highest=max(values, key=parse_number),
                    unit=next(one.unit for one in readings if one.input == symbol and one.value is not None),
                )
            )
    return tuple(found)


def _in_one_unit(readings: Sequence[AnyRow]) -> list[str]:
    """Return values as they were written down; where units differ, all in that of the first."""
    if len({reading.unit for reading in readings}) <= 1:
        return [reading.value for reading in readings]
    first = readings[0].unit
    return [f"{convert(float(parse_number(one.value)), one.unit, first):.6g}" for one in readings]


def _instruments(
    session: Session, readings: Iterable[Sequence[AnyRow]], results: Iterable[Result], language: str
) -> tuple[InstrumentFacts, ...]:
    """Return the equipment used, each with the certificate that was valid at the reading."""
    used = {(row.instrument_id, row.certificate_id) for rows in readings for row in rows if row.instrument_id}
    certificate_ids = {int(key) for result in results for key in result.certificate_ids}
    certificate_ids |= {certificate_id for _instrument, certificate_id in used if certificate_id}
    certificates = {
        row.id: row for row in session.scalars(select(Certificate).where(Certificate.id.in_(certificate_ids)))
    }
    used |= {(certificate.instrument_id, certificate.id) for certificate in certificates.values()}
    with_certificate = {instrument_id for instrument_id, certificate_id in used if certificate_id}
    instruments = {
        row.id: row
        for row in session.scalars(select(Instrument).where(Instrument.id.in_({instrument for instrument, _c in used})))
    }
    rows = [
        _instrument(instruments[instrument_id], certificates.get(certificate_id or 0), language)
        for instrument_id, certificate_id in used
        if certificate_id or instrument_id not in with_certificate
    ]
    return tuple(sorted(rows, key=lambda row: (row.number, row.certificate)))


def _instrument(instrument: Instrument, certificate: Certificate | None, language: str) -> InstrumentFacts:
    return InstrumentFacts(
        number=instrument.number,
        name=text_in(instrument.name, language),
        maker=instrument.maker,
        model=instrument.model,
        serial=instrument.serial,
        certificate=certificate.number if certificate else "",
        issued_by=certificate.issued_by if certificate else "",
        calibrated_on=certificate.calibrated_on if certificate else None,
        valid_until=certificate.valid_until if certificate else None,
    )


def _local(moment: datetime | None, zone: ZoneInfo) -> date | None:
    return moment.astimezone(zone).date() if moment else None
