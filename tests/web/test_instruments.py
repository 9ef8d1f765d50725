"""Pages of instruments, certificates and benches, used as a browser without JavaScript uses them."""

from __future__ import annotations

import html
import io
import re
from datetime import timedelta

import pytest

from lims import clock
from lims.instruments import operations, queries
from lims.instruments.operations import NewInstrument
from lims.instruments.status import Status
from lims.people.rights import Role
from lims.store.db import transaction
from tests.results.laboratory import build
from tests.web.desk import Desk

TODAY = clock.now().date()
PDF = b"%PDF-1.7 as it came %%EOF"


@pytest.fixture(scope="module")
def bureau(module_sessions):
    """The laboratory with its instruments, committed; a manager, a technician, an auditor of it."""
    with transaction(module_sessions) as session:
        found = build(session)
        found.actor("auditor", Role.AUDITOR)
    return found


@pytest.fixture(scope="module")
def desks(app, bureau) -> dict[str, Desk]:
    """Their browsers."""
    return {name: Desk(app, f"{name}@example.org") for name in ("manager", "technician", "auditor")}


@pytest.fixture
def instrument(bureau, module_sessions) -> int:
    """A thermometer, fresh in the register."""
    with transaction(module_sessions) as session:
        number = f"T-{clock.now().timestamp()}"
        new = NewInstrument(
            number=number, laboratory_id=bureau.laboratory, name={"en": "Thermometer", "zh_Hant_TW": "溫度計"},
            kind="thermometer", maker="Fluke", model="1502A", serial=number, driver="fluke-1502a",
        )  # fmt: skip
        return operations.register_instrument(session, by=bureau.manager, instrument=new).id


def status_of(module_sessions, instrument_id: int) -> Status:
    """Its status now."""
    with transaction(module_sessions) as session:
        return queries.instrument(session, instrument_id).status


def words(page: str) -> str:
    """A page as it is read."""
    text = re.sub(r"<[^>]+>", " ", page.partition("<main")[2])
    return " ".join(html.unescape(text).split())


def certificate(**changes: object) -> dict[str, object]:
    """A form of two points."""
    form = {
        "number": f"C-{clock.now().timestamp()}",
        "issued_by": "National laboratory",
        "calibrated_on": (TODAY - timedelta(days=30)).isoformat(),
        "valid_until": (TODAY + timedelta(days=335)).isoformat(),
        "do": "enter",
    }
    for n, (at, correction) in enumerate((("0", "-0.012"), ("100.0", "0.0005"))):
        row = {
            "quantity": "temperature",
            "unit": "°C",
            "indication": at,
            "correction": correction,
            "U": "0.02",
            "k": "2",
        }
        form |= {f"points.{n}.{name}": value for name, value in row.items()}
    return form | changes


def enter(desk: Desk, instrument_id: int, status: int = 303, **changes: object) -> str:
    """Fill the form of a certificate and send it."""
    address = f"/instruments/{instrument_id}/certificates/new"
    return desk.send_fields(desk.get(address), address, certificate(**changes), status)


def test_the_list_says_what_may_measure_and_filters_live_in_the_address(desks, bureau):
    page = words(desks["technician"].get("/instruments"))
    for number in ("DMM-1", "DMM-2", "BAL-1"):
        assert number in page
    overdue = words(desks["technician"].get("/instruments?status=overdue"))
    assert "DMM-2 ▲ overdue" in overdue
    assert "DMM-1" not in overdue
    balances = words(desks["technician"].get(f"/instruments?kind=balance&laboratory={bureau.laboratory}"))
    assert "BAL-1" in balances
    assert "DMM-1" not in balances
    assert "PWR-1" in words(desks["technician"].get("/instruments?words=C2WG12345E"))
    assert "Take a filter away" in desks["technician"].get("/instruments?words=nothing+like+it")


