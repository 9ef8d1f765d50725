"""Files that were handed in and are used by the next page: a signed word stands for the file, for one thing only.

A digest alone would do for anybody who read it somewhere, also of a file that is not for them.
"""

from __future__ import annotations

from flask import current_app
from itsdangerous import BadSignature, URLSafeSerializer

from lims.errors import Invalid


def hand_out(digest: bytes, *, thing: str) -> str:
    """Return the word for a file, good for this thing."""
    return str(_serializer(thing).dumps(digest.hex()))


def handed(word: str, *, thing: str) -> bytes:
    """Return the digest that a word of ours stands for.

    Raises
    ------
    Invalid
        When it is no word of ours, or was made for another thing.
    """
    try:
        return bytes.fromhex(_serializer(thing).loads(word))
    except (BadSignature, ValueError) as error:
        raise Invalid("The file is not known any more. Choose it again.") from error


def _serializer(thing: str) -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt=f"handed in: {thing}")
