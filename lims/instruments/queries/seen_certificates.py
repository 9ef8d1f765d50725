"""One certificate of one instrument, and its file, for somebody who may look at the instrument."""

from __future__ import annotations

from sqlalchemy.orm import Session

from lims.errors import NotFound
from lims.instruments.queries.certificates import CertificateView, certificates_by_id
from lims.instruments.queries.register import instrument_seen
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
