"""Readings that a person writes down at the bench, for one line or for many (7.5.1, 7.11.6)."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from lims import clock
from lims.errors import Invalid, LimsError
from lims.instruments import queries as instruments
from lims.instruments.queries import InstrumentView
from lims.instruments.reading import GENESIS
from lims.instruments.states import InstrumentState
from lims.methods.states import Activity
from lims.people.rights import Actor, Right
from lims.results import counting
from lims.results.counting import Key, Taken
from lims.results.entry import Entered, InFile, LotTaking, Taking, Takings, Written, key_of, understand
from lims.results.freezing import Frozen
from lims.results.operations import gates, results
from lims.results.operations.place import Refusals, at_lines, each, must_be_open
from lims.results.queries import gates as asked
from lims.results.queries.basis import Basis, computed_all
from lims.results.queries.gates import Authorisations, GateView
from lims.results.queries.lots import refusals_of_typed, typed_references
from lims.results.records import Reading, Result
from lims.results.states import Source
from lims.samples.calendar import local_date
from lims.samples.operations import lines as samples
from lims.samples.operations.place import Placed
from lims.samples.operations.refresh import refresh_jobs
from lims.store import audit, canonical
from lims.store.db import table_of

Views = Mapping[tuple[int, datetime], InstrumentView]


@dataclass(frozen=True, slots=True, kw_only=True)
class LineEntry:
    """What a person wrote down for one line; the same `entry_id` again is answered as done."""

    line_id: int
    entries: Sequence[Entered]
    entry_id: UUID | None = None
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What came of it: ids of the readings, the result where there is one, else why there is none yet."""

    reading_ids: list[int]
    summary: str = ""
    outcome: str | None = None
    content_hash: str = ""
    problem: LimsError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Draft:
    """An entry that was understood, with the line it is for."""

    work: Placed
    given: LineEntry
    found: Basis
    written: tuple[Written, ...]
    replacing: Mapping[Key, bool]
    entry_id: UUID


def enter_readings(
    session: Session,
    *,
    by: Actor,
    line_id: int,
    entries: Sequence[Entered],
    entry_id: UUID | None = None,
    why: str = "",
) -> list[int]:
    """Store numbers that a person read or was given; begins work on the line; return their ids (7.5.1, 6.2.5).

    Refuses who is not competent, numbers and units that can't be used (each by its field), an instrument that was not
    valid, and what takes the place of other readings without a reason. The same `entry_id` again is answered as done.
    """
    one = LineEntry(line_id=line_id, entries=entries, entry_id=entry_id, why=why)
    answer = enter_lines(session, by=by, given=[one])[line_id]
    if isinstance(answer, LimsError):
        raise answer
    return answer.reading_ids


def enter_lines(session: Session, *, by: Actor, given: Sequence[LineEntry]) -> dict[int, Stored | LimsError]:
    """Store numbers for several lines, each as `enter_readings` does: all that was written for a line, or why none."""
    refused: Refusals = {}
    entries = {one.line_id: one for one in given}
    line_ids = [one.line_id for one in given]
    works = at_lines(session, by=by, line_ids=line_ids, right=Right.ENTER_READINGS, refused=refused)
    each(works, lambda line_id: must_be_open(works[line_id]), refused)
    known = _known(session, entries, refused)
    new = {line_id: work for line_id, work in works.items() if line_id not in refused and line_id not in known}
    found = results.current_bases(session, new, refused)
    drafts = each(found, lambda line_id: _draft(new[line_id], entries[line_id], found[line_id]), refused)
    _from_lots(session, drafts, refused)
    authorised, views = _gates(session, by, drafts, refused)
    each(drafts, lambda line_id: _begin(session, by, drafts[line_id]), refused)
    drafts = {line_id: draft for line_id, draft in drafts.items() if line_id not in refused}
    stored = _store(session, by, drafts, authorised, views)
    answers = _evaluate(session, by, drafts, stored)
    refresh_jobs(session, sorted({draft.work.job.id for draft in drafts.values()}))
    done = {**known, **answers}
    return {line_id: refused[line_id] if line_id in refused else done[line_id] for line_id in line_ids}


def _known(session: Session, entries: Mapping[int, LineEntry], refused: Refusals) -> dict[int, Stored]:
    """Return what was stored before under the same keys; a key of another line is refused."""
    keys = [one.entry_id for one in entries.values() if one.entry_id]
    if len(set(keys)) < len(keys):
        raise Invalid("This key is taken. Send another one.")
    by_key = {one.entry_id: line_id for line_id, one in entries.items() if one.entry_id and line_id not in refused}
    if not by_key:
        return {}
    found: dict[int, Stored] = {}
    query = select(Reading.id, Reading.line_id, Reading.entry_id).where(Reading.entry_id.in_(by_key))
    for row in session.execute(query.order_by(Reading.seq)):
        line_id = by_key[row.entry_id]
        if row.line_id == line_id:
            found.setdefault(line_id, Stored(reading_ids=[])).reading_ids.append(row.id)
        else:
            refused[line_id] = Invalid("This key is taken. Send another one.")
    return found


