"""What was typed about an instrument: without spaces around, in our languages, no longer than a page can show."""

from __future__ import annotations

from collections.abc import Mapping

from lims.errors import Invalid, LimsError
from lims.store.db import Texts
from lims.words import LOCALES

LONGEST_TEXT = 200
LONGEST_SENTENCE = 500
LONGEST_REASON = 2000


def trimmed(texts: Texts | None) -> Texts | None:
    """Return the texts without spaces around them and without empty ones; None where nothing is left."""
    return {locale: text.strip() for locale, text in (texts or {}).items() if text.strip()} or None


def faults_of_texts(name: str, texts: Mapping[str, str] | None, most: int = LONGEST_TEXT) -> dict[str, LimsError | str]:
    """Return what is wrong with texts, by the field of their language."""
    if set(texts or {}) - set(LOCALES):
        return {name: "Write it in the languages en and zh_Hant_TW."}
    return {f"{name}-{locale}": too_long(most) for locale, text in (texts or {}).items() if len(text) > most}


def too_long(most: int) -> Invalid:
    """Return the sentence for a text of more characters."""
    return Invalid("Write %(most)s characters at most.", most=most)


def refuse_long(name: str, text: str) -> None:
    """Refuse a reason or a note that no time line can show."""
    if len(text) > LONGEST_REASON:
        raise Invalid("This text is too long.", {name: too_long(LONGEST_REASON)})
