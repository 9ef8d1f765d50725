"""A result as it is frozen: texts of document, answer and statements, and their hash. Pure."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from decimal import Decimal
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from math import isclose
from typing import Any, NamedTuple

from lims.errors import LimsError
from lims.methods.batch import evaluate_all
from lims.methods.beside import Specification
from lims.methods.characteristics import Observed
from lims.methods.entry import number, unit
from lims.methods.evaluate import Evaluation
from lims.methods.evaluation import Judged, OutputResult
from lims.methods.intervals import asks_for_intervals, evaluate_as_reported, with_intervals
from lims.methods.procedure import Procedure, parse
from lims.methods.rows import label_of
from lims.metrology.expression import normal_name
from lims.metrology.sentence import Sentence
from lims.metrology.units import convert, display_unit
from lims.store import canonical
from lims.words import FALLBACK, text_in

WORST_FIRST = ("fail", "conditional fail", "not proven", "not decidable", "conditional pass", "pass")
"""Outcomes of statements of conformity."""
_MOST_IN_SUMMARY = 3
_TOLERANCE = 1e-9

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Frozen:
    """What is stored of an evaluation; nothing of it ever changes."""

    method_hash: str
    code_version: str
    filled: str
    evaluation: str
    statements: str
    reading_ids: tuple[int, ...]
    certificate_ids: tuple[int, ...]
    summary: str
    outcome: str | None

    @property
    def content_hash(self) -> str:
        """SHA-256 over everything that makes the result: what a signature of it is bound to.

        Over its canonical JSON (RFC 8785), which for texts and whole numbers is what the fast writer of json gives.
        """
        parts = {one.name: getattr(self, one.name) for one in fields(self) if one.name != "summary"}
        return canonical.digest(json.dumps(parts, sort_keys=True, ensure_ascii=False, separators=(",", ":")))

    @property
    def same(self) -> tuple[object, ...]:
        """What must be equal for two results to be the same one: everything but the version of the code."""
        return self.method_hash, self.filled, self.evaluation, self.statements, self.reading_ids, self.certificate_ids


def freeze(
    procedure: Procedure, *, method_hash: str, reading_ids: Sequence[int], certificate_ids: Sequence[int]
) -> Frozen:
    """Evaluate a filled document and freeze it with its answer.

    Raises
    ------
    Invalid
        As `lims.methods.evaluate` does.
    """
    found = evaluate_as_reported(procedure)
    statements = [_statement(one, found) for one in found.conformity]
    return Frozen(
        method_hash=method_hash,
        code_version=code_version(),
        filled=_text({key: value for key, value in procedure.document.items() if key != "dry_run"}),
        evaluation=_text(answer(found)),
        statements=_text(statements),
        reading_ids=tuple(reading_ids),
        certificate_ids=tuple(certificate_ids),
        summary=summary(procedure, found),
        outcome=worst(outcomes(found)),
    )


def _text(value: Any) -> str:
    """Return JSON in the order given (outputs use earlier ones), each float as its shortest text that reads back."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def answer(found: Evaluation) -> Json:
    """Return the answer of `lims evaluate --json`, with its sentences so that they can be translated."""
    sentences = {"warnings": [_said(one) for one in found.warnings], "notes": [_said(one) for one in found.notes]}
    return {**found.as_json(), "sentences": sentences}


def _said(sentence: Sentence) -> Json:
    return {"id": sentence.id, "data": {name: _plain(value) for name, value in sentence.data.items()}}


def _plain(value: object) -> object:
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def _statement(one: Judged, found: Evaluation) -> Json:
    unit = one.specification.unit or _output(one, found).unit
    specification = {
        part.name: _of_specification(one.specification, part.name)
        for part in fields(one.specification)
        if part.name not in _SELDOM or getattr(one.specification, part.name) is not None
    }
    return {
        "output": one.output,
        "point": one.point,
        "unit": unit,
        "specification": {**specification, "unit": unit},
        "statement": {
            **one.statement.as_json(),
            "sentences": [_said(sentence) for sentence in one.statement.sentences],
        },
    }


_SELDOM = frozenset({"max_pfa", "max_pfr"})
"""What stands in a frozen specification only where it is stated: results from before know nothing of it."""


