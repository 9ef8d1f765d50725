"""A validation study of a method as data: precision, recovery, bias, linearity, detection; and what it feeds.

A study is a small document of its own: its kind, its unit and its data. What is computed from it can be computed again.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from lims.errors import Invalid
from lims.methods import document as documents
from lims.methods.entry import Entry, Text
from lims.metrology import bias, detection
from lims.metrology.anova import Group
from lims.metrology.calibration_points import points
from lims.metrology.linearity import linearity
from lims.metrology.precision import cochran, grubbs, precision
from lims.metrology.sentence import Sentence
from lims.metrology.type_a import mean, standard_deviation
from lims.metrology.type_b import Component

Json = dict[str, Any]
_FEWEST_GROUPS = 3
_STATED = ("u", "U", "relative_u", "k", "probability", "dof", "distribution")


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """What came out: numbers by name, a contribution to an input (a component) or limits of an output, and remarks."""

    kind: str
    title: Text
    unit: str
    numbers: Mapping[str, float | None]
    component: Json | None = None
    limits: Json | None = None
    remarks: tuple[Sentence, ...] = ()

    def as_json(self) -> Json:
        """The answer as it is stored."""
        return {
            "kind": self.kind,
            "unit": self.unit,
            "numbers": dict(self.numbers),
            "component": self.component,
            "limits": self.limits,
            "remarks": [{"id": one.id, "data": {key: str(value) for key, value in one.data.items()}}
                        for one in self.remarks],
        }  # fmt: skip


def study(given: Mapping[str, Any] | str) -> Study:
    """Read and compute a study.

    Parameters
    ----------
    given : Mapping or str
        The document, or its text in YAML or JSON; its numbers are in its `unit`.

    Raises
    ------
    Invalid
        A key that is unknown, missing or contradictory, or too few data; the key is named.

    Examples
    --------
    >>> found = study({"kind": "precision", "unit": "mg", "groups": [[10.1, 9.9, 10.0], [11.1, 10.9, 11.0]]})
    >>> round(found.numbers["s_r"], 3), round(found.component["u"], 3)
    (0.1, 0.712)

    Source: ISO 5725-2, 7; ISO 11352, 8; ISO 8466-1, 4.1.3; Eurachem, fitness for purpose, 6.
    """
    plain = documents.load(given) if isinstance(given, str) else documents.checked(given)
    entry = Entry(plain, "")
    kind, title, unit = entry.choice("kind", tuple(_KINDS)), entry.text("title"), entry.unit()
    for said in ("performed", "by", "source", "remark"):
        entry.word(said)
    found = _KINDS[kind](entry)
    entry.done()
    if found.component is not None and "u" in found.component:
        found.component["unit"] = unit
    return Study(
        kind=kind, title=title, unit=unit, numbers=found.numbers, component=found.component, limits=found.limits,
        remarks=found.remarks,
    )  # fmt: skip


@dataclass(slots=True, kw_only=True)
class _Found:
    numbers: Mapping[str, float | None]
    component: Json | None = None
    limits: Json | None = None
    remarks: tuple[Sentence, ...] = ()


def _precision(entry: Entry) -> _Found:
    groups = tuple(_group(one, f"groups[{place}]") for place, one in enumerate(entry.list("groups")))
    found = precision(groups)
    repeats, relative = entry.whole("repeats") or 1, entry.flag("relative")
    remarks = []
    if len(groups) >= _FEWEST_GROUPS:
        if len({one.n for one in groups}) == 1 and groups[0].n > 1 and cochran(groups).verdict == "outlier":
            remarks.append(Sentence("The scatter of one group is larger than chance explains (Cochran, 1 %)."))
        if grubbs([one.mean for one in groups]).verdict == "outlier":
            remarks.append(Sentence("The mean of one group lies further off than chance explains (Grubbs, 1 %)."))
    return _Found(
        numbers={
            "mean": found.mean, "s_r": found.s_r, "s_between": found.s_between, "s_R": found.s_R,
            "dof_r": found.dof_r, "dof_R": _finite(found.dof_R), "repeatability limit": found.repeatability_limit,
            "reproducibility limit": found.reproducibility_limit, "groups": found.groups,
        },
        component=_component(found.component(repeats, relative=relative)),
        remarks=tuple(remarks),
    )  # fmt: skip


def _group(given: object, path: str) -> Group:
    if isinstance(given, Mapping):
        row = Entry(given, path)
        group = Group(mean=row.wanted_number("mean"), sd=row.wanted_number("sd"), n=row.whole("n") or 1)
        row.done()
        return group
    numbers = Entry({"of": given}, path).numbers("of")
    if not numbers:
        raise Invalid("%(key)s: a group has at least one result.", key=path)
    sd = standard_deviation(numbers) if len(numbers) > 1 else 0.0
    return Group(mean=mean(numbers), sd=sd, n=len(numbers))


def _recovery(entry: Entry) -> _Found:
    found = bias.recovery(entry.numbers("recoveries"), entry.number("u_added") or 0.0)
    corrected = entry.flag("corrected")
    remarks = [Sentence("The recovery differs from 1 by more than its uncertainty explains.")] if found.differs else []
    return _Found(
        numbers={"mean": found.mean, "u": found.u, "dof": found.dof, "t": found.t, "t critical": found.t_critical},
        component=_component(found.component(corrected=corrected)),
        remarks=tuple(remarks),
    )


def _bias(entry: Entry) -> _Found:
    rounds, material = entry.list("rounds"), entry.mapping_at("material")
    if bool(rounds) == bool(material):
        raise Invalid("%(key)s: give either rounds or one material.", key="rounds")
    if material:
        row = Entry(material, "material")
        found = bias.bias_of_material(
            row.numbers("readings"), row.wanted_number("certified"), row.wanted_number("u_certified")
        )
        row.done()
    else:
        found = bias.bias_of_rounds([_round(one, f"rounds[{place}]") for place, one in enumerate(rounds)])
    few = [Sentence("Fewer rounds than the standard asks for (ISO 11352, 8.2).")] if rounds and found.few else []
    return _Found(
        numbers={"rms": found.rms, "u of the references": found.u_reference, "u": found.u, "rounds": found.rounds},
        component=_component(found.component(relative=entry.flag("relative"))),
        remarks=tuple(few),
    )


def _round(given: object, path: str) -> bias.Round:
    row = Entry(given, path)
    distance, u = row.wanted_number("bias"), row.number("u_reference")
    if u is not None:
        row.done()
        return bias.Round(bias=distance, u_reference=u)
    found = bias.round_of(distance, row.wanted_number("s_R"), row.whole("laboratories") or 1, robust=row.flag("robust"))
    row.done()
    return found


def _linearity(entry: Entry) -> _Found:
    found = linearity(points(entry.numbers("x"), entry.numbers("y")))
    bent = () if found.is_linear else (Sentence("A parabola fits better than the line (Mandel, 1 %)."),)
    return _Found(
        numbers={
            "slope": found.slope, "s of the line": found.s_line, "s of the parabola": found.s_curve,
            "F": _finite(found.F), "p": found.p, "largest residual": found.largest, "dof": found.dof,
        },
        component=_component(found.component()),
        remarks=bent,
    )  # fmt: skip


def _detection(entry: Entry) -> _Found:
    blanks, x = entry.numbers("blanks"), entry.numbers("x")
    if bool(blanks) == bool(x):
        raise Invalid("%(key)s: give either blanks or a line (x and y).", key="blanks")
    if blanks:
        found = detection.from_blanks(blanks, n=entry.whole("n") or 1, n_blank=entry.whole("n_blank") or 0)
    else:
        found = detection.from_calibration(points(x, entry.numbers("y")), m=entry.whole("m") or 1)
    return _Found(
        numbers={"critical": found.critical, "detection": found.detection, "quantification": found.quantification},
        limits=found.as_document(),
    )


_KINDS: dict[str, Callable[[Entry], _Found]] = {
    "precision": _precision,
    "recovery": _recovery,
    "bias": _bias,
    "linearity": _linearity,
    "detection": _detection,
}
KINDS = tuple(_KINDS)


def _component(found: Component) -> Json:
    written: Json = {"name": found.name}
    written |= {"u": found.u} if found.u is not None else {"relative_u": found.relative_u}
    if found.dof is not None and math.isfinite(found.dof):
        written["dof"] = found.dof
    return written


def _finite(number: float) -> float | None:
    return number if math.isfinite(number) else None


def places_for(document: Mapping[str, Any], answer: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what of a method document a study can feed: inputs with a contribution, outputs with limits."""
    if answer["limits"] is not None:
        return tuple(document.get("outputs") or {})
    rows = document.get("points") or []
    names = [*(document.get("inputs") or {}), *(name for row in rows for name, one in row.items() if _is_input(one))]
    return tuple(dict.fromkeys(names))