def _draft(work: Placed, given: LineEntry, found: Basis) -> _Draft:
    written = understand(given.entries, found.required, now=clock.now(), not_before=work.item.received_at)
    return _Draft(
        work=work,
        given=given,
        found=found,
        written=written,
        replacing=_replacing(found, written, given.why),
        entry_id=given.entry_id or uuid4(),
    )


def _from_lots(session: Session, drafts: Mapping[int, _Draft], refused: Refusals) -> None:
    """Refuse a typed value where the laboratory has a lot for it: an expired one is not passed by (6.4.4)."""
    wanted = {
        line_id: inputs
        for line_id, draft in drafts.items()
        if line_id not in refused and (inputs := typed_references(draft.found.required, draft.written))
    }
    if not wanted:
        return
    places = {line_id: drafts[line_id].work.line.laboratory_id for line_id in wanted}
    for line_id, refusal in refusals_of_typed(session, places, wanted).items():
        refused[line_id] = refusal


def _replacing(found: Basis, written: Sequence[Written], why: str) -> Mapping[Key, bool]:
    """Return whether each input's numbers take the place of what is there; that needs a reason."""
    required = {(one.name, one.point): one for one in found.required}
    replacing = {
        (one.input, one.point): counting.replaces(required[one.input, one.point], found.counted) for one in written
    }
    taken = [key_of(*key) for key, whole in replacing.items() if whole and found.counted.get(key)]
    if taken and not why.strip():
        raise Invalid(
            "These numbers would take the place of those that are there: %(inputs)s. Say why.",
            {"why": "Give a reason in a few words."},
            inputs=", ".join(taken),
        )
    return replacing


def _gates(
    session: Session, by: Actor, drafts: Mapping[int, _Draft], refused: Refusals
) -> tuple[Authorisations, Views]:
    """Ask competence and the instruments read by eye, each as it stood when it was read."""
    methods = {draft.work.line.method_id for draft in drafts.values()}
    authorised = asked.authorisations(session, by.person_id, methods, Activity.PERFORM)
    read = {(one.instrument_id, one.at) for draft in drafts.values() for one in draft.written if one.instrument_id}
    views = instruments.instruments_at(session, read)

    def of_line(line_id: int) -> list[GateView]:
        draft = drafts[line_id]
        competence = authorised.gate(draft.work.line.method_id, _today(draft.work))
        seen = [views.get((one.instrument_id, one.at)) for one in draft.written if one.instrument_id]
        return [competence, *(gates.of_instrument(view, draft.work) for view in seen)]

    gates.all_pass(session, each(drafts, of_line, refused), refused)
    return authorised, views


def _today(work: Placed) -> Any:
    return local_date(clock.now(), work.place.time_zone)


def _begin(session: Session, by: Actor, draft: _Draft) -> None:
    samples.start(session, by=by, placed=draft.work, method_version_id=draft.found.version.id)


def _store(
    session: Session, by: Actor, drafts: Mapping[int, _Draft], authorised: Authorisations, views: Views
) -> dict[int, list[Taken]]:
    """Store the readings of all lines by one statement, each line's in a chain of its own."""
    if not drafts:
        return {}
    rows: list[dict[str, Any]] = []
    for draft in drafts.values():
        supervisor_id = gates.supervisor(authorised.on(draft.work.line.method_id, _today(draft.work)))
        own = _rows(by, draft, views, supervisor_id)
        _tell(session, by, draft, head=own[-1]["hash"])
        rows += own
    columns = [{name: value for name, value in row.items() if name not in _SAID} for row in rows]
    stored = session.execute(_STORED, columns)
    found: dict[int, list[Taken]] = {line_id: [] for line_id in drafts}
    for row, (key, recorded_at) in zip(rows, stored, strict=True):
        found[row["line_id"]].append(_taken(row, key, recorded_at))
    return found


_READINGS = table_of(Reading)
_STORED = insert(_READINGS).returning(_READINGS.c.id, _READINGS.c.recorded_at, sort_by_parameter_order=True)
_SAID = ("U", "k", "note", "taken", "file")
"""What stands in the body of a reading beside its columns."""
_SELDOM = frozenset({"lot_value_id", "sent_file_id", "file"})
"""What stands in it only where there is one."""


