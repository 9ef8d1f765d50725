"""Files that instruments wrote: which wait, and what one would give, row by row, before anything is stored."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from lims import clock
from lims.errors import Invalid, LimsError, NotFound
from lims.instruments import queries as instruments
from lims.instruments.export import Export, Fault, Parser
from lims.instruments.fileread import read
from lims.instruments.queries import InstrumentView
from lims.instruments.records import Instrument
from lims.methods.fill import RequiredInput
from lims.people.queries import person_names
from lims.people.records import Laboratory
from lims.people.rights import Actor, Right
from lims.results.matching import Match, Target, match
from lims.results.queries.basis import bases, editions
from lims.results.queries.work import WORKED
from lims.results.records import Reading, SentFile
from lims.samples.labels import number_scanned
from lims.samples.queries import LineView, lines_of
from lims.samples.records import Item, Line
from lims.store import files
from lims.store.db import Texts

READ_FROM_FILES = frozenset({"reading", "environment", "entry"})
"""Sources of inputs that a file of an instrument may give."""
LOOKERS = (Right.ENTER_READINGS, Right.REVIEW, Right.AUDIT)
"""Who may look at files: who takes readings, who reviews them, who asks how they came about."""
MOST_LINES = 500
MOST_SHOWN = 300
"""Rows of a file that a page shows; the file itself has them all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SentFileView:
    """A file that was sent, with its instrument."""

    id: int
    instrument: InstrumentView
    digest: str
    name: str
    parser: str
    sent_at: datetime
    sent_by: Texts | None
    state: str
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """How a file is to be taken: for lines of which method or for one line, which column is which input.

    `at` is when it was measured, for files that do not say; `left_out` are lines of the file that a person leaves out.
    """

    method_id: int | None = None
    line_id: int | None = None
    inputs: Mapping[str, str]
    at: datetime | None = None
    left_out: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a file would give: the rows with their places, and all that is wrong. Nothing is stored.

    `methods` are those that the labels of the file could mean, `inputs` those of the chosen one.
    """

    parser: Parser
    export: Export
    methods: tuple[LineView, ...]
    inputs: tuple[RequiredInput, ...]
    choice: Choice
    matches: tuple[Match, ...]
    faults: tuple[Fault, ...]
    problem: LimsError | None

    @property
    def taken(self) -> tuple[Match, ...]:
        """The rows that would become readings."""
        return tuple(one for one in self.matches if one.places and one.problem is None and not one.left_out)

    @property
    def faults_left_out(self) -> tuple[int, ...]:
        """Lines that the parser does not understand and that are left out."""
        rows = {one.row.line for one in self.matches}
        return tuple(sorted(line for line in self.choice.left_out if line not in rows))

    @property
    def whole(self) -> bool:
        """Whether every row has its place or was left out: only then it can be taken."""
        wrong = any(one.problem for one in self.matches if not one.left_out)
        return not self.problem and not self.faults and not wrong and bool(self.taken)


def sent_files(session: Session, *, by: Actor, state: str = "", instrument_id: int | None = None) -> list[SentFileView]:
    """Return the latest 200 files of those laboratories where the person may look at them, newest first."""
    query = select(SentFile).order_by(SentFile.id.desc()).limit(200)
    seen = [by.branches(right) for right in LOOKERS]
    if None not in seen:
        branches = {key for found in seen for key in found or ()}
        laboratories = {key for right in LOOKERS for key in by.laboratories(right)}
        query = query.join(Instrument, Instrument.id == SentFile.instrument_id)
        query = query.join(Laboratory, Laboratory.id == Instrument.laboratory_id)
        query = query.where(or_(Laboratory.branch_id.in_(branches), Laboratory.id.in_(laboratories)))
    if state:
        query = query.where(SentFile.state == state)
    if instrument_id is not None:
        query = query.where(SentFile.instrument_id == instrument_id)
    return _views(session, session.scalars(query).all())


def sent_file(session: Session, *, by: Actor, sent_file_id: int) -> SentFileView:
    """Return one file; NotFound when there is none or its laboratory is not one where the person may look at them."""
    row = session.get(SentFile, sent_file_id)
    view = _views(session, [row])[0] if row is not None else None
    if view is None or not _may(by, view.instrument):
        raise NotFound("There is no such file, or it belongs to another laboratory.")
    return view


def _may(by: Actor, instrument: InstrumentView) -> bool:
    place = {"branch_id": instrument.branch_id, "laboratory_id": instrument.laboratory_id}
    return any(by.may(right, **place) for right in LOOKERS)


def sent_content(session: Session, *, by: Actor, sent_file_id: int) -> bytes:
    """Return a file as it came, to who may see it."""
    seen = sent_file(session, by=by, sent_file_id=sent_file_id)
    return files.load(session, bytes.fromhex(seen.digest))[0]


def taken_from(session: Session, *, by: Actor, sent_file_id: int) -> list[tuple[LineView, int]]:
    """Return the lines that readings of a file went to, each with how many."""
    query = select(Reading.line_id, func.count().label("readings")).where(Reading.sent_file_id == sent_file_id)
    counts = {row.line_id: row.readings for row in session.execute(query.group_by(Reading.line_id))}
    return [(line, counts[line.id]) for line in lines_of(session, by=by, line_ids=list(counts))] if counts else []


def _views(session: Session, rows: Sequence[SentFile]) -> list[SentFileView]:
    now = clock.now()
    known = instruments.instruments_at(session, {(row.instrument_id, now) for row in rows})
    names = person_names(session, {row.sent_by_id for row in rows if row.sent_by_id})
    return [
        SentFileView(
            id=row.id,
            instrument=known[row.instrument_id, now],
            digest=row.digest.hex(),
            name=row.name,
            parser=row.parser,
            sent_at=row.sent_at,
            sent_by=names.get(row.sent_by_id) if row.sent_by_id else None,
            state=row.state,
            version=row.version,
        )
        for row in rows
    ]


def preview(session: Session, *, by: Actor, sent: SentFileView, parser: Parser, choice: Choice) -> Preview:
    """Return what a file would give. What the choice leaves open is filled in where only one thing can be meant.

    Raises
    ------
    Invalid
        When the file is not what the parser describes.
    """
    export = read(parser, files.load(session, bytes.fromhex(sent.digest))[0])
    lines = _candidates(session, by, sent.instrument, export, choice)
    methods = tuple({line.method_id: line for line in lines}.values())
    chosen = choice.method_id or (methods[0].method_id if len(methods) == 1 else None)
    targets = _targets(session, [line for line in lines if line.method_id == chosen], sent.instrument)
    inputs = tuple({one.name: one for target in targets for one in target.required}.values())
    known = {one.name for one in inputs}
    mapping = {name: symbol for name, symbol in choice.inputs.items() if symbol in known}
    choice = Choice(
        method_id=chosen,
        line_id=choice.line_id,
        inputs=mapping or _meant(parser, inputs, sent.instrument.kind),
        at=choice.at,
        left_out=choice.left_out,
    )
    matches, problem = _matched(export, targets, choice, sent)
    return Preview(
        parser=parser,
        export=export,
        methods=methods,
        inputs=inputs,
        choice=choice,
        matches=matches,
        faults=tuple(one for one in export.faults if one.line not in choice.left_out),
        problem=problem,
    )


def _matched(
    export: Export, targets: Sequence[Target], choice: Choice, sent: SentFileView
) -> tuple[tuple[Match, ...], LimsError | None]:
    bare = tuple(Match(row=row, left_out=row.line in choice.left_out) for row in export.rows)
    if not targets:
        return bare, Invalid("No open line of this laboratory is meant by the labels of this file.")
    try:
        found = match(
            export,
            targets,
            choice.inputs,
            serial=sent.instrument.serial,
            only=choice.line_id,
            left_out=choice.left_out,
        )
    except Invalid as problem:
        return bare, problem
    if choice.at is None and any(one.row.at is None for one in found if not one.left_out):
        return found, Invalid("The file does not say when it was measured.", {"at": "Give the day and time."})
    return found, None


def _candidates(
    session: Session, by: Actor, instrument: InstrumentView, export: Export, choice: Choice
) -> list[LineView]:
    """Return the open lines of the instrument's laboratory that the labels of the file could mean."""
    query = select(Line.id).where(Line.state.in_(WORKED), Line.laboratory_id == instrument.laboratory_id)
    if choice.line_id is not None:
        query = query.where(Line.id == choice.line_id)
    else:
        labels = _labels(row.label for row in export.rows)
        query = query.join(Item, Item.id == Line.item_id)
        names = (func.lower(column) for column in (Line.number, Item.number, Item.label))
        query = query.where(or_(*(name.in_(labels) for name in names)))
    ids = session.scalars(query.order_by(Line.id).limit(MOST_LINES + 1)).all()
    if len(ids) > MOST_LINES:
        raise Invalid("The labels of this file mean more than %(most)s lines.", most=MOST_LINES)
    return lines_of(session, by=by, line_ids=ids) if ids else []


