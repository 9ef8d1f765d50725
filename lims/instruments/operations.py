"""What is done to instruments: register, suspend, enter and accept certificates, check; benches and their tokens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from lims import clock
from lims.errors import Invalid, NotFound
from lims.instruments.records import Bench, BenchToken, Certificate, CertificatePoint, Instrument, IntermediateCheck
from lims.instruments.states import CERTIFICATE, INSTRUMENT, CertificateState, InstrumentState
from lims.metrology.units import parse_unit
from lims.people.records import Laboratory
from lims.people.rights import Actor, Right
from lims.people.tokens import hash_of_token, new_token
from lims.store import audit, search, states
from lims.store.db import Texts


@dataclass(frozen=True, slots=True, kw_only=True)
class NewInstrument:
    """What the register asks of an instrument (6.4.13)."""

    number: str
    laboratory_id: int
    name: Texts
    kind: str
    maker: str
    model: str
    serial: str
    bench_id: int | None = None
    driver: str | None = None
    resource: str | None = None
    needs_calibration: bool = True
    interval_days: int | None = 365
    location: Texts | None = None


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


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCertificate:
    """What a certificate of our own instrument says."""

    number: str
    issued_by: str
    calibrated_on: date
    valid_until: date
    points: Sequence[NewPoint]
    accreditation: str | None = None
    conditions: str | None = None
    traceability: Texts | None = None
    file_digest: bytes | None = None


def register_instrument(session: Session, *, by: Actor, instrument: NewInstrument) -> Instrument:
    """Enter a piece of equipment into the register (6.4.13). Refuses a number or a serial that is there already."""
    branch_id = _branch_of_laboratory(session, instrument.laboratory_id)
    by.must(Right.MANAGE_INSTRUMENTS, branch_id=branch_id, laboratory_id=instrument.laboratory_id)
    _refuse_twins(session, instrument)
    row = Instrument(**{name: getattr(instrument, name) for name in NewInstrument.__slots__})
    session.add(row)
    session.flush()
    audit.record(
        session,
        by=by,
        thing=INSTRUMENT.thing,
        thing_id=row.id,
        action="register",
        branch_id=branch_id,
        new={"number": row.number, "maker": row.maker, "model": row.model, "serial": row.serial, "kind": row.kind},
    )
    search.index(
        session,
        kind="instrument",
        thing_id=row.id,
        branch_id=branch_id,
        laboratory_id=row.laboratory_id,
        title=row.number,
        subtitle=f"{row.maker} {row.model}",
        texts=[row.number, row.maker, row.model, row.serial, *row.name.values()],
    )
    return row


def _refuse_twins(session: Session, instrument: NewInstrument) -> None:
    if session.scalar(select(Instrument.id).where(Instrument.number == instrument.number)):
        raise Invalid("An instrument with this number is registered already.", {"number": "Give another number."})
    twin = select(Instrument.number).filter_by(maker=instrument.maker, model=instrument.model, serial=instrument.serial)
    if number := session.scalar(twin):
        raise Invalid(
            "This serial is registered already, as %(number)s.", {"serial": "Check the serial."}, number=number
        )


def move_instrument(
    session: Session, *, by: Actor, instrument_id: int, name: str, seen_version: int, why: str = ""
) -> Instrument:
    """Suspend an instrument, take it out of service, put it back, or retire it (6.4.9)."""
    row, branch_id = _instrument(session, instrument_id)
    states.move(
        session,
        INSTRUMENT,
        row,
        name,
        by=by,
        branch_id=branch_id,
        laboratory_id=row.laboratory_id,
        seen_version=seen_version,
        why=why,
    )
    return row


def enter_certificate(session: Session, *, by: Actor, instrument_id: int, certificate: NewCertificate) -> Certificate:
    """Enter a calibration certificate with its points; it counts only once accepted (6.4.6, 6.5.1).

    Refuses no points, an unknown unit, a negative U, and an end before the calibration.
    """
    row, branch_id = _instrument(session, instrument_id)
    by.must(Right.MANAGE_INSTRUMENTS, branch_id=branch_id, laboratory_id=row.laboratory_id)
    points = [_point(point) for point in certificate.points]
    if not points:
        raise Invalid(
            "A certificate has at least one calibrated point.", {"points": "Enter the points with correction and U."}
        )
    if certificate.valid_until <= certificate.calibrated_on:
        raise Invalid("It would end before it begins.", {"valid_until": "Give a day after the calibration."})
    if session.scalar(select(Certificate.id).filter_by(instrument_id=instrument_id, number=certificate.number)):
        raise Invalid("This certificate was entered already.", {"number": "Check the number."})
    entered = Certificate(
        instrument_id=instrument_id,
        number=certificate.number,
        issued_by=certificate.issued_by,
        accreditation=certificate.accreditation,
        calibrated_on=certificate.calibrated_on,
        valid_until=certificate.valid_until,
        conditions=certificate.conditions,
        traceability=certificate.traceability,
        file_digest=certificate.file_digest,
        entered_by_id=by.person_id,
    )
    session.add(entered)
    session.flush()
    session.add_all(CertificatePoint(certificate_id=entered.id, **point) for point in points)
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
            "points": points,
        },
    )
    return entered


def _point(point: NewPoint) -> dict[str, Any]:
    if not (point.U > 0 and point.k > 0):
        raise Invalid("U and k of a calibrated point are larger than zero.", {"points": "Check U and k of each point."})
    fields = {name: getattr(point, name) for name in NewPoint.__slots__}
    return {**fields, "unit": parse_unit(point.unit)}


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
    instrument, branch_id = _instrument(session, row.instrument_id)
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
    )
    row.decided_by_id, row.decided_at, row.decision_note = by.person_id, clock.now(), note
    session.flush()
    return row


def record_certificate(session: Session, *, by: Actor, instrument_id: int, certificate: NewCertificate) -> Certificate:
    """Enter and accept at once a certificate that our own laboratory issued for one of our instruments."""
    entered = enter_certificate(session, by=by, instrument_id=instrument_id, certificate=certificate)
    if entered.state != CertificateState.ENTERED:
        return entered
    return accept_certificate(
        session, by=by, certificate_id=entered.id, seen_version=entered.version, note="own certificate"
    )


def record_check(
    session: Session, *, by: Actor, instrument_id: int, at: datetime, passed: bool, note: str
) -> IntermediateCheck:
    """Record a check between calibrations; a failed one suspends the instrument (6.4.10, 6.4.9)."""
    row, branch_id = _instrument(session, instrument_id)
    by.must(Right.ENTER_READINGS, branch_id=branch_id, laboratory_id=row.laboratory_id)
    if at > clock.now() + timedelta(minutes=5):
        raise Invalid("The check lies in the future.", {"at": "Give the moment at which it was done."})
    check = IntermediateCheck(instrument_id=instrument_id, at=at, by_id=by.person_id, passed=passed, note=note)
    session.add(check)
    session.flush()
    audit.record(
        session,
        by=by,
        thing=INSTRUMENT.thing,
        thing_id=row.id,
        action="check",
        branch_id=branch_id,
        new={"passed": passed, "at": at.isoformat()},
        why=note,
    )
    if not passed:
        _suspend_after_failure(session, by=by, instrument_id=instrument_id, branch_id=branch_id, note=note)
    return check


def _suspend_after_failure(session: Session, *, by: Actor, instrument_id: int, branch_id: int, note: str) -> None:
    """Suspend at once, whoever found it: the rule acts, so no right is asked for."""
    row = session.get_one(Instrument, instrument_id, with_for_update=True, populate_existing=True)
    if row.state != InstrumentState.IN_SERVICE:
        return
    row.state = InstrumentState.SUSPENDED
    row.version += 1
    audit.record(
        session,
        by=by,
        thing=INSTRUMENT.thing,
        thing_id=row.id,
        action="suspend",
        branch_id=branch_id,
        old={"state": InstrumentState.IN_SERVICE},
        new={"state": row.state},
        why=note,
    )
    session.flush()


def create_bench(session: Session, *, by: Actor, laboratory_id: int, code: str, name: Texts) -> Bench:
    """Enter a bench: a place with instruments that one agent serves."""
    branch_id = _branch_of_laboratory(session, laboratory_id)
    by.must(Right.MANAGE_INSTRUMENTS, branch_id=branch_id, laboratory_id=laboratory_id)
    bench = Bench(laboratory_id=laboratory_id, code=code, name=name)
    session.add(bench)
    session.flush()
    audit.record(
        session,
        by=by,
        thing="bench",
        thing_id=bench.id,
        action="create",
        branch_id=branch_id,
        new={"code": code, "name": name},
    )
    return bench


def issue_bench_token(
    session: Session, *, by: Actor, bench_id: int, token: str | None = None, valid_for: timedelta = timedelta(days=365)
) -> str:
    """Make a token for a bench's agent and return it, once; only its hash is kept."""
    bench = session.get(Bench, bench_id)
    if bench is None:
        raise NotFound("There is no such bench.")
    branch_id = _branch_of_laboratory(session, bench.laboratory_id)
    by.must(Right.MANAGE_INSTRUMENTS, branch_id=branch_id, laboratory_id=bench.laboratory_id)
    token = token or new_token("bench")
    row = BenchToken(
        bench_id=bench_id,
        token_hash=hash_of_token(token),
        created_by_id=by.person_id,
        expires_at=clock.now() + valid_for,
    )
    session.add(row)
    session.flush()
    audit.record(
        session,
        by=by,
        thing="bench",
        thing_id=bench_id,
        action="issue token",
        branch_id=branch_id,
        new={"token": row.id, "expires_at": row.expires_at.isoformat()},
    )
    return token


