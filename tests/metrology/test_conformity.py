"""Decision rules at their edges: decimals, guarded rejection, rounding before comparison, results under a limit."""

from __future__ import annotations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from lims.errors import Invalid, LimsError, Refused
from lims.metrology.conformity import judge


def test_the_answer_of_the_command_has_this_shape():
    answer = judge(value="9.61", u="0.2", k="2", upper="10", rule="guard_band", multiple="1").as_json()
    assert answer["outcome"] == "fail"
    assert answer["rule"] == "guard_band"
    assert answer["acceptance"] == {"lower": None, "upper": 9.6}
    assert answer["probability_of_conformity"] == pytest.approx(0.9744, abs=5e-5)
    assert answer["pfa"] is None
    assert answer["pfr"] == pytest.approx(0.9744, abs=5e-5)
    assert answer["text"].startswith("Fail.")


@pytest.mark.parametrize(
    ("value", "lower", "upper", "width"),
    [
        (0.3 - 0.1, None, 0.2, None),
        (9.6, None, 10, 0.4),
        (0.1 + 0.2, 0.3, None, None),
        (1.1 * 3, None, 3.3, None),
        (0.7, 0.6, 1, 0.1),
    ],
)
def test_a_value_on_the_acceptance_limit_passes(value, lower, upper, width):
    rule = "simple" if width is None else "guard_band"
    assert judge(value=value, u=0.01, lower=lower, upper=upper, rule=rule, width=width).outcome == "pass"


def test_guarded_rejection_moves_the_limits_outwards():
    """JCGM 106, 8.3.3: enforcement proves nonconformity."""
    given_limits = {"u": "0.2", "upper": "10", "rule": "guard_band", "multiple": "-1"}
    assert judge(value="10.4", **given_limits).outcome == "pass"
    assert judge(value="10.41", **given_limits).outcome == "fail"
    assert "guarded rejection" in judge(value="10.4", **given_limits).text


def test_comparison_after_rounding_is_printed():
    """Standards that judge the value rounded to the limit's last place."""
    statement = judge(value="0.549", u="0.01", upper="0.5", compare="rounded", step="0.1")
    assert statement.outcome == "pass"
    assert "after rounding to 0.1: 0.5" in statement.text
    assert judge(value="0.549", u="0.01", upper="0.5").outcome == "fail"


def test_the_simple_rule_may_be_bound_to_a_small_uncertainty():
    limits = {"value": 0, "k": 2, "lower": -1, "upper": 1, "max_ratio": "0.33"}
    assert judge(u="0.165", **limits).outcome == "pass"
    with pytest.raises(Refused, match="simple rule"):
        judge(u="0.17", **limits)


@pytest.mark.parametrize(
    ("rule", "u", "more"),
    [
        ("guard_band", 0.51, {"multiple": 1}),
        ("non_binary", 0.51, {"width": 1.01}),
        ("iso14253", 0.51, {"multiple": 1}),
        ("iso14253", 0.52, {}),
    ],
)
def test_a_guard_band_that_leaves_nothing_is_refused(rule, u, more):
    with pytest.raises(Refused, match="leaves nothing"):
        judge(value=0, u=u, lower=-1, upper=1, rule=rule, **more)


@pytest.mark.parametrize(
    ("limits", "outcome"),
    [
        ({"upper": "0.1"}, "pass"),
        ({"upper": "0.05"}, "pass"),
        ({"upper": "0.04"}, "not decidable"),
        ({"lower": "0.01"}, "not decidable"),
        ({"lower": "0.05"}, "fail"),
        ({"lower": "0.1"}, "fail"),
        ({"lower": "0.01", "upper": "0.1"}, "not decidable"),
        ({"lower": "0.06", "upper": "0.1"}, "fail"),
        ({"upper": "0.1", "rule": "guard_band", "width": "0.06"}, "not decidable"),
        ({"lower": "0.03", "rule": "non_binary", "width": "0.01"}, "not decidable"),
    ],
)
def test_a_result_under_its_limit_of_quantification(limits, outcome):
    statement = judge(below="0.05", **limits)
    assert statement.outcome == outcome
    assert statement.probability_of_conformity is None


def test_few_degrees_of_freedom_raise_the_risk():
    wide = judge(value=9.6, u=0.2, upper=10, dof=3).pfa
    assert wide == pytest.approx(0.0697, abs=5e-5)  # 1 - T_3(2), tables of Student's t
    assert wide > judge(value=9.6, u=0.2, upper=10).pfa


def test_no_uncertainty_leaves_no_doubt():
    assert judge(value=1, u=0, upper=1).probability_of_conformity == 1
    assert judge(value=1.1, u=0, upper=1).probability_of_conformity == 0


