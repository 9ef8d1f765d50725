"""A plan is checked before anything is measured, with a reason for each field."""

import pytest

from lims.errors import Invalid
from lims.instruments.plan import Plan

BODY = {
    "instrument": "BAL-01",
    "driver": "mettler-toledo-mt-sics",
    "serial": "B1",
    "quantity": "mass",
    "settings": {},
    "readings": 10,
    "interval_s": 0.5,
    "stability": {"window": 5, "slope": "0.001", "sd": 0.002, "max_wait_s": 60},
    "patience_s": 30,
    "valid_until": "2026-12-31T23:59:59Z",
    "simulate": {"value": 815.0, "sd": 0.004},
}


def test_a_plan_survives_its_wire_form():
    plan = Plan.from_json(BODY)
    assert Plan.from_json(plan.as_json()) == plan
    assert plan.stability.slope == 0.001


def test_what_may_be_left_out_may_be_left_out():
    plan = Plan.from_json(
        {key: BODY[key] for key in ("instrument", "driver", "serial", "quantity", "readings", "interval_s")}
    )
    assert (plan.stability, plan.valid_until, plan.simulate, plan.patience_s) == (None, None, None, 60)


WRONG = {
    "readings": [0, -1, 1.5, "many", None, True, 10**12],
    "interval_s": [-1, "x", None, float("nan"), float("inf")],
    "instrument": ["", 5, None],
    "settings": [{"range": 10}, ["x"], "x"],
    "stability": ["x"],
    "stability.window": [{"window": 2, "slope": 1, "sd": 1, "max_wait_s": 1}],
    "stability.slope": [{"window": 5, "slope": -1, "sd": 1, "max_wait_s": 1}],
    "stability.other": [{"window": 5, "slope": 1, "sd": 1, "max_wait_s": 1, "other": 1}],
    "valid_until": ["tomorrow", "2026-12-31T23:59:59", 5],
    "simulate": [{"value": "x"}, {"sd": 1}, 5],
    "colour": ["red"],
}


@pytest.mark.parametrize(("place", "value"), [(key, value) for key, values in WRONG.items() for value in values])
def test_a_wrong_plan_names_the_place(place, value):
    with pytest.raises(Invalid) as refusal:
        Plan.from_json({**BODY, place.split(".")[0]: value})
    assert place in refusal.value.fields


def test_all_that_is_wrong_is_named_at_once():
    with pytest.raises(Invalid) as refusal:
        Plan.from_json({})
    assert {"instrument", "driver", "serial", "quantity", "readings", "interval_s"} == set(refusal.value.fields)