def _of_specification(given: Specification, name: str) -> object:
    value = getattr(given, name)
    return dict(value) if isinstance(value, Mapping) else value


def _output(one: Judged, found: Evaluation) -> OutputResult:
    points = {point.label: point.outputs for point in found.points}
    for outputs in (points.get(one.point or "", {}), found.summary, found.outputs):
        if one.output in outputs:
            return outputs[one.output]
    return next(iter(found.summary.values() or found.outputs.values()))


def outcomes(found: Evaluation) -> list[str]:
    """Return the outcomes of all statements, on quantities and on characteristics."""
    observed = [one.outcome for one in found.characteristics if one.outcome is not None]
    return [*(one.statement.outcome for one in found.conformity), *observed]


def worst(outcomes: Iterator[str] | Sequence[str]) -> str | None:
    """Return the worst of some outcomes, None where nothing was judged.

    >>> worst(["pass", "conditional pass", "pass"])
    'conditional pass'
    """
    found = set(outcomes)
    return next((outcome for outcome in WORST_FIRST if outcome in found), None)


def summary(procedure: Procedure, found: Evaluation) -> str:
    """Return the result as a list shows it: what the method reports first, rounded, with U."""
    if found.summary:
        return _written(next(iter(found.summary.values())))
    if not procedure.outputs:
        return "; ".join(_observed(one) for one in found.characteristics)
    if found.points:
        shown = found.points[:_MOST_IN_SUMMARY]
        rest = "; …" if len(found.points) > len(shown) else ""
        return "; ".join(f"{point.label}: {_written(_first(procedure, point.outputs))}" for point in shown) + rest
    return _written(_first(procedure, found.outputs))


def _observed(one: Observed) -> str:
    """What was seen: the one value, or how often each."""
    counts = Counter(one.characteristic.observed)
    said = [text_in(one.characteristic.title_of(value), FALLBACK) for value in counts]
    if len(said) == 1 or one.characteristic.kind == "text":
        return ", ".join(said)
    return ", ".join(f"{count} × {name}" for name, count in zip(said, counts.values(), strict=True))


def _first(procedure: Procedure, outputs: Mapping[str, OutputResult]) -> OutputResult:
    """The output that matters: the first with a report rule, else with limits, else the last computed."""
    named = [*procedure.report, *(limits.output for limits in procedure.specifications)]
    return next((outputs[name] for name in named if name in outputs), list(outputs.values())[-1])


def _written(one: OutputResult) -> str:
    unit = display_unit(one.reported.unit)
    shown = one.reported
    spread = f" ± {shown.U}" if shown.U else f" −{shown.minus} +{shown.plus}" if shown.plus else ""
    return f"({shown.value}{spread}) {unit}" if unit and spread else f"{shown.value}{spread} {unit}".strip()


@cache
def code_version() -> str:
    """Return the version of this package with a digest of the code that computes, so that it is known which one did."""
    body = hashlib.sha256()
    for package in ("lims.metrology", "lims.methods"):
        for file in sorted(files(package).iterdir(), key=lambda one: one.name):
            if file.name.endswith(".py"):
                body.update(file.name.encode() + b"\0" + file.read_bytes())
    return f"{version('lims')}+{body.hexdigest()[:12]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recomputed:
    """A stored result, evaluated again: where the answers differ, by path."""

    differences: tuple[str, ...]

    @property
    def same(self) -> bool:
        """Whether the stored answer came out again."""
        return not self.differences


class Raw(NamedTuple):
    """A raw reading: for which input and row, its value (None where the instrument gave none) and its unit."""

    input: str
    point: str | None
    value: str | None
    unit: str


class Stored(NamedTuple):
    """What is stored of a result, with its raw readings; without statements these are not compared."""

    filled: str
    evaluation: str
    statements: str | None = None
    readings: Sequence[Raw] = ()


def recompute(stored: Stored) -> Recomputed:
    """Evaluate a stored document again and compare, to 1e-9 of each number.

    With its raw readings, with the stored answer and, where given, with the stored statements.

    Raises
    ------
    LimsError
        It has no answer any more.
    """
    document = json.loads(stored.filled)
    procedure = parse(document)
    return _recomputed(stored, evaluate_as_reported(procedure), _not_as_read(document, procedure, stored.readings))


