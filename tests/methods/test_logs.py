"""Traces and groups in a document: units, times as people write them, notes, refusals."""

from __future__ import annotations

import math

import pytest

from lims.errors import Invalid, WrongDimension
from lims.methods.evaluate import evaluate
from lims.methods.procedure import parse

HOURS = [0, 3600, 7200, 10800]


def document(unit="degC", **trace):
    stated = {"t": HOURS, "y": [20.0, 21.0, 23.0, 22.0], **trace}
    return {
        "inputs": {"q": {"unit": unit, "trace": stated}},
        "outputs": {"y": {"unit": unit, "expression": "q"}},
    }


def value(unit="degC", **trace):
    return evaluate(document(unit, **trace)).outputs["y"].value


def test_numbers_taken_from_a_log_have_the_unit_that_follows():
    assert value() == pytest.approx((20.5 + 22 + 22.5) / 3)
    assert value(**{"from": "1 h", "to": "2 h"}) == pytest.approx(22)
    assert value(**{"from": "1 [h]", "to": 7200}) == pytest.approx(22)
    assert value(take="max") == 23.0
    assert value(take="at", **{"from": "90 min"}) == pytest.approx(22)
    assert value("delta_degC", y_unit="degC", take="difference") == pytest.approx(2)
    assert value("K/h", y_unit="degC", take="slope") == pytest.approx(0.8)
    assert value("kWh", y_unit="W", take="integral") == pytest.approx(0.065)
    assert value("W*h", y_unit="W", take="integral", t=[0, 1, 2, 3], t_unit="h") == pytest.approx(65)


def test_times_of_day_are_times_since_the_first():
    days = ["2026-11-23T23:00:00Z", "2026-11-24T00:00:00Z", "2026-11-24T01:00:00Z", "2026-11-24T02:00:00Z"]
    assert value(t=days) == pytest.approx(value())
    assert value(t=days, **{"from": "2026-11-24T00:00:00Z", "to": "2026-11-24T09:00:00+08:00"}) == pytest.approx(22)
    assert value(t=days, **{"from": "1 h", "to": "2 h"}) == pytest.approx(22)
    assert value("K/h", t=days, y_unit="degC", take="slope") == pytest.approx(0.8)


def test_scatter_over_time_is_no_uncertainty_unless_blocks_are_asked_for():
    answer = evaluate(document())
    assert answer.outputs["y"].u == 0
    assert "their scatter is not taken for an uncertainty" in str(answer.notes[0])
    y = [20.0, 20.2, 19.9, 20.3, 20.1, 19.8, 20.2, 20.0, 20.1]
    blocks = evaluate(document(t=[3600 * i for i in range(9)], y=y, type_a="blocks", block="2 h"))
    means = [(y[i] + 2 * y[i + 1] + y[i + 2]) / 4 for i in (0, 2, 4, 6)]
    centre = sum(means) / 4
    assert blocks.outputs["y"].u == pytest.approx(math.sqrt(sum((m - centre) ** 2 for m in means) / 3 / 4))
    assert blocks.outputs["y"].dof == 3
    assert "u from 4 blocks" in str(blocks.notes[0])


def test_further_contributions_go_under_components():
    stated = document()
    stated["inputs"]["q"]["components"] = [{"name": "logger", "u": 0.1}]
    assert evaluate(stated).outputs["y"].u == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("trace", "named"),
    [
        ({"take": "median"}, "inputs.q.trace.take"),
        ({"t": ["2026-11-23T10:00:00Z", 1, 2, 3]}, "inputs.q.trace.t[1]"),
        ({"t": ["2026-11-23T10:00:00Z", "2026-11-23T11:00:00", "x", "y"]}, "inputs.q.trace.t[1]"),
        ({"t": ["2026-13-23T10:00:00Z", 1, 2, 3]}, "inputs.q.trace.t[0]"),
        ({"y": [1]}, "inputs.q.trace: t and y have different lengths"),
        ({"max_gap": "30 min"}, "inputs.q.trace: The trace has a gap of 3600"),
        ({"max_gap": "30 kg"}, "inputs.q.trace.max_gap"),
        ({"from": "5 h"}, "does not lie in it"),
        ({"take": "integral"}, "inputs.q.trace.y_unit"),
        ({"take": "at"}, "inputs.q.trace"),
        ({"block": "1 h"}, "inputs.q.trace.block"),
        ({"type_a": "blocks"}, "inputs.q.trace.block"),
        ({"type_a": "blocks", "block": "1 h"}, "There are 3 blocks"),
        ({"type_a": "blocks", "block": "1 h", "take": "max"}, "inputs.q.trace.type_a"),
        ({"type_a": "mean"}, "inputs.q.trace.type_a"),
        ({"colour": 1}, "inputs.q.trace.colour"),
    ],
)
def test_a_fault_is_refused_naming_its_key(trace, named):
    with pytest.raises(Invalid) as refusal:
        parse(document(**trace))
    assert named in str(refusal.value)


def test_a_trace_of_another_kind_of_quantity_is_refused():
    with pytest.raises(WrongDimension, match=r"inputs\.q\.unit"):
        parse(document("V", y_unit="degC"))
    with pytest.raises(WrongDimension, match=r"inputs\.q\.unit"):
        parse(document("J", y_unit="K", take="integral"))


def groups(**entry):
    return {"inputs": {"V": {"unit": "V", **entry}}, "outputs": {"y": {"unit": "V", "expression": "V"}}}


def test_groups_of_readings_say_what_was_found():
    apart = evaluate(groups(readings=[[1.0, 1.1], [2.0, 2.1], [3.0, 3.1]]))
    assert apart.outputs["y"].dof == 2
    assert "the groups differ, F(2, 3) = 400" in str(apart.notes[0])
    alike = evaluate(groups(readings=[[1.0, 2.0], [1.1, 2.1]], components=[{"u": 0.1}]))
    assert "the groups do not differ" in str(alike.notes[0])
    assert alike.outputs["y"].value == pytest.approx(1.55)


@pytest.mark.parametrize(
    ("entry", "named"),
    [
        ({"readings": [[1, 2], 3]}, "inputs.V.readings[1]"),
        ({"readings": [[1, 2], []]}, "inputs.V.readings[1]"),
        ({"readings": [[1, 2]]}, "inputs.V.readings: An analysis of variance needs at least two"),
        ({"readings": [[1, 2], [1, "x"]]}, "inputs.V.readings[1][1]"),
        ({"readings": [[1, 2], [2, 3]], "pooled_sd": 1}, "inputs.V"),
        ({"readings": [[1, 2], [2, 3]], "u": 1}, "components"),
        ({"readings": [1], "groups": {"means": [1, 2], "sds": [1, 1], "n": 2}}, "inputs.V"),
        ({"groups": {"means": [1, 2], "sds": [1], "n": 2}}, "inputs.V.groups"),
        ({"groups": {"means": [1, 2], "sds": [1, 1]}}, "inputs.V.groups.n"),
        ({"groups": {"means": [1, 2], "sds": [1, -1], "n": 2}}, "inputs.V.groups"),
        ({"groups": {"means": [1, 2], "sds": [1, 1], "n": [2, 1.5]}}, "inputs.V.groups.n"),
        ({"groups": {"means": [1, 2], "sds": [1, 1], "n": 2, "x": 1}}, "inputs.V.groups.x"),
    ],
)
def test_groups_that_are_none_are_refused_naming_the_key(entry, named):
    with pytest.raises(Invalid) as refusal:
        parse(groups(**entry))
    assert named in str(refusal.value)