def test_who_may_not_manage_sees_no_form_and_is_refused(desks, bureau, instrument):
    for name in ("technician", "auditor"):
        page = desks[name].get(f"/instruments/{instrument}")
        assert "/certificates/new" not in page
        assert f'action="/instruments/{instrument}/suspend"' not in page
        desks[name].get("/instruments/new", status=403)
        desks[name].get(f"/instruments/{instrument}/certificates/new", status=403)
    assert "/checks" in desks["technician"].get(f"/instruments/{instrument}")
    assert "/checks" not in desks["auditor"].get(f"/instruments/{instrument}")
    assert "/tokens" not in desks["auditor"].get("/benches")


def test_an_instrument_is_entered_once_and_what_was_typed_is_kept(desks, bureau, module_sessions):
    desk = desks["manager"]
    form = {
        "number": "BAL-77", "laboratory_id": str(bureau.laboratory), "kind": "balance", "maker": "Kern", "model": "PES",
        "serial": "W1", "name-en": "Balance 77", "name-zh_Hant_TW": "天平", "interval_days": "3661",
    }  # fmt: skip
    back = desk.send_fields(desk.get("/instruments/new"), "/instruments/new", form, status=422)
    assert "Give 1 to 3660 days" in back
    assert 'value="Kern"' in back

    address = desk.send_fields(desk.get("/instruments/new"), "/instruments/new", form | {"interval_days": "180"})
    assert "There is no accepted calibration certificate" in desk.get(address)
    twin = desk.send_fields(desk.get("/instruments/new"), "/instruments/new", form | {"interval_days": "1"}, status=422)
    assert "Give another number." in twin


def test_a_certificate_counts_once_accepted_and_its_points_stand_at_the_decimal_sign(
    desks, instrument, module_sessions
):
    desk = desks["manager"]
    place = enter(desk, instrument)
    page = desk.get(f"/instruments/{instrument}")
    assert "0.0005" in page
    assert "−0.012\u2007" in page  # filled up to the four decimals of the other
    assert "Correction" in page
    assert "°C" in page
    assert status_of(module_sessions, instrument) is Status.NO_CERTIFICATE

    certificate_id = place.rpartition("-")[2]
    accept = f"/instruments/{instrument}/certificates/{certificate_id}/accept"
    desk.send(page, accept, why="compared with the paper")

    assert status_of(module_sessions, instrument) is Status.VALID
    page = words(desk.get(f"/instruments/{instrument}"))
    assert "compared with the paper" in page
    assert "in force" in page


def test_each_field_of_a_point_gets_its_own_sentence_and_nothing_typed_is_lost(desks, instrument):
    back = enter(
        desks["manager"], instrument, status=422,
        **{"points.0.indication": "1,5", "points.0.U": "-", "points.1.correction": "", "points.1.k": "2.0.1"},
    )  # fmt: skip
    for field, sentence in (
        ("wrong-0-indication", "has a comma"),
        ("wrong-0-U", "is not a number"),
        ("wrong-1-correction", "A number is missing."),
        ("wrong-1-k", "is not a number"),
    ):
        assert sentence in html.unescape(back).partition(f'id="{field}"')[2].partition("</p>")[0], field
    assert 'value="1,5"' in back
    assert 'value="100.0"' in back


def test_an_unknown_unit_a_zero_uncertainty_and_a_twin_indication_are_refused_at_their_rows(desks, instrument):
    back = enter(desks["manager"], instrument, status=422, **{"points.0.unit": "furlongs", "points.1.U": "0"})
    assert 'id="wrong-0-unit"' in back
    assert "Give a number larger than zero." in back.partition('id="wrong-1-U"')[2][:120]
    back = enter(desks["manager"], instrument, status=422, **{"points.1.unit": "K"})
    assert "All points of one quantity have the same unit." in back
    back = enter(desks["manager"], instrument, status=422, **{"points.1.indication": "0.00"})
    assert "This indication stands there already" in back


