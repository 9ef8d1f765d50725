"""The PDF of a calibration certificate, kept as it came (6.4.13 e, 8.4)."""

from __future__ import annotations

from sqlalchemy.orm import Session

from lims.errors import Invalid
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


def _readable(name: str) -> str:
    """Return the last letters of a name without those that are none: a database holds no NUL."""
    return "".join(letter for letter in name if letter.isprintable())[-_LONGEST_NAME:] or "certificate.pdf"
