"""One certificate of one instrument, and its file, for somebody who may look at the instrument."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy.orm import Session

from lims.errors import NotFound
from lims.instruments.driverfile import shipped
from lims.instruments.queries.certificates import CertificateView, certificates_by_id
from lims.instruments.queries.register import InstrumentView, instrument_seen
from lims.people.rights import Actor
from lims.store import files


def certificate_of(session: Session, instrument_id: int, certificate_id: int, *, by: Actor) -> CertificateView:
    """Return a certificate of an instrument; NotFound where the instrument has none of this key or is not seen."""
    instrument_seen(session, instrument_id, by=by)
    found = certificates_by_id(session, [certificate_id]).get(certificate_id)
    if found is None or found.instrument_id != instrument_id:
        raise NotFound("This instrument has no such certificate.")
    return found


def certificate_content(session: Session, instrument_id: int, certificate_id: int, *, by: Actor) -> bytes:
    """Return the PDF that a certificate was entered with; NotFound where there was none."""
    found = certificate_of(session, instrument_id, certificate_id, by=by)
    if found.file_digest is None:
        raise NotFound("This certificate was entered without a file.")
    return files.load(session, found.file_digest)[0]


def certificate_source(session: Session, instrument_id: int, certificate_id: int, *, by: Actor) -> tuple[bytes, str]:
    """Return the file that a certificate's numbers were read from, and its media type; NotFound without one."""
    found = certificate_of(session, instrument_id, certificate_id, by=by)
    if found.source_digest is None:
        raise NotFound("This certificate was entered without a file.")
    content, media_type, _name = files.load(session, found.source_digest)
    return content, media_type


def source_content(session: Session, digest: bytes) -> tuple[bytes, str]:
    """Return a file that was handed in for reading, and its name."""
    content, _media_type, name = files.load(session, digest)
    return content, name


def known_quantities(instrument: InstrumentView, certificates: Iterable[CertificateView]) -> dict[str, str]:
    """Return quantities of the instrument with their units: its driver's, and those of earlier certificates."""
    driver = shipped(instrument.driver) if instrument.driver else None
    known = {one.name: one.unit for one in driver.quantities} if driver else {}
    return known | {point.quantity: point.unit for one in reversed(list(certificates)) for point in one.points}
