"""Results that are no quantities: what a method may declare, how they are filled in, and how they are judged."""

from __future__ import annotations

import pytest

from lims.errors import Invalid
from lims.methods.evaluate import evaluate
from lims.methods.fill import fill, required_inputs, required_observations
from lims.methods.procedure import parse

BEND = {"kind": "class", "values": ["sound", "cracked"], "acceptable": ["sound"], "of": 3}


def looked_at(**changes: object):
    return parse({"characteristics": {"bend": BEND | changes}})


@pytest.mark.parametrize(
    ("seen", "pass_if", "value", "outcome"),
    [
        (["sound", "sound", "sound"], "all", "sound", "pass"),
        (["sound", "cracked", "sound"], "all", None, "fail"),
        (["sound", "cracked", "sound"], "most", None, "pass"),
        (["cracked", "cracked", "sound"], "any", None, "pass"),
        (["cracked", "cracked", "sound"], 2, None, "fail"),
    ],
)
def test_how_many_pieces_must_be_acceptable_is_the_method_s_word(seen, pass_if, value, outcome):
    (found,) = evaluate(fill(looked_at(pass_if=pass_if), {}, {"bend": seen})).characteristics

    assert (found.value, found.outcome) == (value, outcome)


def test_a_method_may_have_nothing_but_characteristics():
    found = looked_at()

    assert required_inputs(found) == ()
    (asked,) = required_observations(found)
    assert (asked.name, asked.repeats, asked.characteristic.values) == ("bend", 3, ("sound", "cracked"))
    answer = evaluate(fill(found, {}, {"bend": ["sound"] * 3})).as_json()
    assert answer["outputs"] == {}
    assert answer["characteristics"]["bend"]["outcome"] == "pass"


def test_values_have_titles_for_people_and_only_for_values_that_there_are():
    titles = {"sound": {"en": "no crack", "zh_Hant_TW": "無裂紋"}}
    (asked,) = required_observations(looked_at(titles=titles))
    assert asked.characteristic.title_of("sound") == titles["sound"]
    assert asked.characteristic.title_of("cracked") == "cracked"

    with pytest.raises(Invalid, match=r"characteristics.bend.titles: 'split' is not an allowed value"):
        looked_at(titles={"split": "split"})


def test_a_characteristic_can_t_have_the_name_of_a_quantity():
    document = {
        "inputs": {"a": {"unit": "g", "value": 1}},
        "outputs": {"b": {"unit": "g", "expression": "a"}},
        "characteristics": {"bend": BEND},
    }
    parse(document)
    for name in ("a", "b"):
        with pytest.raises(Invalid, match=rf"characteristics.{name}: this name is taken already"):
            parse(document | {"characteristics": {name: BEND}})
