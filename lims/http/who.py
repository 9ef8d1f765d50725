"""Who did something, by the name that the reader knows: the audit trail keeps an English label of each actor."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from flask_babel import get_timezone

from lims.errors import Stale
from lims.http.session import open_transaction
from lims.people import queries
from lims.store.db import Texts
from lims.words import FALLBACK


def names_of(person_ids: Collection[int]) -> dict[int, Texts]:
    """Return the names of persons in each language, as they are now."""
    if not person_ids:
        return {}
    with open_transaction() as db:
        return queries.person_names(db, person_ids)


def named(actor: str, name: Texts | None) -> Texts:
    """Return an actor's label with the person's name in each language; what a token did still says so.

    >>> named("Chang (token 7)", {"en": "Chang Shu-fen", "zh_Hant_TW": "張淑芬"})["zh_Hant_TW"]
    '張淑芬 (token 7)'
    """
    if name is None:
        return {FALLBACK: actor}
    _label, mark, token = actor.partition(" (token ")
    return {locale: text + mark + token for locale, text in name.items()}


def told(stale: Stale) -> Stale:
    """Return the refusal of a page that is not up to date with name and time as the reader writes them."""
    data = dict(stale.data)
    person_id, at = data.get("who_id"), data.get("at")
    if isinstance(person_id, int):
        data["who"] = named(str(data.get("who", "")), names_of([person_id]).get(person_id))
    if isinstance(at, datetime):
        data["at"] = f"{at.astimezone(get_timezone()):%Y-%m-%d %H:%M}"
    return Stale(stale.id, **data)