@pytest.mark.parametrize(
    "given_arguments",
    [
        {},
        {"upper": 1},
        {"value": 1},
        {"value": 1, "u": 1},
        {"value": 1, "upper": 1},
        {"value": 1, "u": -1, "upper": 1},
        {"value": 1, "u": 1, "upper": 1, "rule": "other"},
        {"value": 1, "u": 1, "upper": 1, "rule": "guard_band"},
        {"value": 1, "u": 1, "upper": 1, "rule": "guard_band", "width": 1, "multiple": 1},
        {"value": 1, "u": 1, "upper": 1, "width": 1},
        {"value": 1, "u": 1, "lower": 2, "upper": 1},
        {"value": "1,5", "u": 1, "upper": 1},
        {"value": "nan", "u": 1, "upper": 1},
        {"value": float("inf"), "u": 1, "upper": 1},
        {"value": 1, "u": 1, "k": 0, "upper": 1},
        {"value": 1, "u": 1, "dof": 0, "upper": 1},
        {"value": 1, "u": 1, "upper": 1, "compare": "rounded"},
        {"value": 1, "u": 1, "upper": 1, "step": 1},
        {"value": 1, "below": 1, "u": 1, "upper": 1},
        {"value": 1, "u": 0.1, "upper": 1, "max_ratio": 0.3},
        {"value": 1, "u": 1, "upper": 1, "rule": "non_binary", "multiple": -1},
        {"value": 1, "u": 1, "upper": 1, "compare": "rounded", "step": "1e-300"},
        {"value": 1, "u": 1, "upper": 1, "compare": "rounded", "step": -1},
        {"below": 1, "upper": 1, "rule": "guard_band", "multiple": 1},
        {"below": 1, "upper": 1, "rule": "iso14253"},
        {"below": 1, "lower": 0, "upper": 1, "max_ratio": "0.33"},
    ],
)
def test_what_makes_no_statement_is_refused(given_arguments):
    with pytest.raises(Invalid):
        judge(**given_arguments)


@given(st.floats(-5, 5), st.floats(0.001, 0.5), st.floats(0, 1))
def test_probabilities_add_up_and_rules_are_ordered(value, u, multiple):
    limits = {"value": value, "u": u, "lower": -2, "upper": 2}
    simple = judge(**limits)
    assume(2 * u * multiple < 1.9)
    guarded = judge(**limits, rule="guard_band", multiple=multiple)
    graded = judge(**limits, rule="non_binary", multiple=multiple)
    assert 0 <= simple.probability_of_conformity <= 1
    if guarded.outcome == "pass":
        assert simple.outcome == "pass"
        assert guarded.pfa == pytest.approx(1 - guarded.probability_of_conformity, abs=1e-12)
    assert (graded.outcome == "pass") == (guarded.outcome == "pass")
    assert (graded.outcome in {"pass", "conditional pass"}) == (simple.outcome == "pass")


@given(st.floats(-1e3, 1e3), st.floats(1e-3, 10), st.sampled_from(["simple", "guard_band", "non_binary", "iso14253"]))
def test_a_mirror_image_has_the_mirrored_outcome(value, u, rule):
    more = {"multiple": "0.5"} if rule in {"guard_band", "non_binary"} else {}
    try:
        one = judge(value=value, u=u, lower=-20, upper=30, rule=rule, **more)
    except LimsError:
        return
    other = judge(value=-value, u=u, lower=-30, upper=20, rule=rule, **more)
    assert one.outcome == other.outcome
    assert one.probability_of_conformity == pytest.approx(other.probability_of_conformity, abs=1e-12)


def test_each_limit_is_held_against_the_end_of_the_interval_on_its_side():
    """y = 10, from 9.8 to 10.5: the guard band is 0.5 at an upper limit and 0.2 at a lower one."""
    skewed = {"value": "10", "interval": ("9.8", "10.5"), "rule": "guard_band", "multiple": 1}

    assert judge(upper="10.5", **skewed).outcome == "pass"
    assert judge(upper="10.49", **skewed).outcome == "fail"
    assert judge(lower="9.8", **skewed).outcome == "pass"
    assert judge(lower="9.81", **skewed).outcome == "fail"
    both = judge(lower="9", upper="11", **skewed)
    assert (float(both.lower), float(both.upper)) == (9.2, 10.5)
    assert "guard band 0.20 / 0.50" in both.text
    assert "not symmetric" in both.text