def _is_input(entry: object) -> bool:
    return isinstance(entry, Mapping) and "unit" in entry and "expression" not in entry


def fed(document: Mapping[str, Any], answer: Mapping[str, Any], into: str, origin: str) -> Json:
    """Return a method document with what a study found: a component of an input, or limits of an output.

    Raises
    ------
    Invalid
        The document has nothing of this name that it could feed.

    Examples
    --------
    >>> answer = {"component": {"name": "precision", "u": 0.1, "unit": "g"}, "limits": None}
    >>> fed({"inputs": {"m": {"unit": "g", "value": 2, "u": 0.5}}}, answer, "m", "study 1")["inputs"]["m"]["components"]
    [{'name': 'stated', 'u': 0.5}, {'name': 'precision', 'u': 0.1, 'unit': 'g', 'origin': 'study 1'}]
    """
    if into not in places_for(document, answer):
        raise Invalid("The method has no '%(name)s' that this study could feed.", {"into": "Choose one of the list."},
                      name=into)  # fmt: skip
    if answer["limits"] is not None:
        return {**document, "limits_of": {**(document.get("limits_of") or {}), into: dict(answer["limits"])}}
    component = {**answer["component"], "origin": origin}
    found = dict(document)
    if into in (document.get("inputs") or {}):
        found["inputs"] = {**document["inputs"], into: _with(document["inputs"][into], component)}
    found_rows = [
        {**row, into: _with(row[into], component)} if _is_input(row.get(into)) else row
        for row in document.get("points") or []
    ]
    return {**found, "points": found_rows} if found_rows else found


def _with(entry: Mapping[str, Any], component: Json) -> Json:
    """An input's entry with one contribution more; what it states otherwise becomes one, too."""
    stated = {key: entry[key] for key in _STATED if key in entry}
    kept = {key: value for key, value in entry.items() if key not in stated and key != "components"}
    own = [{"name": "stated", **stated}] if stated else []
    return {**kept, "components": [*own, *(entry.get("components") or []), component]}
