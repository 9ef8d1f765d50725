"""Which row of an instrument's export belongs to which specimen: by label, and by order within one line. Pure.

A file is taken whole or not at all: every row finds its place, or a person leaves it out and says why.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from lims.errors import Invalid, LimsError
from lims.instruments.export import Export, Row, Value
from lims.methods.fill import RequiredInput
from lims.metrology.units import display_unit, same_dimension
from lims.samples.labels import number_scanned


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A line that could be meant: what it is called, and the inputs that its method reads, point by point."""

    line_id: int
    number: str
    item_number: str
    item_label: str
    required: tuple[RequiredInput, ...]

    @property
    def names(self) -> set[str]:
        """What a label may say to mean it, in small letters."""
        return {name.casefold() for name in (self.number, self.item_number, self.item_label) if name}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where one value of a row goes."""

    line_id: int
    input: str
    point: str | None
    value: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """One row of the file with the line that it means, the places of its values, and what is wrong with it."""

    row: Row
    target: Target | None = None
    point: str | None = None
    places: tuple[Place, ...] = ()
    problem: LimsError | None = None
    left_out: bool = False


def match(
    export: Export,
    targets: Sequence[Target],
    inputs: Mapping[str, str],
    *,
    serial: str,
    only: int | None = None,
    left_out: Collection[int] = (),
) -> tuple[Match, ...]:
    """Find the place of every row.

    Parameters
    ----------
    export : Export
        The file as its parser reads it.
    targets : sequence of Target
        Lines that are open, of one method.
    inputs : mapping
        Name of a quantity of the parser to the symbol of the method's input; quantities that are not named are not
        taken.
    serial : str
        Serial number of the instrument; a row of another one is wrong.
    only : int, optional
        The line that the whole file is for; then labels mean its points, and a file without labels is good.
    left_out : collection of int
        Lines of the file that a person leaves out.

    Raises
    ------
    Invalid
        When no quantity is taken.
    """
    if not inputs:
        raise Invalid("Say for at least one column which input of the method it is.", {"inputs": "Choose an input."})
    found = [
        Match(row=row, left_out=True) if row.line in left_out else _found(row, targets, serial=serial, only=only)
        for row in export.rows
    ]
    dealt: dict[int, Match] = {}
    for target, rows in _by_target(found):
        dealt |= _dealt(target, rows, inputs)
    return tuple(dealt.get(one.row.line, one) for one in found)


def _found(row: Row, targets: Sequence[Target], *, serial: str, only: int | None) -> Match:
    if row.serial is not None and row.serial != serial:
        problem = Invalid(
            "This row is of the instrument with serial number %(found)s, not %(wanted)s.",
            found=row.serial,
            wanted=serial,
        )
        return Match(row=row, problem=problem)
    try:
        target, point = _meant(row, targets, only)
    except Invalid as error:
        return Match(row=row, problem=error)
    return Match(row=row, target=target, point=point)


def _meant(row: Row, targets: Sequence[Target], only: int | None) -> tuple[Target, str | None]:
    """Return the line that a row means, and the point where its label says one ("J-1/specimen 2")."""
    if only is not None:
        target = next(one for one in targets if one.line_id == only)
        return target, _point_of(target, row.label or "")
    if row.label is None:
        raise Invalid("The file has no labels: choose the line that it is for.")
    name, slash, rest = row.label.rpartition("/")
    for label, point in ((row.label, ""), (name, rest)) if slash else ((row.label, ""),):
        asked = number_scanned(label).casefold()
        meant = [one for one in targets if asked in one.names]
        if len(meant) > 1:
            raise Invalid(
                "%(label)s could be any of: %(lines)s. Use the numbers of the lines as labels.",
                label=row.label,
                lines=", ".join(one.number for one in meant[:5]),
            )
        if meant and point and _point_of(meant[0], point) is None:
            raise Invalid("%(line)s has no point %(point)s.", line=meant[0].number, point=point)
        if meant:
            return meant[0], _point_of(meant[0], point)
    raise Invalid("No open line of this method is called %(label)s.", label=row.label)


def _point_of(target: Target, text: str) -> str | None:
    labels = {one.point for one in target.required if one.point is not None}
    return next((label for label in labels if label.casefold() == text.strip().casefold()), None)


def _by_target(found: Sequence[Match]) -> Iterator[tuple[Target, list[Match]]]:
    by_line: dict[int, tuple[Target, list[Match]]] = {}
    for one in found:
        if one.target is not None and one.problem is None:
            by_line.setdefault(one.target.line_id, (one.target, []))[1].append(one)
    yield from by_line.values()


def _dealt(target: Target, rows: Sequence[Match], inputs: Mapping[str, str]) -> dict[int, Match]:
    """Give each value of the rows of one line its point; rows that say none fill the points in their order."""
    done = {one.row.line: one for one in rows}
    for quantity, symbol in inputs.items():
        wanted = [one for one in target.required if one.name == symbol]
        having = [one for one in rows if any(value.quantity == quantity for value in one.row.values)]
        points = _points(wanted, having)
        for one, point in zip(having, points, strict=True):
            before = done[one.row.line]
            if before.problem is None:
                done[one.row.line] = _placed(before, target, quantity, wanted, point)
    return {line: one if one.places or one.problem else _empty(one) for line, one in done.items()}


def _empty(one: Match) -> Match:
    return replace(one, problem=Invalid("None of the chosen columns has a value in this row."))


def _points(wanted: Sequence[RequiredInput], having: Sequence[Match]) -> list[RequiredInput | LimsError]:
    """Return for each row the point that it fills, or why it can't be told."""
    if not wanted:
        return [Invalid("The method of this line has no such input.")] * len(having)
    by_point = {one.point: one for one in wanted}
    if len(wanted) == 1:
        return [wanted[0]] * len(having)
    if all(one.point is not None for one in having):
        return [by_point.get(one.point) or Invalid("The input is not asked for at this point.") for one in having]
    slots = [one for one in wanted for _repeat in range(one.repeats)]
    if any(one.point is not None for one in having) or len(having) != len(slots):
        return [
            Invalid(
                "The method asks for %(wanted)s values here, the file has %(found)s; label each row with its point.",
                wanted=len(slots),
                found=len(having),
            )
        ] * len(having)
    return list(slots)


def _placed(
    one: Match, target: Target, quantity: str, wanted: Sequence[RequiredInput], point: RequiredInput | LimsError
) -> Match:
    if isinstance(point, LimsError):
        return replace(one, problem=point)
    value = next(each for each in one.row.values if each.quantity == quantity)
    if value.value is None:
        return replace(
            one,
            problem=Invalid(
                "There is no number for %(quantity)s but '%(raw)s'. Leave the row out, or measure again.",
                quantity=quantity,
                raw=value.raw,
            ),
        )
    if not same_dimension(value.unit, point.unit):
        return replace(
            one,
            problem=Invalid(
                "%(given)s does not fit: this input is in %(wanted)s.",
                given=display_unit(value.unit) or "1",
                wanted=display_unit(point.unit) or "1",
            ),
        )
    place = Place(line_id=target.line_id, input=point.name, point=point.point, value=value)
    return replace(one, places=(*one.places, place), point=point.point if len(wanted) > 1 else one.point)


def moment_of(one: Match, otherwise: datetime) -> datetime:
    """Return when the row was measured: as the file says, else the moment that a person gave."""
    return one.row.at or otherwise
