"""Files of a certificate, kept as they came: the PDF, and what its numbers were read from (6.4.13 e, 8.4)."""

from __future__ import annotations

from sqlalchemy.orm import Session

from lims.errors import Invalid
from lims.instruments.dcc.document import looks_like_xml
from lims.instruments.dcc.read import read
from lims.instruments.points_file import text_of
from lims.instruments.proposal import names_other_serial, refuse_pdf
from lims.store import files

_BEGINNING, _END = b"%PDF-", b"%%EOF"
_WITHIN = 1024
"""In so many first and last bytes readers look for the marks of a PDF."""
_LONGEST_NAME = 120


def keep_certificate_file(session: Session, content: bytes, *, name: str) -> bytes:
    """Keep the file of a certificate and return its digest; refuses what is empty, no PDF, or cut off."""
    if not content:
        raise Invalid("This file is empty.", {"file": "Choose the certificate as a PDF, or send none."})
    if _BEGINNING not in content[:_WITHIN]:
        raise Invalid("This file is not a PDF.", {"file": "Choose the certificate as a PDF, or send none."})
    if _END not in content[-_WITHIN:]:
        raise Invalid(
            "The end of this PDF is missing: it was cut off on its way.", {"file": "Choose the whole file again."}
        )
    return files.store(session, content, media_type="application/pdf", name=_readable(name))


def keep_source_file(session: Session, content: bytes, *, name: str) -> bytes:
    """Keep the file that a certificate's numbers are read from, and return its digest; refuses what is no DCC or text.

    What its rows say is a person's to judge, so a table may be kept that can't be read by itself.
    """
    xml = looks_like_xml(content)
    media_type = "application/xml" if xml else "text/csv"
    try:
        refuse_pdf(content)
        _ = read(content) if xml else text_of(content)
    except Invalid as error:
        raise Invalid("No numbers can have been read from this file.", {"source": error}) from error
    return files.store(session, content, media_type=media_type, name=_readable(name, "points.csv"))


def refuse_other_serial(session: Session, source_digest: bytes, *, registered: str, why: str | None) -> str | None:
    """Return why the file may name another serial than the register, or None where it does not; refuses silence."""
    content, _media_type, _name = files.load(session, source_digest)
    serials = read(content).serials if looks_like_xml(content) else ()
    if not names_other_serial(serials, registered):
        return None
    if not (why or "").strip():
        raise Invalid(
            "The file is about serial %(found)s, and this instrument has %(registered)s.",
            {"other_serial": "Say why this is the certificate of this instrument, or enter it with the right one."},
            found=", ".join(serials),
            registered=registered,
        )
    return (why or "").strip()


def _readable(name: str, otherwise: str = "certificate.pdf") -> str:
    """Return the last letters of a name without those that are none: a database holds no NUL."""
    return "".join(letter for letter in name if letter.isprintable())[-_LONGEST_NAME:] or otherwise
