"""One search over all kinds of things: words, the beginnings of words, numbers, and Chinese by pairs of characters.

The embedded PostgreSQL has neither pg_trgm nor a Chinese dictionary, so the words are ours: a tsvector of configuration
'simple' made from words, parts of numbers, and bigrams.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Index, UniqueConstraint, bindparam, cast, func, or_, select
from sqlalchemy.dialects.postgresql import TSQUERY, TSVECTOR
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Mapped, Session, mapped_column

from lims import clock
from lims.store.db import Base, Key

_CJK = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_TOKEN = re.compile(rf"[{_CJK}]+|[^\W_{_CJK}]+")
_CHINESE = re.compile(rf"[{_CJK}]")
_VARIANTS = str.maketrans("臺", "台")
LONGEST_WORD = 60
"""Characters; of longer ones the beginning is kept. PostgreSQL takes words of up to 2 kB."""
MOST_WORDS = 4000
"""Words of one thing; PostgreSQL takes up to 1 MB of them."""
LONGEST_QUERY = 200
MOST_TERMS = 12


class SearchEntry(Base):
    """How one thing is found. A read model: written by the operations that change the thing."""

    __tablename__ = "search_entry"

    id: Mapped[Key]
    kind: Mapped[str]
    thing_id: Mapped[str]
    branch_id: Mapped[int | None]
    laboratory_id: Mapped[int | None]
    title: Mapped[str]
    subtitle: Mapped[str]
    words: Mapped[str] = mapped_column(TSVECTOR)
    updated_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("kind", "thing_id"),
        Index(None, "words", postgresql_using="gin"),
        Index(None, "title"),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One thing that was found."""

    kind: str
    thing_id: str
    title: str
    subtitle: str
    branch_id: int | None
    laboratory_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What is kept of a thing."""

    kind: str
    thing_id: object
    title: str
    texts: Sequence[str]
    subtitle: str = ""
    branch_id: int | None = None
    laboratory_id: int | None = None


def words_of(texts: Iterable[str]) -> list[str]:
    """Return what a text is found by: folded words, and of Chinese every character and pair of characters.

    >>> words_of(["JN-2026-000123", "陶瓷磚"])
    ['000123', '123', '2026', 'jn', '瓷', '瓷磚', '磚', '陶', '陶瓷']
    """
    found: set[str] = set()
    for token in (token for text in texts for token in _tokens(text)):
        found.update(_chinese(token, 1, 2) if _CHINESE.match(token) else {token, token.lstrip("0") or "0"})
        if len(found) > MOST_WORDS:
            break
    return sorted(found)


def _tokens(text: str) -> list[str]:
    """Return words and rows of Chinese characters in one form: width, case, and 台 for 臺."""
    folded = unicodedata.normalize("NFKC", text).casefold().translate(_VARIANTS)
    return [token if _CHINESE.match(token) else token[:LONGEST_WORD] for token in _TOKEN.findall(folded)]


def _chinese(token: str, *lengths: int) -> set[str]:
    """Return the parts of these lengths of a row of characters."""
    return {token[start : start + length] for length in lengths for start in range(len(token) - length + 1)}


def _squeezed(title: str) -> str:
    """Return a number without its dashes, as some people type it."""
    return "".join(letter for letter in title if letter.isalnum())


def index(
    session: Session,
    *,
    kind: str,
    thing_id: object,
    title: str,
    texts: Sequence[str],
    subtitle: str = "",
    branch_id: int | None = None,
    laboratory_id: int | None = None,
) -> None:
    """Keep how one thing is found, or keep it anew."""
    entry = Entry(
        kind=kind,
        thing_id=thing_id,
        title=title,
        texts=texts,
        subtitle=subtitle,
        branch_id=branch_id,
        laboratory_id=laboratory_id,
    )
    index_many(session, [entry])


def index_many(session: Session, entries: Sequence[Entry]) -> None:
    """Keep how many things are found, in one statement."""
    if not entries:
        return
    statement = upsert(SearchEntry).values(
        kind=bindparam("e_kind"),
        thing_id=bindparam("e_thing_id"),
        branch_id=bindparam("e_branch_id"),
        laboratory_id=bindparam("e_laboratory_id"),
        title=bindparam("e_title"),
        subtitle=bindparam("e_subtitle"),
        words=func.array_to_tsvector(func.string_to_array(bindparam("e_words"), " ")),
        updated_at=bindparam("e_updated_at"),
    )
    kept = ("branch_id", "laboratory_id", "title", "subtitle", "words", "updated_at")
    statement = statement.on_conflict_do_update(
        index_elements=["kind", "thing_id"], set_={name: statement.excluded[name] for name in kept}
    )
    session.execute(statement, [_row(entry) for entry in entries])


def _row(entry: Entry) -> dict[str, object]:
    return {
        "e_kind": entry.kind,
        "e_thing_id": str(entry.thing_id),
        "e_branch_id": entry.branch_id,
        "e_laboratory_id": entry.laboratory_id,
        "e_title": entry.title,
        "e_subtitle": entry.subtitle,
        "e_words": " ".join(words_of([entry.title, _squeezed(entry.title), *entry.texts])),
        "e_updated_at": clock.now(),
    }


def find(
    session: Session,
    query: str,
    *,
    kinds: Iterable[str] | None = None,
    branch_ids: Iterable[int] | None = None,
    laboratory_ids: Iterable[int] = (),
    limit: int = 50,
) -> list[Found]:
    """Return things that have every word of the query; a word may be the beginning of one.

    First the thing that is called just so, then those with the very words, the newest first.

    `branch_ids` None is everywhere; things of no branch are everybody's.
    """
    terms = _terms(query)
    if not terms:
        return []
    statement = select(SearchEntry).where(SearchEntry.words.op("@@")(_tsquery(terms, ":*")))
    if kinds is not None:
        statement = statement.where(SearchEntry.kind.in_(list(kinds)))
    if branch_ids is not None:
        here = SearchEntry.branch_id.in_(list(branch_ids)) | SearchEntry.laboratory_id.in_(list(laboratory_ids))
        statement = statement.where(or_(SearchEntry.branch_id.is_(None), here))
    title = func.lower(SearchEntry.title) == query.replace("\0", "").strip().lower()
    whole = SearchEntry.words.op("@@")(_tsquery(terms, ""))
    rows = session.scalars(statement.order_by(title.desc(), whole.desc(), SearchEntry.updated_at.desc()).limit(limit))
    return [
        Found(
            kind=row.kind,
            thing_id=row.thing_id,
            title=row.title,
            subtitle=row.subtitle,
            branch_id=row.branch_id,
            laboratory_id=row.laboratory_id,
        )
        for row in rows
    ]


def _terms(query: str) -> list[str]:
    """Return the words asked for; a row of Chinese characters is asked for by its pairs."""
    terms: list[str] = []
    for token in _tokens(query[:LONGEST_QUERY])[:MOST_TERMS]:
        terms += sorted(_chinese(token, min(2, len(token)))) if _CHINESE.match(token) else [token]
    return terms


def _tsquery(terms: Iterable[str], ending: str) -> ColumnElement[object]:
    """Return the query for all terms; `ending` ":*" takes also what begins with them.

    Terms are letters and digits of our own pattern only, and quoted, so nothing in them can mean anything else.
    """
    return cast(" & ".join(f"'{term}'{ending}" for term in terms), TSQUERY)
