"""Certificates of our own instruments: entered with their points, reviewed before they count (6.4.6, 6.5)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from lims import clock
from lims.errors import Invalid, LimsError, NotFound, Refused
from lims.instruments.operations.certificate_files import refuse_other_serial
from lims.instruments.operations.place import instrument_of
from lims.instruments.operations.typed import (
    LONGEST_SENTENCE,
    LONGEST_TEXT,
    faults_of_texts,
    refuse_long,
    too_long,
    trimmed,
)
from lims.instruments.queries.certificates import certificates_by_id
from lims.instruments.queries.criteria import Judgement, judgements
from lims.instruments.records import Certificate, CertificatePoint, Instrument
from lims.instruments.states import CERTIFICATE, CertificateState, InstrumentState, Phase
from lims.metrology.units import parse_unit
from lims.people.rights import Actor, Right
from lims.store import audit, states
from lims.store.db import Texts

MOST_POINTS = 2000
EARLIEST_ZONE = timedelta(hours=14)
"""Where a day begins first; a calibration later than that lies in the future everywhere."""

EARLIEST = date(1950, 1, 1)
LONGEST_VALIDITY = timedelta(days=30 * 366)
"""What is older, or counts for longer, has its year mistyped; a century that counts would hide that it ran out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPoint:
    """One calibrated point: add `correction` to an indication at `indication`; U with k, all in `unit`."""

    quantity: str
    unit: str
    indication: float
    correction: float
    U: float
    k: float = 2.0
    dof: float | None = None
    range: str | None = None
    phase: str = Phase.AS_LEFT


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCertificate:
    """What a certificate of our own instrument says; `source_digest` is the file that the numbers were read from."""

    number: str
    issued_by: str
    calibrated_on: date
    valid_until: date
    points: Sequence[NewPoint]
    accreditation: str | None = None
    conditions: str | None = None
    traceability: Texts | None = None
    file_digest: bytes | None = None
    source_digest: bytes | None = None
    other_serial: str | None = None


def enter_certificate(session: Session, *, by: Actor, instrument_id: int, certificate: NewCertificate) -> Certificate:
    """Enter a calibration certificate with its points; it counts only once accepted (6.4.6, 6.5.1).

    Refuses a retired instrument, no points, a unit that is unknown or changes within a quantity, U or k of zero or
    less, the same indication twice, a calibration to come or of another age, an end before it or a generation after it,
    a number that was entered already, and numbers read from the file of another serial without a reason.
    """
    row, branch_id = instrument_of(session, instrument_id, by=by)
    by.must(Right.MANAGE_INSTRUMENTS, branch_id=branch_id, laboratory_id=row.laboratory_id)
    states.lock(session, row)
    if row.state == InstrumentState.RETIRED:
        raise Refused("A retired instrument is not calibrated any more.", rule="retired is the end", clause="6.4.9")
    certificate = _tidy(certificate)
    points = _checked(certificate)
    if session.scalar(select(Certificate.id).filter_by(instrument_id=instrument_id, number=certificate.number)):
        raise Invalid("This certificate was entered already.", {"number": "Check the number."})
    if certificate.source_digest:
        why = refuse_other_serial(
            session, certificate.source_digest, registered=row.serial, why=certificate.other_serial
        )
        certificate = replace(certificate, other_serial=why)
    entered = Certificate(
        instrument_id=instrument_id,
        entered_by_id=by.person_id,
        entered_at=clock.now(),
        **{name: getattr(certificate, name) for name in NewCertificate.__slots__ if name != "points"},
    )
    session.add(entered)
    session.flush()
    session.add_all(CertificatePoint(certificate_id=entered.id, **asdict(point)) for point in points)
    session.flush()
    audit.record(
        session,
        by=by,
        thing=CERTIFICATE.thing,
        thing_id=entered.id,
        action="enter",
        branch_id=branch_id,
        new={
            "instrument": row.number,
            "number": entered.number,
            "issued_by": entered.issued_by,
            "calibrated_on": entered.calibrated_on.isoformat(),
            "valid_until": entered.valid_until.isoformat(),
            "points": [asdict(point) for point in points],
            "file": entered.file_digest.hex() if entered.file_digest else None,
            "source": entered.source_digest.hex() if entered.source_digest else None,
            "other_serial": entered.other_serial,
            "version": entered.version,
        },
    )
    return entered


