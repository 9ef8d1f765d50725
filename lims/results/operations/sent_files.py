"""Files that instruments wrote: kept as they came, taken as readings whole or not at all (7.5.1, 7.11.3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import NAMESPACE_URL, uuid5

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from lims import clock
from lims.errors import Invalid, LimsError, NotFound, Refused
from lims.instruments import queries as instruments
from lims.instruments.export import Parser
from lims.instruments.fileread import MAX_BYTES, read
from lims.instruments.queries import BenchView, InstrumentView
from lims.instruments.records import Instrument
from lims.instruments.states import InstrumentState
from lims.people.rights import Actor, Right
from lims.results.entry import Entered, InFile
from lims.results.matching import Match, moment_of
from lims.results.operations.entries import LineEntry, Stored, enter_lines
from lims.results.queries.sent_files import Choice, Preview, preview, sent_file
from lims.results.records import SentFile
from lims.results.states import SENT_FILE, FileState
from lims.store import audit, files, states

LONGEST_NAME = 120


def keep_sent_file(
    session: Session, *, by: Actor, instrument_id: int, content: bytes, name: str, parser: Parser
) -> SentFile:
    """Keep a file that an instrument wrote; the same file of it again is the one that is there.

    Refuses an instrument of another laboratory or out of service, and a file that is not what the parser describes.
    """
    instrument = instruments.instrument(session, instrument_id)
    by.must(Right.ENTER_READINGS, branch_id=instrument.branch_id, laboratory_id=instrument.laboratory_id)
    return _keep(session, instrument, content, name=name, parser=parser, by=by)


def receive_file(
    session: Session, *, bench: BenchView, serial: str, content: bytes, name: str, parser: Parser
) -> SentFile:
    """Keep a file that a bench found in its folder; refuses an instrument that is not on that bench."""
    key = session.scalar(select(Instrument.id).filter_by(bench_id=bench.id, serial=serial))
    if key is None:
        raise NotFound("No instrument with serial number %(serial)s is on this bench.", serial=serial)
    return _keep(session, instruments.instrument(session, key), content, name=name, parser=parser, bench=bench)


def _keep(
    session: Session,
    instrument: InstrumentView,
    content: bytes,
    *,
    name: str,
    parser: Parser,
    by: Actor | None = None,
    bench: BenchView | None = None,
) -> SentFile:
    if instrument.state == InstrumentState.RETIRED:
        raise Refused("A retired instrument measures nothing any more.", rule="retired is the end", clause="6.4.9")
    if len(content) > MAX_BYTES:
        raise Invalid("The file is larger than %(limit)s bytes.", {"file": "Send a smaller file."}, limit=MAX_BYTES)
    if not content:
        raise Invalid("This file is empty.", {"file": "Choose the file that the instrument wrote."})
    read(parser, content)
    name = _readable(name)
    digest = files.store(session, content, media_type="application/octet-stream", name=name)
    values = {
        "instrument_id": instrument.id,
        "digest": digest,
        "name": name,
        "parser": parser.id,
        "sent_at": clock.now(),
        "sent_by_id": by.person_id if by else None,
        "bench_id": bench.id if bench else None,
        "state": FileState.WAITING,
        "version": 1,
    }
    new = session.scalar(insert(SentFile).values(values).on_conflict_do_nothing().returning(SentFile.id))
    if new is not None:
        audit.record(
            session,
            by=by,
            thing=SENT_FILE.thing,
            thing_id=new,
            action="send",
            branch_id=instrument.branch_id,
            new={"instrument": instrument.number, "name": name, "digest": digest.hex(), "parser": parser.name},
        )
    return session.scalars(select(SentFile).filter_by(instrument_id=instrument.id, digest=digest)).one()


def _readable(name: str) -> str:
    """Return the end of a name without letters that are none: a database holds no NUL."""
    return "".join(letter for letter in name if letter.isprintable())[-LONGEST_NAME:] or "file"


def take_sent_file(
    session: Session, *, by: Actor, sent_file_id: int, seen_version: int, parser: Parser, choice: Choice, why: str = ""
) -> dict[int, Stored]:
    """Take every row of a file as readings of its line; all of them or none (7.5.1, 7.11.3).

    Refuses while a row has no place and was not left out, rows that are left out without a reason, and what
    `enter_lines` refuses of any line: who is not competent, an instrument that was not valid then, other numbers that
    would be replaced without a reason.
    """
    seen = sent_file(session, by=by, sent_file_id=sent_file_id)
    row = session.get_one(SentFile, sent_file_id)
    states.lock(session, row)
    found = preview(session, by=by, sent=seen, parser=parser, choice=choice)
    _refuse_half(found, why)
    given = _entries(found, row, why)
    states.move(
        session,
        SENT_FILE,
        row,
        "take",
        by=by,
        branch_id=seen.instrument.branch_id,
        laboratory_id=seen.instrument.laboratory_id,
        seen_version=seen_version,
        why=why,
        parser=found.export.parser,
        inputs=dict(found.choice.inputs),
        lines=[one.line_id for one in given],
        left_out=sorted(found.choice.left_out),
    )
    return _all_stored(found, enter_lines(session, by=by, given=given))


def _refuse_half(found: Preview, why: str) -> None:
    if found.problem is not None:
        raise found.problem
    if not found.whole:
        raise Invalid(
            "Not every row has its place. Leave out those that are not to be taken, and say why.",
            {"rows": "Look at the marked rows."},
        )
    if found.choice.left_out and not why.strip():
        raise Invalid("Rows are left out. Say why.", {"why": "Give a reason in a few words."})


def _entries(found: Preview, row: SentFile, why: str) -> list[LineEntry]:
    by_line: dict[int, list[Entered]] = {}
    for one in found.taken:
        for entered in _entered(one, row, found):
            by_line.setdefault(one.places[0].line_id, []).append(entered)
    return [
        LineEntry(
            line_id=line_id,
            entries=entries,
            entry_id=uuid5(NAMESPACE_URL, f"sent-file:{row.id}:{row.digest.hex()}:{line_id}"),
            why=why,
        )
        for line_id, entries in by_line.items()
    ]


def _entered(one: Match, row: SentFile, found: Preview) -> Sequence[Entered]:
    at: datetime = moment_of(one, found.choice.at or row.sent_at)
    return [
        Entered(
            input=place.input,
            point=place.point,
            values=(place.value.value or "",),
            unit=place.value.unit,
            instrument_id=row.instrument_id,
            at=at,
            in_file=InFile(
                sent_file_id=row.id,
                digest=row.digest.hex(),
                line=one.row.line,
                raw=place.value.raw,
                parser=found.export.parser,
                parser_hash=found.export.parser_hash,
            ),
        )
        for place in one.places
    ]


def _all_stored(found: Preview, answers: Mapping[int, Stored | LimsError]) -> dict[int, Stored]:
    """Return what was stored; raise the first refusal, with the line that it is about, so that nothing is."""
    numbers = {one.target.line_id: one.target.number for one in found.taken if one.target}
    stored: dict[int, Stored] = {}
    for line_id, answer in answers.items():
        if isinstance(answer, LimsError):
            raise Refused(
                "Nothing was taken: line %(line)s refuses. %(reason)s",
                rule="a file is taken whole",
                line=numbers.get(line_id, str(line_id)),
                reason=next(iter(answer.fields.values()), answer) if isinstance(answer, Invalid) else answer,
            ) from answer
        stored[line_id] = answer
    return stored


def set_aside(session: Session, *, by: Actor, sent_file_id: int, seen_version: int, why: str) -> SentFile:
    """Set a file aside that is not to be taken, saying why; it is kept."""
    return _move(session, "set aside", by=by, sent_file_id=sent_file_id, seen_version=seen_version, why=why)


def bring_back(session: Session, *, by: Actor, sent_file_id: int, seen_version: int, why: str) -> SentFile:
    """Let a file that was set aside wait again."""
    return _move(session, "bring back", by=by, sent_file_id=sent_file_id, seen_version=seen_version, why=why)


def _move(session: Session, name: str, *, by: Actor, sent_file_id: int, seen_version: int, why: str) -> SentFile:
    seen = sent_file(session, by=by, sent_file_id=sent_file_id)
    row = session.get_one(SentFile, sent_file_id)
    place = seen.instrument
    return states.move(
        session,
        SENT_FILE,
        row,
        name,
        by=by,
        branch_id=place.branch_id,
        laboratory_id=place.laboratory_id,
        seen_version=seen_version,
        why=why,
    )