@pytest.mark.parametrize("rule", ["guard_band", "non_binary", "iso14253"])
def test_a_symmetric_interval_says_the_same_as_its_uncertainty(rule):
    limits = {"value": "9.7", "lower": "9", "upper": "10", "rule": rule, "multiple": 1}
    plain, by_ends = judge(u="0.1", k="2", **limits), judge(interval=("9.5", "9.9"), k="2", **limits)

    assert (by_ends.outcome, by_ends.lower, by_ends.upper) == (plain.outcome, plain.lower, plain.upper)
    assert by_ends.probability_of_conformity == pytest.approx(plain.probability_of_conformity, rel=1e-12)
    assert by_ends.text == plain.text


def test_in_doubt_on_the_side_of_the_long_tail_only():
    """Non-binary: above the upper limit the measurand may still lie as far below the value as the interval reaches."""
    skewed = {"interval": ("9.9", "10.6"), "value": "10", "rule": "non_binary", "multiple": 1}

    assert judge(upper="10.5", **skewed).outcome == "conditional pass"
    assert judge(upper="9.95", **skewed).outcome == "conditional fail"
    assert judge(upper="9.89", **skewed).outcome == "fail"


def test_guarded_rejection_needs_the_other_end_beyond_the_limit():
    """JCGM 106, 8.3.3: nonconformity is proved where even the end that lies nearer to the zone is outside."""
    skewed = {"interval": ("9.9", "10.6"), "value": "10", "rule": "guard_band", "multiple": -1}

    assert judge(upper="9.9", **skewed).outcome == "pass"
    assert judge(upper="9.89", **skewed).outcome == "fail"
    assert judge(lower="10.6", **skewed).outcome == "pass"
    assert judge(lower="10.61", **skewed).outcome == "fail"


def test_probabilities_follow_the_tail_of_their_side():
    found = judge(value="10", interval=("9.8", "10.8"), k="2", lower="9.6", upper="10.8")
    # by hand, normal halves: 2 u beyond the upper limit, 4 u beyond the lower
    assert found.pfa == pytest.approx(0.0227501 + 0.0000317, abs=1e-6)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"interval": ("10.1", "10.2")}, "outside its own coverage interval"),
        ({"value": None, "below": "1"}, "goes with a value"),
    ],
)
def test_an_interval_that_can_t_be_is_refused(change, said):
    with pytest.raises(Invalid, match=said):
        judge(**{"value": "10", "interval": ("9.9", "10.2"), "upper": "11"} | change)


@settings(max_examples=200, deadline=None)
@given(
    value=st.floats(8, 12),
    u=st.floats(0.01, 0.3),
    risk=st.sampled_from(["0.5", "0.05", "0.025", "0.001"]),
    dof=st.sampled_from([None, 4.0]),
    limits=st.sampled_from([{"upper": "10"}, {"lower": "9"}, {"lower": "9", "upper": "11"}]),
)
def test_a_limit_of_the_risk_keeps_it(value, u, risk, dof, limits):
    for name in ("max_pfa", "max_pfr"):
        try:
            found = judge(value=value, u=u, dof=dof, rule="guard_band", **limits, **{name: risk})
        except Refused:  # between such limits nothing is so sure
            assert name == "max_pfa"
            continue
        asked = found.probability_of_conformity
        if name == "max_pfa" and found.outcome == "pass":
            assert 1 - asked <= float(risk) + 1e-9
        if name == "max_pfr" and found.outcome == "fail":
            assert asked <= float(risk) + 1e-9


def test_the_guard_band_for_a_risk_of_five_per_cent():
    """JCGM 106, 8.3.2: 1.645 u for a normal one."""
    found = judge(value="9.6", u="0.2", upper="10", rule="guard_band", max_pfa="0.05")
    assert float(found.upper) == pytest.approx(10 - 1.644854 * 0.2, rel=1e-6)
    rejection = judge(value="9.6", u="0.2", upper="10", rule="guard_band", max_pfr="0.05")
    assert float(rejection.upper) == pytest.approx(10 + 1.644854 * 0.2, rel=1e-6)


@pytest.mark.parametrize(
    ("given_arguments", "said"),
    [
        ({"max_pfa": "0.05", "multiple": 1}, "in place of multiple"),
        ({"max_pfa": "0.05", "rule": "simple"}, "guard_band"),
        ({"max_pfa": "0.05", "max_pfr": "0.05"}, "one limit"),
        ({"max_pfa": "0"}, "up to 0.5"),
        ({"max_pfr": "0.6"}, "up to 0.5"),
        ({"max_pfa": "nan"}, "number"),
        ({"max_pfa": "0.05", "u": "0"}, "missing"),
    ],
)
def test_a_limit_of_the_risk_that_says_nothing_is_refused(given_arguments, said):
    with pytest.raises(Invalid, match=said):
        judge(**{"value": "9.6", "u": "0.2", "upper": "10", "rule": "guard_band", **given_arguments})