def _labels(labels: Iterable[str | None]) -> Collection[str]:
    """Return all that could be the name of a line or an item: the label, and what stands before its last stroke; in
    small letters.
    """
    found = {part for label in labels if label for part in (label, label.rpartition("/")[0]) if part}
    return {one.lower() for one in found} | {number_scanned(one).lower() for one in found}


def _targets(session: Session, lines: Sequence[LineView], instrument: InstrumentView) -> list[Target]:
    versions = {
        key: version
        for key, version in editions(session, [(line, line.time_zone) for line in lines]).items()
        if not isinstance(version, LimsError)
    }
    here = [line for line in lines if line.id in versions]
    found = bases(session, versions, here)
    return [
        Target(
            line_id=line.id,
            number=line.number or str(line.id),
            item_number=line.item_number or "",
            item_label=line.item_label,
            required=tuple(one for one in found[line.id].required if _given(one, instrument)),
        )
        for line in here
    ]


def _given(one: RequiredInput, instrument: InstrumentView) -> bool:
    return one.source in READ_FROM_FILES and one.characteristic is None and one.kind in {"", instrument.kind}


def _meant(parser: Parser, inputs: Sequence[RequiredInput], kind: str) -> dict[str, str]:
    """Return which input each quantity is: by their names, or where there is one column and one input of that kind."""
    names: dict[str, list[str]] = {}
    for one in inputs:
        names.setdefault(one.quantity, []).append(one.name)
    found = {one.name: names[one.name][0] for one in parser.quantities if len(names.get(one.name, ())) == 1}
    of_kind = [one.name for one in inputs if one.kind == kind]
    if not found and len(parser.quantities) == len(of_kind) == 1:
        return {parser.quantities[0].name: of_kind[0]}
    return found