def _tidy(certificate: NewCertificate) -> NewCertificate:
    """Return it without spaces around what was typed: ' C-1' is the certificate C-1."""
    return replace(
        certificate,
        number=certificate.number.strip(),
        issued_by=certificate.issued_by.strip(),
        accreditation=(certificate.accreditation or "").strip() or None,
        conditions=(certificate.conditions or "").strip() or None,
        traceability=trimmed(certificate.traceability),
    )


def _checked(certificate: NewCertificate) -> list[NewPoint]:
    """Return the points in canonical units; refuse what can't be, each by its place."""
    faults = faults_of_texts("traceability", certificate.traceability, LONGEST_SENTENCE)
    if not certificate.number:
        faults["number"] = "Give the number of the certificate."
    if not certificate.issued_by:
        faults["issued_by"] = "Say which laboratory issued it."
    for name in ("number", "issued_by", "accreditation", "conditions", "other_serial"):
        if len(getattr(certificate, name) or "") > LONGEST_SENTENCE:
            faults[name] = too_long(LONGEST_SENTENCE)
    faults |= _faults_of_days(certificate)
    if not certificate.points:
        faults["points"] = "Enter the points with correction and U."
    elif all(point.phase == Phase.AS_FOUND for point in certificate.points):
        faults["points"] = (
            "There is no point as left, and only those correct. Where nothing was adjusted, what was found is as left."
        )
    if len(certificate.points) > MOST_POINTS:
        faults["points"] = "A certificate has at most 2000 points here."
    points = [_point(point, f"points.{place}", faults) for place, point in enumerate(certificate.points)]
    if not faults:
        _note_contradictions(points, faults)
    if faults:
        raise Invalid("The certificate can't be entered like this. Look at the marked places.", faults)
    return points


def _faults_of_days(certificate: NewCertificate) -> dict[str, LimsError | str]:
    faults: dict[str, LimsError | str] = {}
    if certificate.calibrated_on > (clock.now() + EARLIEST_ZONE).date():
        faults["calibrated_on"] = "The calibration lies in the future."
    elif certificate.calibrated_on < EARLIEST:
        faults["calibrated_on"] = "Check the year: this is too long ago."
    if certificate.valid_until <= certificate.calibrated_on:
        faults["valid_until"] = "Give a day after the calibration."
    elif not faults and certificate.valid_until - certificate.calibrated_on > LONGEST_VALIDITY:
        faults["valid_until"] = "Check the year: this is more than 30 years after the calibration."
    return faults


def _point(point: NewPoint, place: str, faults: dict[str, LimsError | str]) -> NewPoint:
    point = replace(
        point,
        quantity=point.quantity.strip(),
        range=(point.range or "").strip() or None,
        dof=None if point.dof is not None and math.isinf(point.dof) and point.dof > 0 else point.dof,
    )
    for name in ("quantity", "range"):
        if len(getattr(point, name) or "") > LONGEST_TEXT:
            faults[f"{place}.{name}"] = too_long(LONGEST_TEXT)
    if not point.quantity:
        faults[f"{place}.quantity"] = "Name the quantity, as the driver or the method calls it."
    for name in ("indication", "correction"):
        if not math.isfinite(getattr(point, name)):
            faults[f"{place}.{name}"] = "Give a number."
    for name in ("U", "k"):
        value = getattr(point, name)
        if not (math.isfinite(value) and value > 0):
            faults[f"{place}.{name}"] = "Give a number larger than zero."
    if point.dof is not None and not point.dof >= 1:
        faults[f"{place}.dof"] = "Give a number of at least 1, or nothing where it is infinite."
    if point.phase not in set(Phase):
        faults[f"{place}.phase"] = "Choose from the list."
    try:
        return replace(point, unit=parse_unit(point.unit))
    except Invalid as error:
        faults[f"{place}.unit"] = error
        return point


