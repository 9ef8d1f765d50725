"""Moments at which an instrument was known to be good, or found not to be: calibrations and checks (6.4.9, 6.4.10)."""

from __future__ import annotations

from datetime import datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from lims.instruments import queries as instruments
from lims.instruments.records import Instrument
from lims.instruments.states import CertificateState
from lims.people.records import Branch, Laboratory
from lims.quality.reached import Proof, Proven


def proofs(session: Session, instrument_id: int) -> list[Proof]:
    """Return what is known of an instrument, in the order of time.

    A certificate speaks from the beginning of its day in the time zone of the branch. A refused one is a finding, but
    not where one of the same calibration was accepted.
    """
    zone = _zone(session, instrument_id)
    certificates = instruments.certificates(session, instrument_id)
    accepted = {one.calibrated_on for one in certificates if one.state == CertificateState.ACCEPTED}
    found = [
        Proof(at=one.at, good=one.passed, what=Proven.CHECK, name=one.note)
        for one in instruments.checks(session, instrument_id)
    ]
    for one in certificates:
        good = one.state == CertificateState.ACCEPTED
        if good or (one.state == CertificateState.REFUSED and one.calibrated_on not in accepted):
            at = datetime.combine(one.calibrated_on, time(), tzinfo=zone)
            found.append(Proof(at=at, good=good, what=Proven.CALIBRATION, name=one.number))
    return sorted(found, key=lambda proof: proof.at)


def _zone(session: Session, instrument_id: int) -> ZoneInfo:
    query = select(Branch.time_zone).join(Laboratory).join(Instrument, Instrument.laboratory_id == Laboratory.id)
    return ZoneInfo(session.scalars(query.where(Instrument.id == instrument_id)).one())
