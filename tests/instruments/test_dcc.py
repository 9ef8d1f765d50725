"""Digital calibration certificates: read with sign and unit of each number; what is none, or harms, is refused."""

from __future__ import annotations

import re
from datetime import date

import pytest

from lims.errors import Invalid
from lims.instruments.calibration_file import Part
from lims.instruments.dcc.document import MAX_BYTES
from lims.instruments.dcc.read import read
from lims.instruments.dcc.units import canonical
from lims.instruments.proposal import Said, as_data, names_other_serial, propose
from lims.instruments.states import Phase
from tests.instruments.dcc_documents import (
    BEFORE,
    SHOWN,
    TABLE,
    TRUE,
    document,
    folder_of_samples,
    numbers,
    quantity,
    result,
)

TEMPERATURE = {"temperature": "degC"}


def sample(name: str) -> bytes:
    """A sample of the PTB."""
    return (folder_of_samples() / name).read_bytes()


def points(found, phase: Phase = Phase.AS_LEFT) -> list[tuple[str, str, str, str]]:
    """Rows of one phase as text."""
    names = ("indication", "correction", "U", "k")
    return [tuple(row[name] for name in names) for row in found.rows if row["phase"] == phase]


# The numbers of the samples were read from their XML by eye: indication in °C, minus the measurement error, U, k.
TYPICAL = [
    ("33.17", "-0.072", "0.061", "2"), ("100.06", "-0.089", "0.061", "2"), ("175.21", "-0.107", "0.061", "2"),
    ("250.16", "0.009", "0.061", "2"), ("319.92", "0.084", "0.061", "2"),
]  # fmt: skip
BEFORE_ADJUSTMENT = [
    ("33.2", "-0.105", "0.89", "2"), ("100.3", "-0.323", "0.89", "2"), ("174.9", "0.199", "0.89", "2"),
    ("249.9", "0.271", "0.89", "2"), ("320.2", "-0.199", "0.89", "2"),
]  # fmt: skip
HUMIDITY = [
    ("19.7", "0.4", "0.6", "2"), ("49.9", "0.1", "0.8", "2"), ("80.3", "-0.3", "1", "2"), ("91.2", "-1.1", "1.1", "2"),
    ("81.3", "-1.2", "1", "2"), ("50.6", "-0.6", "0.8", "2"), ("19.7", "0.3", "0.6", "2"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "signed"),
    [("dcc_gp_temperature_typical_v12.xml", False), ("dcc_gp_temperature_typical_v12_v3.2.0_signed.xml", True)],
)
def test_the_thermometer_of_the_ptb_is_read_in_degrees_celsius_with_the_sign_of_the_error_turned(name, signed):
    found = propose(sample(name), known=TEMPERATURE)
    assert points(found) == TYPICAL
    assert {(row["quantity"], row["unit"]) for row in found.rows} == {("temperature", "°C")}
    assert found.signed is signed
    assert found.head["number"] == "GP_DCC_temperature_typical_1.2"
    assert (found.head["issued_by"], found.head["calibrated_on"]) == ("Kalibrierfirma GmbH", "1957-08-13")
    assert found.serials == ("string-manufacturer-item",)
    assert "Ambient condition temperature 293 K to 299 K" in found.head["conditions"]
    assert not found.left_out
    assert not found.remarks


def test_what_was_found_before_the_adjustment_stands_beside_what_was_left():
    found = propose(sample("dcc_gp_temperature_typical_adjustment_v12.xml"), known=TEMPERATURE)
    assert points(found, Phase.AS_FOUND) == BEFORE_ADJUSTMENT
    assert points(found, Phase.AS_LEFT) == TYPICAL


def test_a_hygrometer_of_two_parts_is_read_in_the_unit_of_its_display():
    found = propose(sample("dcc_gp_humidity_v1.0.xml"))
    assert points(found) == HUMIDITY
    assert {row["unit"] for row in found.rows} == {"%"}
    assert found.serials == ("123456789 Ma", "Fs 135792468 Hu")
    assert "Dew point hygrometer (GP-mE-Certificate-y)" in found.head["traceability-en"]


def test_a_resistance_at_a_temperature_is_no_correction_and_is_not_taken():
    found = propose(sample("dcc_gp_temperatur_resistance_v12.xml"), known=TEMPERATURE)
    assert found.rows == ()
    assert [one.what for one in found.left_out] == ["1. Measuring results", "2. Coefficients"]
    assert "make no correction" in str(found.left_out[0].reason)


def test_the_old_version_of_the_silicon_sphere_is_refused_and_says_why():
    with pytest.raises(Invalid, match=r"version 2\.4\.0 of the DCC, and versions 3\.1 to 3\.3 are read"):
        propose(sample("siliziumkugel_2_4_0.xml"))