def _note_contradictions(points: Sequence[NewPoint], faults: dict[str, LimsError | str]) -> None:
    """A table of corrections has one unit, and one correction at an indication."""
    units: dict[str, str] = {}
    seen: set[tuple[str, str, str | None, float]] = set()
    for place, point in enumerate(points):
        if units.setdefault(point.quantity, point.unit) != point.unit:
            faults[f"points.{place}.unit"] = "All points of one quantity have the same unit."
        key = (point.phase, point.quantity, point.range, point.indication)
        if key in seen:
            faults[f"points.{place}.indication"] = "This indication stands there already for this quantity and range."
        seen.add(key)


def accept_certificate(
    session: Session, *, by: Actor, certificate_id: int, seen_version: int, note: str = ""
) -> Certificate:
    """Accept a certificate after review against the acceptance criteria; from now on it counts (6.4.6)."""
    return _decide(session, by=by, certificate_id=certificate_id, name="accept", seen_version=seen_version, note=note)


def refuse_certificate(
    session: Session, *, by: Actor, certificate_id: int, seen_version: int, note: str
) -> Certificate:
    """Refuse a certificate, saying why; it never counts."""
    return _decide(session, by=by, certificate_id=certificate_id, name="refuse", seen_version=seen_version, note=note)


def _decide(
    session: Session, *, by: Actor, certificate_id: int, name: str, seen_version: int, note: str
) -> Certificate:
    row = session.get(Certificate, certificate_id)
    if row is None:
        raise NotFound("There is no such certificate.")
    instrument, branch_id = instrument_of(session, row.instrument_id, by=by)
    by.must(CERTIFICATE.by_name[name].right, branch_id=branch_id, laboratory_id=instrument.laboratory_id)
    refuse_long("why", note)
    judged = _judged(session, row, instrument) if name == "accept" else None
    if judged and judged.failed and row.state == CertificateState.ENTERED and not note.strip():
        raise Invalid(
            "Points outside the acceptance criteria: %(failed)s of %(judged)s.",
            {"why": "Say why it is accepted all the same."},
            failed=judged.failed,
            judged=judged.judged,
        )
    before = row.version
    states.move(
        session,
        CERTIFICATE,
        row,
        name,
        by=by,
        branch_id=branch_id,
        laboratory_id=instrument.laboratory_id,
        seen_version=seen_version,
        why=note,
        **({"judged": judged.judged, "outside": judged.failed} if judged and judged.any else {}),
    )
    if row.version != before:  # not the same request sent again
        row.decided_by_id, row.decided_at, row.decision_note = by.person_id, clock.now(), note
        session.flush()
    return row


def _judged(session: Session, row: Certificate, instrument: Instrument) -> Judgement:
    view = certificates_by_id(session, [row.id])[row.id]
    return judgements(session, instrument.id, [view], instrument.driver)[row.id]


def record_certificate(session: Session, *, by: Actor, instrument_id: int, certificate: NewCertificate) -> Certificate:
    """Enter and accept at once a certificate that our own laboratory issued for one of our instruments.

    One with points outside the acceptance criteria stays entered: a person decides on it.
    """
    entered = enter_certificate(session, by=by, instrument_id=instrument_id, certificate=certificate)
    instrument, _branch_id = instrument_of(session, instrument_id, by=by)
    if entered.state != CertificateState.ENTERED or _judged(session, entered, instrument).failed:
        return entered
    return accept_certificate(
        session, by=by, certificate_id=entered.id, seen_version=entered.version, note="own certificate"
    )
