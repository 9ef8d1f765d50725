"""The chain of traceability as a tree of plain nodes: reading, instrument, certificate, laboratory, standard. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from lims.store.db import Texts


class Link(StrEnum):
    """What a node of the chain is."""

    READINGS = "readings"
    INSTRUMENT = "instrument"
    CERTIFICATE = "certificate"
    LABORATORY = "issuing laboratory"
    REPORT = "our own certificate"
    RESULT = "result of another line"
    LOT = "lot"
    STANDARD = "what it is traceable to"
    ELSEWHERE = "equipment of another place"


class Gap(StrEnum):
    """Where a chain does not hold."""

    NO_INSTRUMENT = "Written down by a person, without an instrument: nothing links it to a standard."
    RECALLED = "This lot was recalled."
    EXPIRED = "The lot had expired when it was used."
    NO_CERTIFICATE = "There was no accepted certificate when it was read."
    LAPSED = "The certificate had run out when it was read."
    NOT_ACCEPTED = "This certificate was not accepted."
    UNSAID = "Neither an accreditation nor a statement says to what it is traceable."
    CIRCLE = "The chain comes back to itself here."
    TOO_LONG = "The chain goes on; it is not followed further here."


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One link of the chain with what it stands on; where nothing follows and no gap is told, the chain ends well."""

    link: Link
    name: str
    about: tuple[str, ...] = ()
    texts: Texts | None = None
    key: int | None = None  # of the instrument, of the line, of the report, of the lot
    first: datetime | None = None
    last: datetime | None = None
    day: date | None = None
    until: date | None = None
    gap: Gap | None = None
    below: tuple[Node, ...] = ()

    def gaps(self) -> Iterator[Gap]:
        """Return where the chain does not hold, from here down.

        >>> list(Node(link=Link.READINGS, name="", gap=Gap.NO_INSTRUMENT).gaps())[0].name
        'NO_INSTRUMENT'
        """
        if self.gap:
            yield self.gap
        for node in self.below:
            yield from node.gaps()
