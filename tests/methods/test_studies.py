"""Validation studies as data: computed from what was measured, stored once, fed into a new edition of the method."""

from __future__ import annotations

import json

import pytest

from lims import clock
from lims.errors import Invalid, LimsError, NotAllowed
from lims.methods import operations
from lims.methods.evaluate import evaluate
from lims.methods.procedure import parse
from lims.methods.queries.studies import studies as stored
from lims.methods.queries.studies import study as one_of
from lims.methods.records import Study
from lims.methods.studies import fed, study
from tests.methods.bureau import DOCUMENT, NOW, Place, set_up

DAYS = {
    "kind": "precision",
    "title": {"en": "Three days", "zh_Hant_TW": "三日"},
    "unit": "mg",
    "groups": [[10.1, 9.9, 10.0], [11.1, 10.9, 11.0], [10.6, 10.4, 10.5]],
}


@pytest.fixture
def place(session):
    """A method, at 10:00 of the second of March 2026 in Taipei."""
    with clock.at(NOW):
        yield set_up(session)


def test_precision_between_days_is_a_contribution_with_its_degrees_of_freedom():
    """By hand: s_r = 0.1; means 10, 11, 10.5 differ by 3 x 0.25 = 0.75 in squares, so s_L^2 = (0.75 - 0.01)/3."""
    found = study(DAYS)

    assert found.numbers["s_r"] == pytest.approx(0.1)
    assert found.numbers["s_R"] == pytest.approx((0.01 + 0.74 / 3) ** 0.5)
    assert found.component["u"] == pytest.approx(found.numbers["s_R"])
    assert found.component["unit"] == "mg"
    mean_of_three = study(DAYS | {"repeats": 3}).component
    assert mean_of_three["u"] == pytest.approx((0.01 / 3 + 0.74 / 3) ** 0.5)


@pytest.mark.parametrize(
    ("document", "numbers", "feeds"),
    [  # bias: the examples of lims/metrology/bias.py; the others by hand (Sxx = 17.5, Sxy = 17.2, Syy = 16.96)
        (
            {"kind": "bias", "material": {"readings": [11.8, 12.0, 11.9, 12.3, 12.0], "certified": 11.5,
             "u_certified": 0.2}},
            {"rms": 0.5, "u": 0.545}, {"name": "bias", "u": 0.545},
        ),
        (
            {"kind": "bias", "relative": True, "rounds": [{"bias": b, "u_reference": 1.0} for b in (2, -2, 1, 1)]},
            {"rms": 1.5811, "u": 1.8708}, {"name": "bias", "relative_u": 1.8708},
        ),
        ({"kind": "recovery", "recoveries": [0.98, 1.0, 1.02], "corrected": True}, {"mean": 1.0, "u": 0.01155},
         {"name": "recovery", "relative_u": 0.01155, "dof": 2}),
        ({"kind": "linearity", "x": [1, 2, 3, 4, 5, 6], "y": [1.1, 1.9, 3.1, 3.9, 5.1, 5.9]}, {"slope": 0.9829},
         {"name": "linearity", "u": 0.11915, "dof": 4}),
    ],
)  # fmt: skip
def test_each_kind_gives_what_its_standard_says(document, numbers, feeds):
    found = study({"unit": "mg", **document})

    assert {name: found.numbers[name] for name in numbers} == pytest.approx(numbers, abs=1e-3)
    written = {key: value for key, value in found.component.items() if key != "unit"}
    assert written.pop("name") == feeds.pop("name")
    assert written == pytest.approx(feeds, abs=1e-3)


def test_limits_of_detection_are_those_of_an_output():
    found = study({"kind": "detection", "unit": "mg", "blanks": [0.0, 0.1, 0.2], "n": 4})

    assert found.limits == pytest.approx({"lod": 0.15, "loq": 0.5})
    document = {"inputs": {"m": {"unit": "mg", "value": 0.3}}, "outputs": {"y": {"unit": "mg", "expression": "m"}}}
    answer = evaluate(parse(fed(document, found.as_json(), "y", "study 1")))
    assert answer.outputs["y"].reported.value == "< 0.5"


def test_a_group_that_stands_out_is_named():
    wild = study(DAYS | {"groups": [[10.0, 10.1, 9.9]] * 6 + [[10.0, 14.0, 6.0]]})

    assert any("Cochran" in str(remark) for remark in wild.remarks)
    assert study(DAYS).remarks == ()


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"kind": "mood"}, "kind"),
        ({"groups": [[1.0], [2.0]]}, "at least two groups"),
        ({"groups": [[1.0, "x"], [2.0, 3.0]]}, "groups"),
        ({"colour": "red"}, "colour"),
        ({"unit": None}, "unit"),
    ],
)
def test_a_fault_is_refused_naming_its_key(change, key):
    with pytest.raises(LimsError, match=key):
        study(DAYS | change)


def test_a_contribution_joins_what_an_input_states_already_in_rows_too():
    answer = {"component": {"name": "precision", "u": 0.1, "unit": "mg"}, "limits": None}
    rows = {
        "outputs": {"y": {"unit": "mg", "expression": "m"}},
        "points": [{"label": n, "m": {"unit": "mg", "value": 1, "u": 0.1}} for n in "ab"],
    }
    found = evaluate(parse(fed(rows, answer, "m", "study 1")))

    assert [point.outputs["y"].u for point in found.points] == pytest.approx([2**0.5 * 0.1] * 2)
    with pytest.raises(Invalid, match="no 'x'"):
        fed(rows, answer, "x", "study 1")


def test_it_is_stored_once_with_its_data_and_begins_a_new_edition(place: Place):
    version = place.approved("1")
    row = operations.store_study(place.session, by=place.writer, version_id=version.id, document=DAYS)
    again = operations.store_study(place.session, by=place.writer, version_id=version.id, document=json.dumps(DAYS))
    assert again.id == row.id
    assert place.session.query(Study).count() == 1
    (view,) = stored(place.session, version_id=version.id)
    assert (view.document["groups"], view.places) == (DAYS["groups"], ("m",))
    assert view.answer["numbers"]["groups"] == 3

    made = operations.feed_study(place.session, by=place.writer, study_id=row.id, into="m", edition="2")
    assert made.state == "draft"
    assert made.changes == f"m: Three days (study {row.id}, {row.content_hash[:12]})"
    component = json.loads(made.document)["inputs"]["m"]["components"][-1]
    assert component["origin"] == f"study {row.id}, {row.content_hash[:12]}"
    before, after = (evaluate(parse(one)).outputs["y"].u for one in (DOCUMENT, json.loads(made.document)))
    own = one_of(place.session, row.id).answer["component"]["u"] / 1000
    assert after == pytest.approx((before**2 + (3000 * own) ** 2) ** 0.5)


def test_only_who_manages_the_method_stores_one(place: Place):
    version = place.approved("1")
    with pytest.raises(NotAllowed):
        operations.store_study(place.session, by=place.technician, version_id=version.id, document=DAYS)