def test_a_certificate_of_our_own_making_is_read_whole():
    found = read(document(before=BEFORE))
    assert (found.number, found.laboratory, found.accreditation) == ("K-2026-5", "Voltage House", "TAF 0000")
    assert (found.begun_on, found.calibrated_on) == (date(2026, 3, 2), date(2026, 3, 3))
    assert found.recalibrate_by == date(2027, 3, 2)
    item = found.items[0]
    assert (item.name, item.maker, item.model, item.serials) == ("Multimeter", "Keysight", "34465A", ("MY-77",))
    assert found.conditions == ("Room 23.1 °C",)
    assert [(table.title, table.phase) for table in found.tables] == [
        ("Adjustment", Phase.AS_FOUND),
        ("Direct voltage", Phase.AS_LEFT),
    ]
    assert (found.tables[1].columns[2].series[0].probability, found.signed) == ("0.95", False)


def test_a_condition_says_when_all_results_were_taken_and_what_the_room_had_is_no_calibration():
    condition = "<dcc:influenceCondition><dcc:name><dcc:content>It</dcc:content></dcc:name>{}</dcc:influenceCondition>"
    before = condition.format("<dcc:status>beforeRepair</dcc:status>")
    assert {row["phase"] for row in propose(document(before=before)).rows} == {"as found"}
    room = condition.format(f"<dcc:data><dcc:list>{TABLE}</dcc:list></dcc:data>")
    assert [table.title for table in read(document(before=room)).tables] == ["Direct voltage"]


def test_an_error_in_millivolts_corrects_an_indication_in_volts():
    found = propose(document(before=BEFORE), known={"dc_voltage": "V", "temperature": "degC"})
    assert points(found) == [
        ("1.002", "-0.002", "0.0005", "2"),
        ("5.001", "-0.001", "0.0006", "2"),
        ("9.998", "0.002", "0.0008", "2"),
    ]
    assert points(found, Phase.AS_FOUND) == [("1.02", "-0.02", "0.01", "2"), ("10.11", "-0.11", "0.01", "2")]
    assert {row["quantity"] for row in found.rows} == {"dc_voltage"}


def test_without_an_error_the_correction_is_reference_minus_indication():
    shown = quantity("basic_measuredValue", numbers("1.002 5.001 9.998", r"\volt", "0.001"))
    found = propose(document(result(shown + TRUE)))
    assert [row["correction"] for row in found.rows] == ["-0.002", "-0.001", "0.002"]
    assert "check that it is that of the correction" in str(found.remarks[0].reason)
    nothing = propose(document(result(SHOWN + TRUE)))
    assert [row["U"] for row in nothing.rows] == [""] * 3
    assert "No expanded uncertainty" in str(nothing.remarks[0].reason)


def test_without_an_indication_it_is_reference_plus_error():
    wrong = quantity("basic_measurementError", numbers("0.002 0.001 -0.002", r"\volt", "0.001"))
    assert points(propose(document(result(TRUE + wrong))))[0] == ("1.002", "-0.002", "0.001", "2")


def test_a_sign_turned_round_is_found_by_the_other_columns_and_a_person_decides():
    turned = quantity("basic_measurementError", numbers("-0.002 -0.001 0.002", r"\volt", "0.001"))
    found = propose(document(result(SHOWN + TRUE + turned)))
    assert found.rows == ()
    assert "Is a sign turned round?" in str(found.left_out[0].reason)
    told = [Part.INDICATION, Part.NOTHING, Part.CORRECTION]
    assert points(propose(document(result(SHOWN + TRUE + turned)), said={0: Said(parts=tuple(told))}))[0][:2] == (
        "1.002",
        "-0.002",
    )


def test_columns_without_a_meaning_are_not_guessed_and_a_person_says_what_they_are():
    blind = SHOWN.replace("basic_", "xx_") + TRUE.replace("basic_", "xx_")
    found = propose(document(result(blind)))
    assert (found.rows, str(found.left_out[0].reason)) == ((), "No column is the indication. Say which one is.")
    assert [column.label for column in found.tables[0].columns] == ["Shown", "Applied"]
    said = propose(document(result(blind)), said={0: Said(parts=(Part.INDICATION, Part.REFERENCE))})
    assert [row["correction"] for row in said.rows] == ["-0.002", "-0.001", "0.002"]


TWO_LENGTHS = "<si:hybrid>" + numbers("1 2 3", r"\volt") + numbers("1 2", r"\milli\volt") + "</si:hybrid>"
OTHER_UNIT = numbers("0.1 0.1 0.1", r"\volt") + numbers("1 1 1", r"\one", "0.1")