def _rows(by: Actor, draft: _Draft, views: Views, supervisor_id: int | None) -> list[dict[str, Any]]:
    """Return the readings of an entry, each holding the hash of the one before."""
    rows: list[dict[str, Any]] = []
    previous = GENESIS
    for one in draft.written:
        view = views[one.instrument_id, one.at] if one.instrument_id else None
        shared = {
            "line_id": draft.work.line.id,
            "input": one.input,
            "point": one.point,
            "source": Source.FILE if one.in_file else Source.MANUAL,
            "entry_id": draft.entry_id,
            "unit": one.unit,
            "at": one.at,
            "instrument_id": one.instrument_id,
            "certificate_id": view.certificate_id if view else None,
            "flags": _flags(view),
            "counts": True,
            "replaces": draft.replacing[one.input, one.point],
            "result_id": one.taking.result_id if isinstance(one.taking, Taking) else None,
            "lot_value_id": one.taking.lot_value_id if isinstance(one.taking, LotTaking) else None,
            "sent_file_id": one.in_file.sent_file_id if one.in_file else None,
            "recorded_by_id": by.person_id,
            "supervisor_id": supervisor_id,
        }
        said = dict(zip(_SAID, (one.U, one.k, one.note, _plain(one.taking), _plain(one.in_file)), strict=True))
        for value, typed in zip(one.values, one.typed, strict=True):
            row = {**shared, "seq": len(rows) + 1, "value": value, "raw": typed}
            kept = {name: part for name, part in (row | said).items() if name not in _SELDOM or part is not None}
            body = canonical.to_text({**kept, "why": draft.given.why, "previous": previous})
            head = canonical.digest(body)
            rows.append({**row, **said, "body": body, "previous_hash": previous, "hash": head})
            previous = head
    return rows


def _plain(said: Takings | InFile | None) -> object:
    """Return a result or a lot that is taken, or the place in a file, just as the body of its reading will tell it."""
    return json.loads(canonical.to_text(asdict(said))) if said else None


def _flags(view: InstrumentView | None) -> list[str]:
    """Flags of a reading by eye: the gate that was overridden, so that nobody overlooks it."""
    if view is None or view.usable or view.state != InstrumentState.IN_SERVICE:
        return []
    return ["no_certificate" if view.certificate_id is None else "calibration_overdue"]


def _taken(row: Mapping[str, Any], key: int, recorded_at: datetime) -> Taken:
    """Return a reading that was just stored as `queries.readings` would read it."""
    same = (
        "input", "point", "source", "seq", "value", "unit", "at", "raw", "instrument_id", "certificate_id", "counts",
        "hash", "replaces", "recorded_by_id", "supervisor_id", "U", "k", "note", "taken",
        "file",
    )  # fmt: skip
    return Taken(
        **{name: row[name] for name in same},
        id=key,
        run=row["entry_id"],
        begun=recorded_at,
        ended_well=True,
        stable=None,
        flags=tuple(row["flags"]),
    )


def _tell(session: Session, by: Actor, draft: _Draft, *, head: str) -> None:
    audit.record(
        session,
        by=by,
        thing="line",
        thing_id=draft.work.line.id,
        action="enter readings",
        branch_id=draft.work.job.branch_id,
        new={
            "entry_id": draft.entry_id,
            "inputs": {key_of(one.input, one.point): [*one.values, one.unit] for one in draft.written},
            "head": head,
        },
        why=draft.given.why.strip(),
    )


def _evaluate(
    session: Session, by: Actor, drafts: Mapping[int, _Draft], stored: Mapping[int, Collection[Taken]]
) -> dict[int, Stored]:
    """Compute the results that can be computed now; the others say what still stands in the way."""
    found = {line_id: draft.found.with_readings(stored[line_id]) for line_id, draft in drafts.items()}
    answers = computed_all(session, found)
    frozen = {line_id: answer for line_id, answer in answers.items() if isinstance(answer, Frozen)}
    last = results.last_results(session, [line_id for line_id in frozen if drafts[line_id].found.readings])
    rows = {
        line_id: results.Computed(
            work=drafts[line_id].work,
            found=found[line_id],
            frozen=one,
            last=last.get(line_id),
            reason=drafts[line_id].given.why.strip(),
        ).row(by)
        for line_id, one in frozen.items()
    }
    results.keep(session, by=by, rows=[(drafts[line_id].work, row) for line_id, row in rows.items()])
    return {line_id: _answer(stored[line_id], answers[line_id], rows.get(line_id)) for line_id in drafts}


def _answer(stored: Collection[Taken], answer: Frozen | LimsError, row: Result | None) -> Stored:
    ids = [one.id for one in stored]
    if row is None:
        return Stored(reading_ids=ids, problem=answer if isinstance(answer, LimsError) else None)
    return Stored(reading_ids=ids, summary=row.summary, outcome=row.outcome, content_hash=row.content_hash)