def test_days_that_contradict_each_other_are_refused(desks, instrument):
    tomorrow = TODAY + timedelta(days=3)
    back = enter(desks["manager"], instrument, status=422, calibrated_on=tomorrow.isoformat())
    assert "The calibration lies in the future." in back
    back = enter(desks["manager"], instrument, status=422, valid_until="2001-01-01")
    assert "Give a day after the calibration." in back
    back = enter(desks["manager"], instrument, status=422, valid_until="soon")
    assert 'id="valid_until-about" class="error"' in back


def test_rows_are_added_without_javascript_and_empty_ones_are_left_out(desks, instrument):
    address = f"/instruments/{instrument}/certificates/new"
    desk = desks["manager"]
    page = desk.send_fields(desk.get(address), address, certificate(do="rows"), status=200)
    assert page.count('data-name="U"') == 2 + 12
    assert 'value="-0.012"' in page
    enter(desk, instrument, **{"points.0.indication": "", "points.0.correction": "", "points.0.U": ""})
    assert words(desk.get(f"/instruments/{instrument}")).count("0.0005") == 1


def test_the_file_of_a_certificate_is_kept_and_only_a_pdf_is_taken(desks, instrument):
    back = enter(desks["manager"], instrument, status=422, file=(io.BytesIO(b"PK\x03\x04"), "certificate.pdf"))
    assert "Choose the certificate as a PDF" in back
    place = enter(desks["manager"], instrument, file=(io.BytesIO(PDF), "certificate.pdf"))
    sent = desks["technician"].browser.get(f"/instruments/{instrument}/certificates/{place.rpartition('-')[2]}/file")
    assert sent.data == PDF
    assert sent.headers["Cache-Control"] == "no-store"


def test_refusing_a_certificate_takes_a_reason_and_it_never_counts(desks, instrument, module_sessions):
    desk = desks["manager"]
    certificate_id = enter(desk, instrument).rpartition("-")[2]
    action = f"/instruments/{instrument}/certificates/{certificate_id}/refuse"
    back = desk.send(desk.get(f"/instruments/{instrument}"), action, status=422, why=" ")
    assert "Give a reason in a few words." in back
    desk.send(back, action, why="U is too large")
    assert "U is too large" in desk.get(f"/instruments/{instrument}")
    assert status_of(module_sessions, instrument) is Status.NO_CERTIFICATE


def test_a_failed_check_suspends_and_putting_back_says_why(desks, instrument, module_sessions):
    desk, address = desks["technician"], f"/instruments/{instrument}"
    page = desk.get(address)
    back = desk.send(page, f"{address}/checks", status=422, outcome="", note="ice point")
    assert "Choose pass or fail." in back
    assert status_of(module_sessions, instrument) is Status.NO_CERTIFICATE
    desk.send(back, f"{address}/checks", outcome="fail", note="ice point off by 0.2 °C")
    assert status_of(module_sessions, instrument) is Status.NOT_IN_SERVICE
    shown = words(desk.get(address))
    assert "It may not measure now." in shown
    assert "ice point off by 0.2 °C" in shown
    manager = desks["manager"]
    manager.send(manager.get(address), f"{address}/put-in-service", why="readjusted")
    assert "readjusted" in manager.get(address)


def test_two_managers_at_once_do_not_both_decide(desks, instrument):
    desk, address = desks["manager"], f"/instruments/{instrument}"
    page = desk.get(address)
    desk.send(page, f"{address}/suspend", why="dropped")
    back = desk.browser.post(f"{address}/retire", data={"seen_version": "1", "why": "old", "csrf_token": token(page)})
    assert back.status_code == 409
    assert "changed this since you opened it" in html.unescape(back.text)


def token(page: str) -> str:
    """The form's token."""
    return page.partition('name="csrf_token" value="')[2].partition('"')[0]


def test_what_the_register_says_is_corrected_and_the_change_stands_in_the_time_line(desks, instrument):
    desk, address = desks["manager"], f"/instruments/{instrument}"
    desk.send_fields(
        desk.get(address),
        address,
        {"name-en": "Thermometer", "location-en": "Room 9", "interval_days": "200", "why": "moved"},
    )
    page = words(desk.get(address))
    assert "Room 9" in page
    assert "moved" in page


