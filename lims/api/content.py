"""Bytes of files inside JSON, as base64."""

from __future__ import annotations

import base64
import binascii

from lims.errors import Invalid


def decoded(text: str, field: str = "content") -> bytes:
    """Return the bytes; refuse what is no base64 by its field."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Invalid("The file can't be read.", {field: "Send its bytes in base64."}) from error