def revoke_bench_tokens(session: Session, *, by: Actor, bench_id: int) -> None:
    """Revoke every token of a bench; its agent can't send any more until it gets a new one."""
    bench = session.get(Bench, bench_id)
    if bench is None:
        raise NotFound("There is no such bench.")
    branch_id = _branch_of_laboratory(session, bench.laboratory_id)
    by.must(Right.MANAGE_INSTRUMENTS, branch_id=branch_id, laboratory_id=bench.laboratory_id)
    session.execute(
        update(BenchToken)
        .where(BenchToken.bench_id == bench_id, BenchToken.revoked_at.is_(None))
        .values(revoked_at=clock.now())
    )
    audit.record(session, by=by, thing="bench", thing_id=bench_id, action="revoke tokens", branch_id=branch_id)


def record_hello(session: Session, *, bench_id: int, hello: dict[str, Any]) -> None:
    """Keep what the agent of a bench last said of itself and its instruments; not governed, so not audited."""
    session.execute(update(Bench).where(Bench.id == bench_id).values(last_seen_at=clock.now(), last_hello=hello))


def _branch_of_laboratory(session: Session, laboratory_id: int) -> int:
    branch_id = session.scalar(select(Laboratory.branch_id).where(Laboratory.id == laboratory_id))
    if branch_id is None:
        raise NotFound("There is no such laboratory.")
    return branch_id


def _instrument(session: Session, instrument_id: int) -> tuple[Instrument, int]:
    row = session.get(Instrument, instrument_id)
    if row is None:
        raise NotFound("There is no such instrument.")
    return row, _branch_of_laboratory(session, row.laboratory_id)
