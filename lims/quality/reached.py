"""What an error of an instrument reaches: readings, results, reports and who has them, as plain values. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from lims.store.db import Texts


class Way(StrEnum):
    """How an error comes into a result."""

    READ = "read with it"
    LOT = "computed with its value"
    CALIBRATED = "read with an instrument calibrated against it"
    TAKEN = "computed with such a result"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """Somebody who has a report: a person who took the file, or an address to which a message about it went."""

    name: str
    how: str  # "read file", or the channel of a message: mail ...
    at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReachedReport:
    """A report that speaks of such a result."""

    id: int
    number: str | None
    state: str
    issued_at: datetime | None
    client: Texts | None  # None where the person may not know the client by name
    client_code: str
    recipients: tuple[Recipient, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """One result that such readings went into, or the readings of a line that are in no result yet."""

    line_id: int
    line_number: str | None
    line_state: str
    job_id: int
    job_number: str | None
    branch_id: int
    laboratory_id: int
    laboratory: Texts
    client: Texts | None
    client_code: str
    way: Way
    through: str  # line whose result was taken, or the instrument that was calibrated, with its certificate
    reading_ids: tuple[int, ...]
    first_at: datetime | None
    last_at: datetime | None
    result_id: int | None
    result_number: int | None
    summary: str
    retracted: bool
    held: bool
    reports: tuple[ReachedReport, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """All that the readings of an instrument, or of values of a lot, went into, as far as one person may see it."""

    instrument_id: int | None
    since: datetime | None
    until: datetime | None
    rows: tuple[Reached, ...]
    elsewhere: int  # lines that the person may not see
    lot_id: int | None = None  # with those that were made of it

    @property
    def reading_count(self) -> int:
        """Return how many readings are concerned."""
        return len({key for row in self.rows for key in row.reading_ids})

    @property
    def result_ids(self) -> tuple[int, ...]:
        """Return the results concerned, each once."""
        return tuple(sorted({row.result_id for row in self.rows if row.result_id is not None}))

    def reports(self) -> Iterator[ReachedReport]:
        """Return the reports concerned, each once."""
        seen: set[int] = set()
        for row in self.rows:
            for report in row.reports:
                if report.id not in seen:
                    seen.add(report.id)
                    yield report

    def line_count(self, way: Way | None = None) -> int:
        """Return how many lines are concerned, in one way or at all."""
        return len({row.line_id for row in self.rows if way in (None, row.way)})


class Proven(StrEnum):
    """By what something is known of an instrument."""

    CALIBRATION = "calibration"
    CHECK = "check"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """A moment at which an instrument was known to be good, or found not to be."""

    at: datetime
    good: bool
    what: Proven
    name: str  # number of the certificate, or what the check found


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """The time in which readings are in doubt: from the last good moment before a finding to the first one after it."""

    since: Proof | None
    found: Proof | None
    until: Proof | None


def doubt_of(proofs: Sequence[Proof], *, found_at: datetime | None = None) -> Doubt:
    """Return what is in doubt by the latest finding, or by one that a person reports for a moment.

    Parameters
    ----------
    proofs : in any order
    found_at : somebody says that it was out of tolerance then; None takes the latest bad proof, or the present

    Examples
    --------
    >>> from datetime import datetime, UTC
    >>> day = lambda n, good: Proof(at=datetime(2026, 3, n, tzinfo=UTC), good=good, what=Proven.CHECK, name="")
    >>> doubt = doubt_of([day(1, True), day(2, True), day(4, False), day(6, True)])
    >>> doubt.since.at.day, doubt.found.at.day, doubt.until.at.day
    (2, 4, 6)

    Source: ISO/IEC 17025:2017, 6.4.9, 7.10.1.
    """
    ordered = sorted(proofs, key=lambda proof: proof.at)
    found = next((one for one in reversed(ordered) if not one.good), None) if found_at is None else None
    at = found_at or (found.at if found else None)
    before = [one for one in ordered if one.good and (at is None or one.at < at)]
    after = [one for one in ordered if one.good and at is not None and one.at > at]
    return Doubt(since=before[-1] if before else None, found=found, until=after[0] if after else None)