@pytest.mark.parametrize(
    ("inner", "sentence"),
    [
        (numbers("0.002 0.001", r"\volt"), "different numbers of values"),
        (numbers("0.002 0.001 0.001", r"\parsec"), "no unit of D-SI"),
        (numbers("0.002 0.001 0.001", r"\volt \ampere \volt"), "unit changes"),
        (numbers("0.002 NaN 0.001", r"\volt"), "not a number that can be measured"),
        (numbers("0.002 0.001 0.001", r"\volt", "0.1 0.2"), "2 uncertainties are stated for 3 values"),
        (TWO_LENGTHS, "different numbers of values"),
        (f"<si:hybrid>{OTHER_UNIT}</si:hybrid>", "uncertainty in a unit of another kind"),
        ("<si:complex><si:valueReal>1</si:valueReal></si:complex>", "kind complex is not read"),
        ("<dcc:noQuantity><dcc:content>broken</dcc:content></dcc:noQuantity>", "no number with a unit"),
    ],
)
def test_a_column_that_cant_be_read_keeps_its_table_out(inner, sentence):
    found = propose(document(result(SHOWN + quantity("basic_measurementError", inner))))
    assert found.rows == ()
    assert sentence in str(found.left_out[0].reason)


def test_single_numbers_and_lists_of_numbers_and_uncertainties_of_newer_schemas_are_read():
    one = "<si:real><si:value>{}</si:value><si:unit>\\volt</si:unit>{}</si:real>"
    newer = (
        "<si:measurementUncertaintyUnivariate><si:expandedMU><si:valueExpandedMU>0.03</si:valueExpandedMU>"
        "<si:coverageFactor>2.2</si:coverageFactor><si:coverageProbability>0.95</si:coverageProbability></si:expandedMU>"
        "</si:measurementUncertaintyUnivariate>"
    )
    standard = (
        "<si:measurementUncertaintyUnivariate><si:standardMU><si:valueStandardMU>0.01</si:valueStandardMU></si:standardMU>"
        "</si:measurementUncertaintyUnivariate>"
    )
    shown = quantity("basic_measuredValue", one.format("1.1", ""))
    for stated, told in ((newer, ("0.03", "2.2")), (standard, ("0.01", "1"))):
        found = propose(document(result(shown + quantity("basic_measurementError", one.format("0.1", stated)))))
        assert points(found) == [("1.1", "-0.1", *told)]
    reals = "<si:real><si:value>1.1</si:value></si:real><si:real><si:value>2.1</si:value></si:real>"
    listed = f"<si:list><si:realList><si:listUnit>\\volt</si:listUnit>{reals}</si:realList></si:list>"
    wrong = quantity("basic_measurementError", numbers("0.1 0.2", r"\volt", "0.01"))
    found = propose(document(result(quantity("basic_measuredValue", listed) + wrong)))
    assert points(found) == [("1.1", "-0.1", "0.01", "2"), ("2.1", "-0.2", "0.01", "2")]


def test_tables_of_two_ranges_are_told_apart_by_a_person_and_not_mixed_in_silence():
    content = document(result(TABLE, title="10 V") + result(TABLE, title="100 V"))
    mixed = propose(content, known={"dc_voltage": "V"})
    assert "become one table" in str(mixed.remarks[0].reason)
    said = {0: Said(range="10 V"), 1: Said(range="100 V", quantity="voltage", phase=Phase.AS_FOUND)}
    found = propose(content, known={"dc_voltage": "V"}, said=said)
    assert not found.remarks
    assert {(row["quantity"], row["range"], row["phase"]) for row in found.rows} == {
        ("dc_voltage", "10 V", "as left"),
        ("voltage", "100 V", "as found"),
    }


def test_points_that_depend_on_a_frequency_too_are_not_taken_for_those_of_a_voltage():
    frequency = quantity("xx_frequency basic_tableIndex1", numbers("50 400 1000", r"\hertz"), "Frequency")
    found = propose(document(result(TABLE + frequency)))
    assert found.rows == ()
    assert str(found.left_out[0].reason).startswith("The points depend on 'Frequency' too.")
    same = quantity("xx_frequency basic_tableIndex1", numbers("50 50 50", r"\hertz"), "Frequency")
    assert len(propose(document(result(TABLE + same))).rows) == 3


