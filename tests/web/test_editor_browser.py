"""A person who knows uncertainty but no code writes GUM H.1 as a method, in a real browser."""

from __future__ import annotations

import pytest

from lims.methods import queries
from lims.store.db import transaction
from tests.people.conftest import PASSWORD
from tests.web.look import DESK, OVERFLOW, PHONE, faults_of_access, keep_picture, listen
from tests.web.test_methods_browser import bureau  # noqa: F401 - a fixture

pytestmark = pytest.mark.browser

# JCGM 100:2008, H.1.1 to H.1.6: symbol, what it is, unit, value, contributions (kind, size, k, degrees of freedom)
END_GAUGE = (
    ("l_S", "Length of the standard", "nm", "50000623", [("U", "75", "3", "18")]),
    (
        "d", "Difference of the lengths", "nm", "215",
        [("u", "5.8", "", "24"), ("u", "3.9", "", "5"), ("u", "6.7", "", "8")],
    ),
    ("d_alpha", "Difference of the expansion coefficients", "1/°C", "0", [("rectangular", "1e-6", "", "50")]),
    ("theta", "Deviation from 20 °C", "Δ℃", "-0.1", [("u", "0.2", "", ""), ("arcsine", "0.5", "", "")]),
    ("alpha_S", "Expansion coefficient of the standard", "1/°C", "11.5e-6", [("rectangular", "2e-6", "", "")]),
    ("d_theta", "Difference of the temperatures", "Δ℃", "0", [("rectangular", "0.05", "", "2")]),
)  # fmt: skip
FORMULA = "l_S + d - l_S*(d_alpha*theta + alpha_S*d_theta)"


@pytest.fixture
def writer(page, live_url, bureau):  # noqa: F811 - the fixture's value
    """The browser of who writes methods, logged in."""
    page.goto(f"{live_url}/login")
    page.fill("[name=email]", "writer@example.org")
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{live_url}/")
    return page


def type_inputs(page) -> None:
    for n, (symbol, about, unit, value, contributions) in enumerate(END_GAUGE):
        if n:
            page.click("[data-add=input]")
        for name, typed in (("symbol", symbol), ("description-en", about), ("unit", unit), ("value", value)):
            page.fill(f"[name='inputs.{n}.{name}']", typed)
        for m, (kind, size, k, dof) in enumerate(contributions):
            if m:
                page.click(f"#inputs fieldset:nth-of-type({n + 1}) [data-add=contribution]")
            path = f"inputs.{n}.contributions.{m}"
            page.select_option(f"[name='{path}.kind']", kind)
            for name, typed in (("size", size), ("k", k), ("dof", dof)):
                page.fill(f"[name='{path}.{name}']", typed)


def test_the_end_gauge_of_the_gum_is_written_without_code(writer, live_url, bureau, module_sessions) -> None:  # noqa: F811
    complaints = listen(writer)
    writer.set_viewport_size(DESK)
    writer.goto(f"{live_url}/methods/{bureau.method}")
    writer.click("main header a.btn-primary")
    writer.click("main a[href*='empty=1']")
    writer.fill("[name=edition]", "H.1")
    writer.fill("[name=standard]", "JCGM 100:2008")
    writer.fill("[name='title-en']", "Calibration of an end gauge")
    writer.fill("[name='coverage.probability']", "0.99")
    type_inputs(writer)
    writer.fill("[name='outputs.0.symbol']", "l")
    writer.fill("[name='outputs.0.unit']", "nm")

    writer.fill("[name='outputs.0.expression']", FORMULA.replace("alpha_S", "alpha_X"))
    writer.wait_for_selector("[data-about='outputs.0.expression']:has-text('alpha_X')")
    writer.fill("[name='outputs.0.expression']", FORMULA)
    writer.wait_for_selector("#live .big-value")
    assert "(50000838±92)nm" in "".join(
        writer.inner_text(".big-value").split()
    )  # H.1.6: U = 92 nm for effective 16 degrees of freedom
    assert writer.locator("[data-about='outputs.0.expression']").is_hidden()

    writer.fill("[name='outputs.0.expected']", "50000838")
    writer.fill("[name='outputs.0.expected_u']", "32")
    writer.wait_for_selector("#live >> text=as expected")
    keep_picture(writer, "wide-editor")
    assert faults_of_access(writer) == []
    writer.set_viewport_size(PHONE)
    keep_picture(writer, "narrow-editor")
    assert writer.evaluate(OVERFLOW) <= 0
    writer.set_viewport_size(DESK)
    writer.click("button[value=store]")
    writer.wait_for_url(f"{live_url}/methods/{bureau.method}/editions/*")
    assert complaints == []
    with transaction(module_sessions) as session:
        newest = queries.versions(session, bureau.method)[0]
    assert newest.document["inputs"]["theta"]["components"][1]["distribution"]["type"] == "arcsine"
    assert newest.document["outputs"]["l"]["expression"] == FORMULA


def test_a_bend_test_and_a_reported_interval_are_added_without_yaml(writer, live_url, bureau, module_sessions) -> None:  # noqa: F811
    complaints = listen(writer)
    writer.set_viewport_size(DESK)
    writer.goto(f"{live_url}/methods/{bureau.method}/editions/table?library=steel_tensile_strength")
    assert writer.input_value("[name='characteristics.0.values']") == "no crack; hair crack; broken"
    assert writer.input_value("[name='characteristics.0.called-zh_Hant_TW']") == "無裂紋; 細微裂紋; 斷裂"
    writer.fill("[name='characteristics.0.acceptable']", "no crack; hair")
    writer.wait_for_selector("[data-about='characteristics.0.acceptable']:has-text('hair')")
    writer.fill("[name='characteristics.0.acceptable']", "no crack; hair crack")
    writer.locator("[data-about='characteristics.0.acceptable']").wait_for(state="hidden")
    writer.click("[data-add=characteristic]")
    assert writer.input_value("[name='characteristics.2.values']") == ""
    writer.fill("[name='characteristics.2.symbol']", "rust")
    writer.select_option("[name='characteristics.2.kind']", "presence")
    writer.fill("[name='characteristics.2.acceptable']", "absent")
    writer.select_option("[name='outputs.0.interval']", "shortest")
    writer.wait_for_selector("#live .big-value, #live table")
    keep_picture(writer, "wide-editor-characteristics")
    assert faults_of_access(writer) == []
    writer.set_viewport_size(PHONE)
    keep_picture(writer, "narrow-editor-characteristics")
    assert writer.evaluate(OVERFLOW) <= 0
    writer.set_viewport_size(DESK)
    writer.fill("[name=edition]", "bend and rust")
    writer.fill("[name=standard]", "ISO 15630-1:2019")
    writer.click("button[value=store]")
    writer.wait_for_selector("text=SHA-256")
    assert complaints == []
    with transaction(module_sessions) as session:
        stored = queries.versions(session, bureau.method)[0].document
    assert stored["characteristics"]["bend"]["acceptable"] == ["no crack", "hair crack"]
    assert stored["characteristics"]["rust"] == {"kind": "presence", "acceptable": ["absent"]}
    first = next(iter(stored["outputs"]))
    assert stored["report"][first]["interval"] == "shortest"
