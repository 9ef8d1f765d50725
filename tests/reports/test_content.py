"""What a report says: ISO/IEC 17025, 7.8, in words and numbers."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from types import SimpleNamespace

import pytest

from lims.reports.compose import compose
from lims.reports.conformity import decision_rule
from lims.reports.content import canonical, content_hash
from lims.reports.facts import AmendmentFacts, EnvironmentFacts, StatementFacts
from lims.reports.numbers import at_uncertainty
from lims.reports.queries.facts import _environment
from lims.reports.states import ReportKind
from lims.reports.wording import uncertainty
from tests.reports.examples import output, tile_line, tiles, volt_line, voltmeter


def test_a_test_report_says_what_17025_asks_for():
    content = compose(tiles())
    assert content.title == "Test report"
    assert content.laboratory.name == "Ceramic Tiles Laboratory"
    assert content.client.name == "Formosa Tiles Co., Ltd."
    item = content.items.rows[0].cells
    assert "HS-115-00012-1" in item
    assert "undamaged" in item
    assert "30 October 2026" in item
    facts = dict(content.sections[0].facts)
    assert facts["Method"] == "CT-WA-01, edition 3"
    assert facts["Standard"] == "CNS 3299-3:2020"
    assert facts["Date of testing"] == "2 November 2026 to 4 November 2026"
    assert facts["Environment"] == "Air temperature 22.8\xa0°C to 23.4\xa0°C; relative humidity 48\xa0% to 52\xa0%"
    assert "The results relate only to the items tested." in content.statements
    assert any("except in full" in sentence for sentence in content.statements)


def test_a_calibration_gives_points_with_indication_error_uncertainty_and_factor():
    table = compose(voltmeter()).sections[0].tables[0]
    heads = [(column.head or column.symbol, column.unit) for column in table.columns]
    assert heads == [
        ("Point", ""), ("Phase", ""), ("Reference", "V"), ("Indication", "V"),
        ("Error of indication", "µV"), ("U", "µV"), ("k", ""),
    ]  # fmt: skip
    assert table.rows[1].cells == ("1 V", "as found", "1.0000000", "0.9999958", "-4.2", "6.1", "2.05")


def test_a_certificate_says_certificate_and_names_the_standards_behind_it():
    content = compose(voltmeter())
    assert content.title == "Calibration certificate"
    assert content.instruments.rows[0].cells[2] == "E260045, National Measurement Laboratory"
    assert "International System of Units (SI)" in content.traceability[0]


def test_an_overdue_instrument_is_named():
    facts = voltmeter()
    overdue = replace(facts.instruments[0], valid_until=date(2026, 11, 17))
    assert "CAL-01" in compose(replace(facts, instruments=(overdue,))).traceability[-1]
    last_day = replace(facts.instruments[0], valid_until=date(2026, 11, 18))
    assert len(compose(replace(facts, instruments=(last_day,))).traceability) == 1


def test_no_traceability_is_claimed_where_nothing_calibrated_was_used():
    assert compose(tiles(instruments=())).traceability == ()


def test_printed_numbers_are_those_the_result_rounded_and_the_full_ones_stay_beside_them():
    section = compose(tiles(1)).sections[0]
    assert section.tables[0].rows[0].cells == ("tile 1", "0.310", "0.012")
    assert section.numbers["points"][0]["outputs"]["E"]["value"] == pytest.approx(0.31001, abs=1e-12)
    assert section.tables[0].rows[1].strong


def test_several_quantities_of_one_item_stand_below_each_other_with_their_units():
    line = tile_line(
        document={"outputs": {"P": {"title": "Power"}, "eta": {"title": "Efficacy"}}},
        evaluation={
            "outputs": {
                "P": output(9.87, 0.05, "W", shown=("9.87", "0.05")),
                "eta": output(101.2, 1.9, "lm/W", shown=("101.2", "1.9")),
            }
        },
        statements=(),
    )
    table = compose(tiles(lines=(line,))).sections[0].tables[0]
    assert [row.cells for row in table.rows] == [("Power", "9.87", "0.05", "W"), ("Efficacy", "101.2", "1.9", "lm/W")]


def test_a_method_says_which_quantities_are_reported():
    line = tile_line(
        document={
            "outputs": {"m": {}, "E": {"title": "Absorption", "expression": "100 * m / m_dry"}},
            "report": {"E": {"step": 0.01}},
        },
        evaluation={
            "outputs": {
                "m": output(1, 0.1, "g", shown=("1.00", "0.10")),
                "E": output(0.33, 0.02, "percent", shown=("0.33", "0.02")),
            }
        },
    )
    table = compose(tiles(lines=(line,))).sections[0].tables[0]
    assert [row.cells[0] for row in table.rows] == ["Absorption"]


def test_one_factor_is_said_once_and_several_stand_with_each_result():
    (once, _gum) = uncertainty([("2.00", 0.95)], "en")
    assert "k\xa0=\xa02.00" in once
    assert "approximately 95\xa0%" in once
    (each, _gum) = uncertainty([("2.00", 0.95), ("2.13", 0.95)], "en")
    assert "given with each result" in each


def test_a_guard_band_of_u_tells_its_risk():
    statement = tile_line().statements[0]
    assert "2.5 %" in decision_rule(statement, "en")


def test_guarded_rejection_is_not_called_acceptance():
    statement = replace(tile_line().statements[0], multiple=-1)
    assert "guarded rejection" in decision_rule(statement, "en")


@pytest.mark.parametrize(
    ("lower", "upper", "words"),
    [(None, 0.5, "at most 0.5\xa0%"), (0.1, None, "at least 0.1\xa0%"), (-0.1, 0.3, "−0.1\xa0% to 0.3\xa0%")],
)
def test_a_requirement_is_said_in_words(lower, upper, words):
    statement = StatementFacts(
        about="E_mean", where="", lower=lower, upper=upper, unit="percent", rule="simple", outcome="pass"
    )
    section = compose(tiles(lines=(tile_line(statements=(statement,)),))).sections[0]
    assert section.conformity.rows[0].cells == ("Mean water absorption", words, "Pass")


def test_the_accreditation_mark_needs_every_method_accredited_and_no_gate_overridden():
    assert compose(tiles()).laboratory.accreditation
    outside = tile_line(accredited=False)
    assert not compose(tiles(lines=(tile_line(), outside))).laboratory.accreditation
    overridden = tile_line(overrides=("the balance was overdue by two days",))
    content = compose(tiles(lines=(overridden,)))
    assert not content.laboratory.accreditation
    assert "overdue by two days" in content.sections[0].notes[-1]


def test_an_amended_report_says_what_it_replaces_and_why():
    amends = AmendmentFacts(
        number="RHS-2026-000007-1", issued_on=date(2026, 11, 20), why="The client's mark was wrong."
    )
    content = compose(tiles(kind=ReportKind.AMENDED, amends=amends))
    assert content.kind_word == "Amended report"
    assert content.amendment is not None
    assert "RHS-2026-000007-1 of 20 November 2026" in content.amendment.replaces
    assert content.amendment.reason == "The client's mark was wrong."


def test_what_the_laboratory_did_not_sample_is_said():
    assert any("did not take the samples" in sentence for sentence in compose(tiles()).statements)
    own = compose(tiles(sampling={"sampled_by": "laboratory"})).statements
    assert not any("did not take the samples" in sentence for sentence in own)


def test_equal_facts_have_equal_hashes_and_one_changed_digit_another():
    one, same = canonical(compose(tiles())), canonical(compose(tiles()))
    assert content_hash(one) == content_hash(same)
    assert content_hash(one) != content_hash(canonical(compose(tiles(6))))
    assert json.loads(one)["format"] == "lims-report/1"


def test_numbers_frozen_as_text_are_read_as_numbers():
    evaluation = json.loads(json.dumps(volt_line().evaluation), parse_float=str)
    content = compose(voltmeter(lines=(volt_line(evaluation=evaluation),)))
    assert content.sections[0].tables == compose(voltmeter()).sections[0].tables
    assert content.sections[0].numbers == compose(voltmeter()).sections[0].numbers


def test_an_estimate_is_rounded_at_its_own_uncertainty():
    assert at_uncertainty(10.00001234, 0.0000031) == "10.0000123"


def test_a_report_on_simulated_readings_says_so_and_carries_no_mark():
    content = compose(tiles(lines=(tile_line(simulated=True),)))

    assert content.sections[0].notes[0] == "Made with simulated instruments: these numbers say nothing of the item."
    assert not content.laboratory.accreditation


def test_days_are_written_in_words_in_a_table_of_many_items_short():
    one = compose(tiles(sampling={"sampled_by": "client", "sampled_on": "2026-10-29"}))
    assert "30 October 2026" in one.items.rows[0].cells
    assert ("Date of sampling", "29 October 2026") in one.sampling
    items = tuple(replace(tiles().items[0], number=f"HS-115-00012-{n}") for n in (1, 2))
    assert "2026-10-30" in compose(tiles(items=items)).items.rows[0].cells


def test_no_number_is_minus_nothing():
    assert at_uncertainty(-0.0004, 0.05) == "0.000"
    line = volt_line()
    for outputs in (point["outputs"] for point in line.evaluation["points"]):
        outputs["E"]["budget"][1]["value"] = -1e-9
    table = compose(voltmeter(lines=(line,))).sections[0].tables[0]
    assert {row.cells[3].strip("0.") for row in table.rows} == {""}


def test_a_point_is_called_what_the_method_calls_it_in_the_language_of_the_report():
    filled = {"points": [{"label": {"en": "tile 1", "zh_Hant_TW": "試片 1"}}, {"label": "tile 2"}]}
    line = tile_line(2, filled=filled)
    labels = [row.cells[0] for row in compose(tiles(lines=(line,), language="zh_Hant_TW")).sections[0].tables[0].rows]
    assert labels[:2] == ["試片 1", "tile 2"]
    assert compose(tiles(lines=(line,))).sections[0].tables[0].rows[0].cells[0] == "tile 1"
    negative = volt_line()
    negative.evaluation["points"][0]["label"] = "-10 V"
    assert compose(voltmeter(lines=(negative,))).sections[0].tables[0].rows[0].cells[0] == "−10 V"


def test_conditions_below_zero_have_a_minus():
    cold = EnvironmentFacts(name="Air temperature", lowest="-5.2", highest="-0.0", unit="degC")
    facts = dict(compose(tiles(lines=(tile_line(environment=(cold,)),))).sections[0].facts)
    assert facts["Environment"] == "Air temperature −5.2\xa0°C to 0.0\xa0°C"


def test_work_of_outside_providers_is_named():
    """ISO/IEC 17025, 7.8.2.1 p."""
    said = compose(tiles(outside_providers="Colour: Testing House Ltd.")).statements
    assert "Provided from outside the laboratory: Colour: Testing House Ltd." in said


def test_conditions_written_in_two_units_are_compared_in_one():
    def read(value, unit):
        return SimpleNamespace(input="T", value=value, unit=unit)

    document = {"bindings": {"T": {"from": "environment"}}, "inputs": {"T": {"title": "Air temperature"}}}
    same = _environment(document, [read("22.10", "degC"), read("9.5", "degC"), read("22.9", "degC")], "en")
    assert [(one.lowest, one.highest, one.unit) for one in same] == [("9.5", "22.9", "degC")]
    mixed = _environment(document, [read("22.10", "degC"), read("296.15", "K"), read("22.5", "degC")], "en")
    assert [(one.lowest, one.highest, one.unit) for one in mixed] == [("22.1", "23", "degC")]


def test_an_interval_that_is_not_symmetric_is_printed_with_both_distances():
    skewed = output(2.7, 9.4, "1", shown=("2.7", ""), interval=[0.4, 19.2], interval_by_trials="symmetric")
    skewed["reported"] |= {"k": "", "minus": "2.3", "plus": "16.5"}
    line = tile_line(
        document={"outputs": {"y": {"title": "Ratio"}}}, evaluation={"outputs": {"y": skewed}},
        statements=(StatementFacts(about="y", where="", lower=None, upper=20.0, unit="1", rule="guard_band",
                                   outcome="pass", multiple=1, skewed=True),),
    )  # fmt: skip
    section = compose(tiles(lines=(line,))).sections[0]
    assert section.tables[0].rows[0].cells == ("Ratio", "2.7", "−2.3, +16.5", "")
    assert any("Monte Carlo method (JCGM 101)" in sentence for sentence in section.sentences)
    assert not any("coverage factor" in sentence for sentence in section.sentences)
    assert section.numbers["outputs"]["y"]["interval"] == [0.4, 19.2]
    assert "end of its coverage interval" in section.rules[0]
