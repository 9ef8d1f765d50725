"""The register (6.4.13): enter an instrument, change it, suspend it, take it out of service, retire it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from lims.errors import Invalid, LimsError, NotFound
from lims.instruments.driverfile import shipped_files
from lims.instruments.operations.place import bench_of, branch_of_laboratory, instrument_of
from lims.instruments.operations.typed import LONGEST_TEXT, faults_of_texts, refuse_long, too_long, trimmed
from lims.instruments.records import Instrument
from lims.instruments.states import INSTRUMENT
from lims.people.records import Laboratory
from lims.people.rights import Actor, Right
from lims.store import audit, search, states
from lims.store.db import Texts

LONGEST_INTERVAL_DAYS = 3660
CHANGEABLE = ("name", "bench_id", "driver", "resource", "needs_calibration", "interval_days", "location")
"""What may be corrected later; the rest says which thing it is."""

_NUMBER = re.compile(r"[^\s/?#%]{1,40}")


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


def register_instrument(session: Session, *, by: Actor, instrument: NewInstrument) -> Instrument:
    """Enter a piece of equipment into the register (6.4.13).

    Refuses what is missing, a number or a serial that is there already, and a driver or a bench that is not.
    """
    branch_id = branch_of_laboratory(session, instrument.laboratory_id)
    by.must(Right.MANAGE_INSTRUMENTS, branch_id=branch_id, laboratory_id=instrument.laboratory_id)
    instrument = _tidy(instrument)
    _refuse_faults(session, by, instrument)
    _refuse_twins(session, by, instrument)
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
        new={
            "number": row.number,
            "maker": row.maker,
            "model": row.model,
            "serial": row.serial,
            "kind": row.kind,
            "version": row.version,
        },
    )
    _index(session, row, branch_id)
    return row


def _tidy(instrument: NewInstrument) -> NewInstrument:
    """Return it without spaces around what was typed: ' S1' is the serial S1."""
    return replace(
        instrument,
        number=instrument.number.strip(),
        name=trimmed(instrument.name) or {},
        kind=instrument.kind.strip(),
        maker=instrument.maker.strip(),
        model=instrument.model.strip(),
        serial=instrument.serial.strip(),
        driver=(instrument.driver or "").strip() or None,
        resource=(instrument.resource or "").strip() or None,
        location=trimmed(instrument.location),
    )


def _refuse_twins(session: Session, by: Actor, instrument: NewInstrument) -> None:
    if session.scalar(select(Instrument.id).where(Instrument.number == instrument.number)):
        raise Invalid("An instrument with this number is registered already.", {"number": "Give another number."})
    twin = session.execute(
        select(Instrument.number, Laboratory.id, Laboratory.branch_id)
        .join(Laboratory, Laboratory.id == Instrument.laboratory_id)
        .where(
            Instrument.maker == instrument.maker,
            Instrument.model == instrument.model,
            Instrument.serial == instrument.serial,
        )
    ).first()
    if twin is None:
        return
    number, laboratory_id, branch_id = twin
    wrong = {"serial": "Check the serial."}
    if by.may(Right.READ, branch_id=branch_id, laboratory_id=laboratory_id):
        raise Invalid("This serial is registered already, as %(number)s.", wrong, number=number)
    raise Invalid("This serial is registered already, where you may not read. Ask the administrator.", wrong)


def move_instrument(
    session: Session, *, by: Actor, instrument_id: int, name: str, seen_version: int, why: str = ""
) -> Instrument:
    """Suspend an instrument, take it out of service, put it back, or retire it (6.4.9)."""
    row, branch_id = instrument_of(session, instrument_id, by=by)
    by.must(INSTRUMENT.by_name[name].right, branch_id=branch_id, laboratory_id=row.laboratory_id)
    refuse_long("why", why)
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


def change_instrument(
    session: Session, *, by: Actor, instrument_id: int, seen_version: int, changes: Mapping[str, object], why: str = ""
) -> Instrument:
    """Change what may change of an instrument: its name, place, bench, connection, interval (6.4.13).

    Number, kind, maker, model and serial stay what they are: another serial is another instrument.
    Refuses to take the need of calibration away without a reason (6.4.6).
    """
    row, branch_id = instrument_of(session, instrument_id, by=by)
    by.must(Right.MANAGE_INSTRUMENTS, branch_id=branch_id, laboratory_id=row.laboratory_id)
    if unknown := set(changes) - set(CHANGEABLE):
        raise Invalid("'%(field)s' of an instrument can't be changed.", field=min(unknown))
    states.lock(session, row)
    states.check_seen(session, INSTRUMENT, row, seen_version)
    new = _tidy(NewInstrument(**({name: getattr(row, name) for name in NewInstrument.__slots__} | dict(changes))))
    _refuse_faults(session, by, new)
    refuse_long("why", why)
    if row.needs_calibration and not new.needs_calibration and not why.strip():
        raise Invalid("Say why it needs no calibration any more.", {"why": "Give a reason in a few words."})
    old = {name: getattr(row, name) for name in changes if getattr(row, name) != getattr(new, name)}
    if not old:
        return row
    for name in old:
        setattr(row, name, getattr(new, name))
    row.version += 1
    audit.record(
        session,
        by=by,
        thing=INSTRUMENT.thing,
        thing_id=row.id,
        action="change",
        branch_id=branch_id,
        old=old,
        new={name: getattr(new, name) for name in old} | {"version": row.version},
        why=why,
    )
    _index(session, row, branch_id)
    session.flush()
    return row


def _refuse_faults(session: Session, by: Actor, instrument: NewInstrument) -> None:
    """Refuse what is missing, and a driver or a bench that is not there, each by its field."""
    faults: dict[str, LimsError | str] = {
        name: "This is missing." for name in ("kind", "maker", "model", "serial") if not getattr(instrument, name)
    }
    if not _NUMBER.fullmatch(instrument.number):
        faults["number"] = "Give a number of at most 40 characters without spaces, as it stands on the label."
    faults |= faults_of_texts("name", instrument.name) | faults_of_texts("location", instrument.location)
    if not instrument.name:
        faults["name-en"] = "Give a name in at least one language."
    if instrument.interval_days is not None and not 1 <= instrument.interval_days <= LONGEST_INTERVAL_DAYS:
        faults["interval_days"] = "Give 1 to 3660 days, or leave it empty."
    if instrument.driver and instrument.driver not in {path.stem for path in shipped_files()}:
        faults["driver"] = "There is no driver of this name."
    if instrument.bench_id is not None:
        try:
            bench_of(session, instrument.bench_id, by=by)
        except NotFound as error:
            faults["bench_id"] = error
    for name in ("kind", "maker", "model", "serial", "resource"):
        if len(getattr(instrument, name) or "") > LONGEST_TEXT:
            faults[name] = too_long(LONGEST_TEXT)
    if faults:
        raise Invalid("The instrument can't be entered like this. Look at the marked places.", faults)


def _index(session: Session, row: Instrument, branch_id: int) -> None:
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
