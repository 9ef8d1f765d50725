"""What the judge said, in the words of the report: specification, limits, decision rule with its size, outcome."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from lims.metrology.conformity import RULES, judge
from lims.reports.compose import compose
from lims.reports.conformity import decision_rule
from lims.reports.facts import StatementFacts
from tests.reports.examples import tile_line, tiles, volt_line, voltmeter

TILE = tile_line().statements[0]
NAMED = {"name": {"en": "Group BIa, mean", "zh_Hant_TW": "BIa 類平均值"}, "source": "ISO 13006, annex G"}


def section(*statements, line=tile_line, report=tiles, **changes):
    return compose(report(lines=(line(statements=statements),), **changes)).sections[0]


def test_the_specification_is_named_with_where_it_stands():
    """ISO/IEC 17025, 7.8.6.2 b: which specification, standard or part of it is met."""
    found = section(replace(TILE, **NAMED))
    assert found.rules[0] == "Specification: Group BIa, mean (ISO 13006, annex G)."
    assert section(replace(TILE, **NAMED), language="zh_Hant_TW").rules[0].count("BIa 類平均值") == 1


def test_several_specifications_stand_each_beside_its_result():
    other = replace(TILE, about="E_max", upper=0.6, name={"en": "Group BIa, single value"}, source="ISO 13006, annex G")
    found = section(replace(TILE, **NAMED), other)
    heads = [column.head for column in found.conformity.columns]
    assert heads == ["Result", "Specification", "Requirement", "Statement"]
    assert [row.cells[1] for row in found.conformity.rows] == [
        "Group BIa, mean (ISO 13006, annex G)", "Group BIa, single value (ISO 13006, annex G)",
    ]  # fmt: skip
    assert not any(rule.startswith("Specification") for rule in found.rules)


def test_a_specification_without_a_name_is_its_limits():
    found = section(TILE)
    assert [column.head for column in found.conformity.columns] == ["Result", "Requirement", "Statement"]
    assert not any(rule.startswith("Specification") for rule in found.rules)


def test_a_point_below_zero_has_a_minus_and_no_hyphen():
    at = replace(TILE, about="E", where="-10 V", unit="uV", lower=-5, upper=5)
    assert section(at, line=volt_line, report=voltmeter).conformity.rows[0].cells[0] == "−10 V: Error of indication"


@pytest.mark.parametrize(
    ("rule", "size", "words"),
    [
        ("guard_band", {"multiple": 1}, "the expanded uncertainty U"),
        ("guard_band", {"multiple": 0.83}, "0.83 U"),
        ("guard_band", {"width": 0.05}, "0.05 %"),
        ("non_binary", {"multiple": 1}, "the expanded uncertainty U"),
        ("non_binary", {"multiple": 1.5}, "1.5 U"),
        ("non_binary", {"width": 0.05}, "0.05 %"),
        ("iso14253", {"multiple": 1}, "the expanded uncertainty U"),
        ("iso14253", {"width": 0.05}, "0.05 %"),
        ("iso14253", {}, "probability of 95 %"),
    ],
)
def test_the_size_of_the_guard_band_is_said_with_every_rule(rule, size, words):
    statement = replace(TILE, rule=rule, **{"multiple": None, "width": None, **size})
    assert words in decision_rule(statement, "en").replace("\xa0", " ")


def test_proof_of_conformity_without_a_size_does_not_say_u():
    """ISO 14253-1: the judge takes 1.645 u, not U, so the report must not say that the limits are reduced by U."""
    judged = judge(value=9.7, u=0.1, k=2, upper=10, rule="iso14253")
    assert float(judged.upper) == pytest.approx(10 - 1.645 * 0.1, abs=1e-3)
    statement = replace(TILE, rule="iso14253", multiple=None)
    assert "expanded uncertainty" not in decision_rule(statement, "en")


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_of_the_judge_has_its_words(rule):
    statement = replace(TILE, rule=rule, multiple=None if rule == "simple" else 1)
    assert decision_rule(statement, "en").startswith("Decision rule")


def test_whether_the_value_was_rounded_before_it_was_compared_is_said():
    assert "before it is rounded" in decision_rule(TILE, "en")
    rounded = decision_rule(replace(TILE, compare="rounded", step=0.1), "en")
    assert "rounded to 0.1 %" in rounded.replace("\xa0", " ")
    assert "before it is rounded" not in rounded


def test_simple_acceptance_says_up_to_which_uncertainty_it_was_agreed():
    statement = replace(TILE, rule="simple", multiple=None, lower=0, max_ratio=0.25)
    assert "0.25 of half the tolerance" in decision_rule(statement, "en")


def test_the_attached_data_say_what_the_page_says():
    statement = replace(TILE, **NAMED, acceptance=(None, 0.482))
    found = section(statement)
    (given,) = found.numbers["conformity"]
    assert given == {
        "output": "E_mean", "point": None, "outcome": "pass",
        "specification": {
            "name": NAMED["name"], "source": "ISO 13006, annex G", "lower": None, "upper": 0.5, "unit": "percent",
            "rule": "guard_band", "multiple": 1, "width": None, "compare": "full", "step": None, "max_ratio": None,
        },
        "acceptance": {"lower": None, "upper": 0.482},
    }  # fmt: skip
    assert found.conformity.rows[0].cells[-1] == "Pass"


def test_where_the_rule_allows_no_statement_the_report_says_so():
    evaluation = dict(tile_line().evaluation)
    evaluation["sentences"] = {
        "warnings": [
            {
                "id": "%(output)s: there is no statement of conformity. %(reason)s",
                "data": {"output": "E_mean", "reason": "The guard band leaves nothing to accept."},
            }
        ]
    }
    found = compose(tiles(lines=(tile_line(evaluation=evaluation, statements=()),))).sections[0]
    assert found.notes == (
        "Mean water absorption: no statement of conformity can be made by the agreed decision rule.",
    )


def test_numbers_in_the_words_are_written_with_a_minus():
    statement = StatementFacts(
        about="E_mean", where="", lower=-0.5, upper=None, unit="percent", rule="simple", outcome="fail"
    )
    cells = section(statement).conformity.rows[0].cells
    assert cells[1:] == ("at least −0.5\xa0%", "Fail")
    assert not re.search(r"-\d", " ".join(cells))