def test_nobody_of_another_branch_sees_it(app, bureau, instrument, module_sessions):
    from lims.people.records import Branch, Laboratory

    with transaction(module_sessions) as session:
        south = Branch(code=f"S{instrument}", name={"en": "South"})
        session.add(south)
        session.flush()
        laboratory = Laboratory(branch_id=south.id, code=f"SL{instrument}", name={"en": "Southern"})
        session.add(laboratory)
        session.flush()
        elsewhere = type(bureau)(session=session, branch=south.id, laboratory=laboratory.id, client=bureau.client)
        elsewhere.actor(f"southerner{instrument}", Role.MANAGER)
    desk = Desk(app, f"southerner{instrument}@example.org")
    desk.get(f"/instruments/{instrument}", status=404)
    assert "DMM-1" not in desk.get("/instruments")
    assert "Bench 1" not in desk.get("/benches")


def test_a_token_is_shown_once_and_revoking_silences_the_agent(desks, bureau, module_sessions):
    desk = desks["manager"]
    action = f"/benches/{bureau.bench}/tokens"
    place = desk.send(desk.get("/benches"), action, days="30")
    shown = desk.get(place.partition("#")[0])
    made = re.search(r'<code class="token">([^<\s]{20,})</code>', shown)
    assert made
    assert made[1] not in desk.get("/benches")
    with transaction(module_sessions) as session:
        assert queries.bench_by_token(session, made[1]).code == "B1"
    desk.send(desk.get("/benches"), f"{action}/revoke", why="lost")
    with transaction(module_sessions) as session:
        assert queries.bench_by_token(session, made[1]) is None


def test_what_the_agent_said_stands_beside_the_register_and_a_silent_one_is_marked(desks, bureau, module_sessions):
    hello = {
        "agent_version": "1", "instruments": [
            {"resource": "TCPIP0::192.0.2.11::5025::SOCKET", "driver": "keysight-34465a/1", "serial": "MY60001001",
             "idn": "Keysight Technologies,34465A", "status": "ready", "fault": None},
            {"resource": "ASRL9::INSTR", "driver": "fluke-1502a/1", "serial": "ZZZ", "idn": "", "status": "unreachable",
             "fault": "No answer from ASRL9::INSTR."},
        ],
    }  # fmt: skip
    with transaction(module_sessions) as session:
        operations.record_hello(session, bench_id=bureau.bench, hello=hello)
    page = words(desks["technician"].get("/benches"))
    assert "✓ heard" in page
    assert "not in the register" in page
    assert "No answer from ASRL9::INSTR." in page
    one = words(desks["technician"].get(f"/instruments/{bureau.instruments['DMM-1']}"))
    assert "Keysight Technologies,34465A" in one
    with clock.at(clock.now() + timedelta(minutes=5)):
        assert "▲ silent" in words(desks["technician"].get("/benches"))


def test_a_bench_is_entered_with_a_code_of_its_own(desks, bureau):
    desk = desks["manager"]
    form = {"code": "B1", "name-en": "Twin", "laboratory_id": str(bureau.laboratory)}
    back = desk.send_fields(desk.get("/benches"), "/benches", form, status=422)
    assert "A bench with this code is there already." in back
    desk.send_fields(desk.get("/benches"), "/benches", form | {"code": "heat-2", "name-en": "Heaters"})
    assert "heat-2" in desk.get("/benches")


def test_an_overdue_instrument_says_since_when_and_what_to_do(desks, bureau):
    page = words(desks["technician"].get(f"/instruments/{bureau.instruments['DMM-2']}"))
    assert "It may not measure now. Its calibration ran out on" in page
    assert "enter and accept the new certificate" in page
    assert "in force" not in page.casefold()  # it ran out
    assert "Latest certificate" in page
