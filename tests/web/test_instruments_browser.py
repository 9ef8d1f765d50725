"""Instruments, certificates, benches and editions of methods in a real browser: keyboard, telephone, axe, pasting."""

from __future__ import annotations

import re
from datetime import timedelta
from importlib.resources import files

import pytest

from lims import clock
from lims.instruments import operations as instruments
from lims.instruments import queries
from lims.methods import operations as methods
from lims.methods.document import load
from lims.people.operations import change_language
from lims.people.rights import Role
from lims.store.db import transaction
from tests.results.laboratory import build, certify
from tests.web.look import DESK, OVERFLOW, PHONE, faults_of_access, keep_picture, listen

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("bureau")]

HELLO = {
    "agent_version": "1.0",
    "spool": {"waiting": 3, "fault": None},
    "alarms": [],
    "instruments": [
        {"resource": "TCPIP0::192.0.2.11::5025::SOCKET", "driver": "keysight-34465a/1", "serial": "MY60001001",
         "idn": "Keysight Technologies,34465A,MY60001001,A.02.14", "status": "ready", "fault": None},
        {"resource": "ASRL9::INSTR", "driver": "fluke-1502a/1", "serial": "A1B299", "idn": "", "status": "unreachable",
         "fault": "ASRL9::INSTR does not answer."},
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def bureau(module_sessions):
    """Instruments in every status, an agent that spoke, and an edition of a method in each state."""
    with transaction(module_sessions) as session:
        found = build(session)
        manager = found.manager
        instruments.record_hello(session, bench_id=found.bench, hello=HELLO)
        certify(found, "DMM-1", "dc_voltage", clock.now().date() + timedelta(days=20))
        instruments.record_check(
            session,
            by=manager,
            instrument_id=found.instruments["BAL-1"],
            at=clock.now(),
            passed=False,
            note="off by 3 mg",
        )
        owner = found.actor("owner", Role.METHOD_OWNER)
        found.actor("chinese", Role.MANAGER)
        change_language(session, by=found.actor("chinese", Role.MANAGER), locale="zh_Hant_TW")
        text = (files("lims.methods") / "library" / "ceramic_tile_water_absorption.yaml").read_text("utf-8")
        for edition, changed in (("2", text.replace("0.03", "0.02").replace("0.0081", "0.0068")), ("3", text)):
            found.editions[edition] = methods.write_version(
                session, by=owner, method_id=found.methods["tiles"], edition=edition, standard="ISO 10545-3:2018",
                document=load(changed), changes="The water that stays on the surface is known better.",
            ).id  # fmt: skip
        methods.move_version(session, by=owner, version_id=found.editions["2"], name="send for review", seen_version=1)
    return found


def addresses(bureau) -> list[str]:
    """Every page of these subjects."""
    tiles, numbers = bureau.methods["tiles"], bureau.instruments
    editions = f"/methods/{tiles}/editions"
    return [
        "/instruments",
        "/instruments/new",
        f"/instruments/{numbers['DMM-1']}",
        f"/instruments/{numbers['DMM-2']}",
        f"/instruments/{numbers['BAL-1']}",
        f"/instruments/{numbers['DMM-1']}/certificates/new",
        "/benches",
        f"{editions}/{bureau.editions['tiles']}",
        f"{editions}/{bureau.editions['2']}",
        f"{editions}/new",
        f"{editions}/compare?left={bureau.editions['tiles']}&right={bureau.editions['2']}",
    ]


@pytest.mark.parametrize("name", ["manager", "chinese"])
def test_pages_are_accessible_and_fit_a_phone(sign_in, live_url, bureau, name: str) -> None:
    page = sign_in(name)
    complaints = listen(page)
    for address in addresses(bureau):
        for size, window in (("wide", DESK), ("narrow", PHONE)):
            page.set_viewport_size(window)
            answer = page.goto(live_url + address)
            assert answer.status == 200, address
            keep_picture(page, f"{name}-{size}-{address.strip('/')}")
            for act in page.locator("main details.act").all():
                act.evaluate("one => one.open = true")
            if name == "manager":  # the other language has the same elements
                assert faults_of_access(page) == [], address
            assert page.evaluate(OVERFLOW) <= 0, address
    assert complaints == []


def test_a_certificate_is_pasted_from_a_spreadsheet_and_accepted_by_keyboard(
    sign_in, live_url, bureau, module_sessions
) -> None:
    page, instrument_id = sign_in("manager"), bureau.instruments["DMM-2"]
    page.goto(f"{live_url}/instruments/{instrument_id}")
    page.keyboard.press("n")
    page.wait_for_url(re.compile("/certificates/new$"))
    page.fill("[name=number]", "K-4711")
    page.fill("[name=calibrated_on]", (clock.now().date() - timedelta(days=5)).isoformat())
    page.fill("[name=valid_until]", (clock.now().date() + timedelta(days=360)).isoformat())
    rows = "\n".join(f"{volts}\t{volts * 1e-6:.7f}\t0.000004" for volts in range(-10, 11, 2))
    page.focus("[name='points.0.indication']")
    page.evaluate(
        """text => {
          const data = new DataTransfer();
          data.setData("text/plain", text);
          const how = {clipboardData: data, bubbles: true, cancelable: true};
          document.activeElement.dispatchEvent(new ClipboardEvent("paste", how));
        }""",
        rows,
    )
    assert page.locator("[data-name=U]").count() == 11
    assert page.input_value("[name='points.10.quantity']") == "dc_voltage"
    page.focus("[data-more]")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.name") == "points.11.indication"
    assert page.get_attribute("[name='points.11.U']", "aria-label") == "U, row 12"
    page.focus("button[value=enter]:not(.visually-hidden)")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/instruments/\d+#certificate-\d+$"))
    page.get_by_text("Accept", exact=True).click()
    page.get_by_role("button", name="Accept the certificate").click()
    page.wait_for_load_state()
    with transaction(module_sessions) as session:
        view = queries.instrument(session, instrument_id)
        assert view.certificate_number == "K-4711"
        assert view.usable
        assert len(queries.certificate(session, view.certificate_id).points) == 11


def test_what_is_wrong_with_a_row_stands_below_its_field_and_typing_goes_on(sign_in, live_url, bureau) -> None:
    page = sign_in("manager")
    page.goto(f"{live_url}/instruments/{bureau.instruments['PHO-1']}/certificates/new")
    page.fill("[name=number]", "K-1")
    page.fill("[name=calibrated_on]", "2026-01-05")
    page.fill("[name=valid_until]", "2027-01-05")
    for name, value in (("indication", "800"), ("correction", "1,5"), ("U", "4")):
        page.fill(f"[name='points.0.{name}']", value)
    page.locator("button[value=enter]:not(.visually-hidden)").click()
    page.wait_for_selector("#wrong-0-correction")
    keep_picture(page, "manager-wide-certificate-wrong")
    assert faults_of_access(page) == []
    assert page.input_value("[name='points.0.correction']") == "1,5"
    page.set_viewport_size(PHONE)
    assert page.evaluate(OVERFLOW) <= 0
    keep_picture(page, "manager-narrow-certificate-wrong")


def test_an_edition_is_previewed_with_its_dry_run_before_it_is_stored(sign_in, live_url, bureau) -> None:
    page = sign_in("owner")
    page.goto(f"{live_url}/methods/{bureau.methods['tiles']}/editions/new?library=water_heater_standing_loss")
    page.fill("[name=edition]", "4")
    page.get_by_role("button", name="Preview with dry run").click()
    page.wait_for_selector("#preview")
    assert "(1.30 ± 0.02)" in page.inner_text("#trial").replace("\u00a0", " ")
    assert page.input_value("[name=edition]") == "4"
    keep_picture(page, "owner-wide-edition-preview")
    assert faults_of_access(page) == []
    text = page.input_value("#document")
    page.fill("#document", text.replace("expression: Q * 24 [h] / V", "expression: Q * 24 [h] / X"))
    page.get_by_role("button", name="Store the draft").click()
    page.wait_for_selector(".refusal")
    assert "outputs.q" in page.inner_text(".refusal")
    keep_picture(page, "owner-wide-edition-wrong")
    assert faults_of_access(page) == []
    page.fill("#document", text)
    page.get_by_role("button", name="Store the draft").click()
    page.wait_for_url(re.compile(r"/editions/\d+$"))
    assert "draft" in page.inner_text("h1")
