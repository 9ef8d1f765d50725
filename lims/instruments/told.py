"""What a bench has to say: the id of a sentence and the texts for its places, told later in the reader's language.

Older benches send plain text in its place; it is shown as it came.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lims.errors import Invalid, LimsError, Refused

Told = str | Mapping[str, Any]

MOST_TEXT = 10_000
"""Characters of a sentence that are taken from a bench."""


def told(error: LimsError) -> dict[str, Any]:
    """Return an error as it goes over the wire.

    >>> told(LimsError("No %(what)s.", what=3))
    {'id': 'No %(what)s.', 'data': {'what': '3'}}
    """
    return {"id": error.id, "data": {name: str(value) for name, value in error.data.items()}}


def told_whole(error: LimsError) -> tuple[dict[str, Any], ...]:
    """Return an error with what it has to say further: what is wrong with each field, or what to do."""
    further: list[LimsError] = []
    if isinstance(error, Invalid):
        further = [each if isinstance(each, LimsError) else LimsError(each) for each in error.fields.values()]
    elif isinstance(error, Refused) and error.remedy:
        further = [LimsError(error.remedy)]
    return tuple(told(each) for each in (error, *further))


def plain(sentences: Told | Sequence[Told] | None) -> str:
    """Return what was told as English text, for the log and the audit trail.

    >>> plain([{"id": "No %(what)s.", "data": {"what": "answer"}}, "old text"])
    'No answer. old text'
    """
    if not sentences:
        return ""
    if isinstance(sentences, str):
        return sentences
    if isinstance(sentences, Mapping):
        return str(LimsError(sentences["id"], **sentences["data"]))
    return " ".join(plain(one) for one in sentences)


def is_told(value: object) -> bool:
    """Tell whether a value is plain text, or a sentence whose places its data fill.

    >>> is_told({"id": "No %(what)s.", "data": {}})
    False
    """
    if isinstance(value, str):
        return len(value) <= MOST_TEXT
    if not isinstance(value, Mapping) or set(value) != {"id", "data"}:
        return False
    sentence, data = value["id"], value["data"]
    if not isinstance(sentence, str) or not isinstance(data, Mapping):
        return False
    if not sentence or not all(isinstance(text, str) for pair in data.items() for text in pair):
        return False
    try:
        return len(sentence % data if data or "%(" in sentence else sentence) <= MOST_TEXT
    except (KeyError, ValueError, TypeError):
        return False


def checked(value: object) -> str | list[Told]:
    """Return the reason that a bench gives, as it is kept: plain text or a list of sentences.

    Raises
    ------
    Invalid
        When it is neither.
    """
    if value is None:
        return ""
    if isinstance(value, str) and is_told(value):
        return value
    if isinstance(value, list) and all(is_told(one) for one in value):
        return list(value)
    raise Invalid("This is no sentence: text, or a list of sentences with id and data.")