def recompute_all(stored: Sequence[Stored]) -> Iterator[Recomputed | LimsError]:
    """Evaluate many stored documents again, those of one kind together; each as `recompute` does it, or its error."""
    documents = [json.loads(one.filled) for one in stored]
    batch = evaluate_all(documents)
    for row, (one, document) in enumerate(zip(stored, documents, strict=True)):
        try:
            found, like = batch.evaluation(row), batch.like(row)
            if asks_for_intervals(like):
                found = with_intervals(parse(document), found)
            together = _recomputed(one, found, _not_as_read(document, like, one.readings))
            yield together if together.same else recompute(one)  # numbers that cancel out keep other last digits
        except LimsError as error:
            yield error


def _recomputed(stored: Stored, found: Evaluation, not_as_read: Sequence[str]) -> Recomputed:
    differences = [f"readings of {name}" for name in not_as_read]
    differences += _compared(stored.evaluation, _text(answer(found)), "")
    if stored.statements is not None:
        again = _text([_statement(one, found) for one in found.conformity])
        differences += _compared(stored.statements, again, "statements")
    return Recomputed(differences=tuple(differences))


def _not_as_read(document: Json, like: Procedure, readings: Sequence[Raw]) -> list[str]:
    """Name the inputs of a filled document whose numbers are not those of its raw readings.

    Of what is parsed, only that counts which documents of a kind have in common.
    """
    entries = _entries(document)
    wanted: dict[tuple[str | None, str], list[Raw]] = {}
    for one in readings:
        wanted.setdefault((one.point, one.input), []).append(one)
    seen = [
        name
        for name, one in like.characteristics.items()
        if (None, name) in wanted and one.observed != tuple(raw.value for raw in wanted[None, name])
    ]
    return seen + [
        name if point is None else f"{point}/{name}"
        for (point, name), raw in wanted.items()
        if name not in like.characteristics and not _as_read(entries.get((point, name)), raw)
    ]


def _entries(document: Json) -> dict[tuple[str | None, str], Json]:
    """(label of the row, or None, and name) -> entry of the input as it is there."""
    shared = _by_name(document.get("inputs") or {})
    rows = [(label_of(row), {**shared, **_by_name(row)}) for row in document.get("points") or ()]
    every: list[tuple[str | None, Json]] = [(None, shared), *rows]
    return {(label, name): entry for label, row in every for name, entry in row.items()}


def _by_name(row: Json) -> Json:
    return {name if name.isascii() else normal_name(name): entry for name, entry in row.items()}


def _as_read(entry: Json | None, raw: Sequence[Raw]) -> bool:
    if entry is None:
        return False
    given = entry.get("readings") or [entry.get("value")]
    numbers = [] if isinstance(given[0], list | None) else [number(one, "") for one in given]
    read = [_in_unit(one.value, one.unit, unit(entry["unit"], "")) for one in raw if one.value is not None]
    near = (isclose(x, y, rel_tol=_TOLERANCE, abs_tol=1e-300) for x, y in zip(numbers, read, strict=False))
    return len(numbers) == len(read) and all(near)


def _in_unit(value: str, given: str, wanted: str) -> float:
    return float(value) if given == wanted else float(convert(Decimal(value), given, wanted))


def _compared(stored: str, again: str, path: str) -> Iterator[str]:
    if stored != again:
        yield from _differences(json.loads(stored), json.loads(again), path)


def _differences(stored: object, again: object, path: str) -> Iterator[str]:
    if isinstance(stored, dict) and isinstance(again, dict):
        for key in sorted({*stored, *again}):
            yield from _differences(stored.get(key), again.get(key), f"{path}.{key}" if path else key)
    elif isinstance(stored, list) and isinstance(again, list) and len(stored) == len(again):
        for place, (left, right) in enumerate(zip(stored, again, strict=True)):
            yield from _differences(left, right, f"{path}[{place}]")
    elif _is_number(stored) and _is_number(again):
        if not isclose(stored, again, rel_tol=_TOLERANCE, abs_tol=1e-300):  # type: ignore[arg-type]  # _is_number
            yield path
    elif stored != again:
        yield path


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
