"""The inputs of a document as one vector of variables: estimates, coefficients of lines, errors of tables."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace

from lims.errors import Invalid
from lims.methods import lookups, spectra
from lims.methods.entry import at
from lims.methods.inputs import Input, evaluated
from lims.methods.lines import Calibration
from lims.methods.procedure import Point, Procedure
from lims.methods.work import Work
from lims.metrology.estimate import Estimate, Part
from lims.metrology.sentence import Sentence
from lims.metrology.type_a import correlation_of_means
from lims.metrology.units import convert_difference
from lims.metrology.variables import Joint, Variables, variables


def gather(work: Work) -> Variables:
    """All inputs of all points: shared ones under their name, those of a row under "label/name"."""
    found = work.procedure
    estimates: dict[str, Estimate] = {}
    lines: list[tuple[str, Calibration]] = []
    for prefix, name, given, path in _inputs(found):
        with at(path):
            if given.fit is not None:
                estimates |= given.fit.estimates(prefix)
                lines.append((prefix, given.fit))
            else:
                estimates[prefix + name], notes = evaluated(given)
                for note in notes:
                    work.note(note)
    for table in found.tables.values():
        estimates |= lookups.estimates(table)
    for vector in found.vectors.values():
        estimates |= spectra.estimates(vector)
    joints = list(_series(found))
    for prefix, line in lines:
        with at(f"inputs.{line.name}.fit"):
            joints.append(_joint(work, estimates, joints, prefix, line))
    with at("correlations"):
        return variables(estimates, tuple(_correlations(found, estimates)), joints)


def _inputs(found: Procedure) -> Iterator[tuple[str, str, Input, str]]:
    """Prefix of the variable, name, entry and path of each input."""
    own = {name for point in found.points for name in point.inputs}
    everywhere = {name for name in own if all(name in point.inputs for point in found.points)}
    for name, given in found.inputs.items():
        if name not in everywhere:
            yield "", name, given, f"inputs.{name}"
    for point in found.points:
        for name, given in point.inputs.items():
            yield f"{point.label}/", name, given, f"points '{point.label}'.{name}"


def _series(found: Procedure) -> Iterator[Joint]:
    columns = {name: given.observed for name, given in found.inputs.items() if given.observed}
    if len(columns) < 2:
        return
    with at("series"):
        r = correlation_of_means(list(columns.values()))
    yield Joint(names=tuple(columns), r=r, dof=len(next(iter(columns.values()))) - 1)


def _joint(work: Work, estimates: dict[str, Estimate], joints: list[Joint], prefix: str, line: Calibration) -> Joint:
    """The coefficients of a line, and the readings looked up on it that scatter as its points do."""
    for is_warning, sentence in line.findings():
        (work.warn if is_warning else work.note)(sentence)
    if not line.reads:
        return line.joint(prefix)
    readers = tuple(_readers(work.procedure, estimates, prefix, line.reads))
    scatter = line.scatter_of_reading()
    if scatter is None:
        for reader in readers:
            _as_stated(work, estimates, reader, line)
        return line.joint(prefix)
    taken = {name for joint in joints for name in joint.names}
    for reader in readers:
        if reader in taken:
            raise Invalid("The readings of %(input)s belong to a series or another line already.", input=reader)
        estimates[reader] = _with_first(estimates[reader], scatter, line.y_unit)
    work.note(
        Sentence(
            "%(line)s: the scatter of %(input)s is that of the points about the line, over the root of %(m)s readings.",
            {"line": line.name, "input": line.reads, "m": line.m},
        )
    )
    return line.joint(prefix, readers if math.isfinite(line.fitted.dof) else ())


def _as_stated(work: Work, estimates: dict[str, Estimate], reader: str, line: Calibration) -> None:
    """A reading has the uncertainty of its own entry; without any, that of the points, where it is one for all."""
    if estimates[reader].u:
        return
    part = line.stated_of_reading()
    if part is not None:
        estimates[reader] = replace(_with_first(estimates[reader], part, line.y_unit), joint=False)
        return
    work.warn(
        Sentence(
            "%(line)s: %(input)s has no uncertainty; say with m how often it was read, or state its u.",
            {"line": line.name, "input": reader},
        )
    )


def _readers(found: Procedure, estimates: Mapping[str, Estimate], prefix: str, name: str) -> Iterator[str]:
    """The variables that are looked up on a line: of every row, or of the line's own one."""
    points = [point for point in found.points if prefix in {"", f"{point.label}/"}]
    yield from dict.fromkeys(variable(name, point, estimates) for point in (points or (None,)))


def _with_first(reading: Estimate, part: Part, unit: str) -> Estimate:
    """A reading whose own scatter is replaced by a part in the unit of the points."""
    own = replace(part, u=convert_difference(part.u, unit, reading.unit))
    rest = tuple(part for part in reading.parts if part.name != "readings")
    return replace(reading, parts=(own, *rest), joint=True)


def variable(name: str, point: Point | None, estimates: Mapping[str, Estimate]) -> str:
    """Name of the variable that stands for a symbol at a point."""
    own = f"{point.label}/{name}" if point else name
    return own if own in estimates else name


def _correlations(found: Procedure, estimates: Mapping[str, Estimate]) -> Iterator[tuple[str, str, float]]:
    """Stated correlations between variables: a pair of which a row has its own is correlated in each row."""
    for left, right, r in found.correlations:
        pairs = {
            (variable(left, point, estimates), variable(right, point, estimates)): None
            for point in (found.points or (None,))
        }
        for a, b in pairs:
            yield a, b, r