def test_lists_of_uncertainties_of_newer_schemas_are_read_and_a_k_that_is_not_stated_stays_empty():
    stated = (
        "<si:realListXMLList><si:valueXMLList>0.002 0.001 -0.002</si:valueXMLList>"
        "<si:unitXMLList>\\volt</si:unitXMLList><si:measurementUncertaintyUnivariateXMLList><si:expandedMUXMLList>"
        "<si:valueExpandedMUXMLList>0.1 0.2 0.3</si:valueExpandedMUXMLList>{}"
        "</si:expandedMUXMLList></si:measurementUncertaintyUnivariateXMLList></si:realListXMLList>"
    )
    for k, told in (("<si:coverageFactorXMLList>2.1</si:coverageFactorXMLList>", "2.1"), ("", "")):
        wrong = quantity("basic_measurementError", stated.format(k))
        assert points(propose(document(result(SHOWN + wrong))))[2] == ("9.998", "0.002", "0.3", told)


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        (r"\degreecelsius", "degC"), (r"\kelvin", "K"), (r"\volt", "V"), (r"\milli\metre", "mm"),
        (r"\percent", "percent"), (r"\one", "1"), (r"\metre\second\tothe{-1}", "m/s"),
        (r"\metre\per\second\tothe{2}", "m/s**2"),
        (r"\hecto\pascal", "hPa"), (r"\per\kelvin", "1/K"), (r"\micro\ohm", "uohm"), (r"\newton\metre", "N*m"),
    ],
)  # fmt: skip
def test_units_of_d_si_have_one_spelling(text, unit):
    assert canonical(text) == unit


@pytest.mark.parametrize(
    "text", ["", "volt", r"\kilo", r"\kilo\kilogram", r"\metre\per", r"\volt{2}", r"\tothe{2}", r"\v olt3"]
)
def test_what_is_no_unit_of_d_si_is_refused(text):
    with pytest.raises(Invalid):
        canonical(text)


BOMB = b'<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
FILE = b'<!DOCTYPE a [<!ENTITY a SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize(
    "declared", [BOMB, FILE, b"<!DOCTYPE a SYSTEM 'https://example.test/a.dtd'>", b"<!-- x --> <?x y?>" + BOMB]
)
def test_a_document_type_is_refused_before_it_is_parsed(declared):
    hostile = document(number="&amp;").replace(b"<!-- written for these tests -->", declared)
    with pytest.raises(Invalid, match="document type"):
        propose(hostile)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"<a" * 10 + b"x" * MAX_BYTES, "larger than"),
        (b"<a>" * 101 + b"</a>" * 101, "nested deeper"),
        (b"<a>" + b"<b/>" * 400_001 + b"</a>", "more than 200000 elements"),
        (document().decode().replace("UTF-8", "UTF-16").encode(), "not XML in UTF-8"),
        (document().decode().encode("cp950"), "not XML in UTF-8"),
        (document()[:-40], "can't be read as XML"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "no digital calibration certificate: it begins with svg"),
        (document(version="4.0.0"), "version 4.0.0"),
        (document(version=""), "version –"),
        (b"%PDF-1.7 %%EOF", "A PDF is for people"),
        (b"", "empty"),
        (b"PK\x03\x04\x00\x00", "no text"),
        (document(number="x" * 200_001), "more than 200000 letters"),
        (document(number="&undefined;"), "can't be read as XML"),
    ],
)
def test_what_is_no_certificate_is_refused_with_a_sentence(content, sentence):
    with pytest.raises(Invalid, match=sentence):
        propose(content)


@pytest.mark.parametrize("version", ["3.1.1", "3.1.2", "3.2.0", "3.2.1", "3.3.0", "3.3.0-rc.2"])
def test_the_versions_from_3_1_to_3_3_are_read(version):
    assert read(document(version=version)).version == version


def test_another_serial_is_seen_whatever_the_spaces_and_case():
    assert names_other_serial(read(document(serial="A1")).serials, "B2")
    assert not names_other_serial(read(document(serial=" my 77")).serials, "MY77")


def test_numbers_keep_their_digits():
    shown = quantity("basic_measuredValue", numbers("1.00200", r"\volt"))
    wrong = quantity("basic_measurementError", numbers("0.00200", r"\volt", "0.00010"))
    assert points(propose(document(result(shown + wrong)))) == [("1.00200", "-0.00200", "0.00010", "2")]


DAMAGE = ["", "NaN", "1 2", "\\volt", "1e300", "-1", "&amp;", "二"]


def test_a_document_damaged_anywhere_is_read_or_refused_with_a_sentence():
    whole = document(before=BEFORE).decode()
    texts = list(re.finditer(r">([^<>]+)<", whole))
    elements = list(re.finditer(r"<((?:dcc|si):\w+)[^>]*>[^<]*</\1>", whole))
    damaged = [whole[: one.start()] + whole[one.end() :] for one in elements]
    damaged += [whole[: one.start(1)] + DAMAGE[n % 8] + whole[one.end(1) :] for n, one in enumerate(texts)]
    read_at_all, refusals = 0, []
    for text in damaged:
        try:
            read_at_all += bool(as_data(propose(text.encode(), known={"dc_voltage": "V"}))["kind"])
        except Invalid as refused:
            refusals.append(str(refused))
    assert all(refusals)
    assert read_at_all > len(elements) / 2
