"""Bad input on the pages of instruments: files that are none, moments of another age, filters from nowhere."""

from __future__ import annotations

import io

import pytest

from lims import clock
from lims.instruments import operations
from lims.instruments.operations import NewInstrument
from lims.instruments.status import Status
from lims.store.db import transaction
from tests.results.laboratory import build
from tests.web.desk import Desk, form_of
from tests.web.test_instruments import PDF, certificate, enter, status_of, words


@pytest.fixture(scope="module")
def bureau(module_sessions):
    """The laboratory with its people and instruments."""
    with transaction(module_sessions) as session:
        return build(session)


@pytest.fixture(scope="module")
def desks(app, bureau) -> dict[str, Desk]:
    """Browsers of who manages instruments and who only reads with them."""
    return {name: Desk(app, f"{name}@example.org") for name in ("manager", "technician")}


@pytest.fixture
def instrument(bureau, module_sessions) -> int:
    """A balance, fresh in the register."""
    number = f"B-{clock.now().timestamp()}"
    new = NewInstrument(
        number=number, laboratory_id=bureau.laboratory, name={"en": "Balance"}, kind="balance", maker="Kern",
        model="PES", serial=number,
    )  # fmt: skip
    with transaction(module_sessions) as session:
        return operations.register_instrument(session, by=bureau.manager, instrument=new).id


@pytest.mark.parametrize("content", [b"", b"MZ not a PDF", b"<html>%%EOF</html>", b"%PDF-1.7 cut off on its w"])
def test_a_file_that_is_no_whole_pdf_is_refused_and_what_was_typed_is_kept(desks, instrument, content):
    back = enter(desks["manager"], instrument, status=422, file=(io.BytesIO(content), "certificate.pdf"))
    assert 'value="0.0005"' in back
    assert 'aria-describedby="file-about" aria-invalid="true"' in back
    assert "no certificate" in words(desks["manager"].get(f"/instruments/{instrument}"))


NAMES = ("../../etc/passwd", "x" * 300 + ".pdf", "憑證 四.pdf", 'a"; filename="b.html', "%00.pdf")


@pytest.mark.parametrize("name", NAMES)
def test_the_name_of_a_file_does_no_harm(desks, instrument, name):
    place = enter(desks["manager"], instrument, file=(io.BytesIO(PDF), name))
    sent = desks["manager"].browser.get(f"/instruments/{instrument}/certificates/{place.rpartition('-')[2]}/file")
    assert (sent.data, sent.mimetype) == (PDF, "application/pdf")
    assert sent.headers["Content-Disposition"] == f'attachment; filename="certificate-{place.rpartition("-")[2]}.pdf"'
    assert sent.headers["X-Content-Type-Options"] == "nosniff"


def test_the_same_file_may_come_with_two_certificates(desks, instrument):
    desk = desks["manager"]
    first = enter(desk, instrument, number="F-1", file=(io.BytesIO(PDF), "a.pdf"))
    second = enter(desk, instrument, number="F-2", file=(io.BytesIO(PDF), "b.pdf"))
    for place in (first, second):
        path = f"/instruments/{instrument}/certificates/{place.rpartition('-')[2]}/file"
        assert desk.browser.get(path).data == PDF


def test_a_file_of_a_hundred_megabytes_is_refused_with_a_sentence(desks, instrument):
    answer = desks["manager"].browser.post(
        f"/instruments/{instrument}/certificates/new",
        data=b'--x\r\nContent-Disposition: form-data; name="file"; filename="big.pdf"\r\n\r\n' + bytes(100 * 2**20),
        content_type="multipart/form-data; boundary=x",
    )
    assert answer.status_code == 413
    assert "too large" in words(answer.text).casefold()


def test_the_need_of_calibration_is_not_taken_away_in_silence(desks, instrument, module_sessions):
    desk, page = desks["manager"], f"/instruments/{instrument}"
    form = form_of(desk.get(page), page) | {"name-en": "Thermometer of the hall"}
    del form["needs_calibration"]
    back = desk.browser.post(page, data=form | {"why": " "}).text
    assert "Give a reason in a few words." in back
    assert 'value="Thermometer of the hall"' in back
    assert status_of(module_sessions, instrument) is Status.NO_CERTIFICATE
    assert "needs_calibration" not in form_of(back, page)
    desk.send(back, page, why="shows the temperature of the hall only")
    assert status_of(module_sessions, instrument) is Status.NOT_NEEDED


def test_a_name_of_a_file_with_a_letter_that_is_none_does_no_harm(desks, instrument):
    desk, address = desks["manager"], f"/instruments/{instrument}/certificates/new"
    page = desk.get(address)
    fields = certificate(csrf_token=form_of(page, address)["csrf_token"][0], once="a-key-of-its-own")
    parts = b"".join(
        f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    )
    parts += b'--x\r\nContent-Disposition: form-data; name="file"; filename="a\0b.pdf"\r\n\r\n' + PDF
    answer = desk.browser.post(address, data=parts + b"\r\n--x--", content_type="multipart/form-data; boundary=x")
    assert answer.status_code == 303, words(answer.text)
    desk.get(f"/instruments/{instrument}")


def test_a_form_cut_off_on_its_way_stores_nothing(desks, instrument):
    address = f"/instruments/{instrument}/certificates/new"
    answer = desks["manager"].browser.post(
        address,
        data=b'--x\r\nContent-Disposition: form-data; name="number"\r\n\r\nC-9\r\n--x\r\nContent-Disp',
        content_type="multipart/form-data; boundary=x",
    )
    assert answer.status_code == 400
    assert "No certificate was entered yet." in desks["manager"].get(f"/instruments/{instrument}")


@pytest.mark.parametrize(
    "query", ["laboratory=" + "9" * 30, "laboratory=-1", "words=%00", "cursor=%00", "status=%ff", "kind=%00x"]
)
def test_a_filter_that_is_none_gives_a_page(desks, query):
    answer = desks["technician"].browser.get(f"/instruments?{query}")
    assert answer.status_code in {200, 422}


@pytest.mark.parametrize(
    ("at", "sentence"),
    [
        ("0001-01-01T00:00", "Give the moment at which it was done."),
        ("2199-01-01T00:00", "Give the moment at which it was done."),
        ("yesterday", "Give day and time."),
        ("", "Give day and time."),
        ("115-03-02T10:00", "Give day and time."),
    ],
)
def test_a_check_at_no_possible_moment_keeps_what_was_typed(desks, instrument, at, sentence):
    desk, page = desks["technician"], f"/instruments/{instrument}"
    form = {"at": at, "outcome": "pass", "note": "E2 weight 𠮷 <b>"}
    back = desk.send_fields(desk.get(page), f"{page}/checks", form, status=422)
    assert sentence in back
    assert "E2 weight 𠮷 &lt;b&gt;" in back
    assert "None yet." in desk.get(page)


def test_a_check_sent_twice_is_stored_once(desks, instrument):
    desk, page = desks["technician"], f"/instruments/{instrument}"
    form = {"at": "2026-03-02T10:00", "outcome": "pass", "note": "E2 weight agrees"}
    before = desk.get(page)
    for _time in range(2):
        desk.send_fields(before, f"{page}/checks", form)
    assert desk.get(page).partition('id="checks"')[2].partition("</section>")[0].count("E2 weight agrees") == 1


def test_years_of_the_republic_are_understood_and_slips_of_the_finger_refused(desks, instrument):
    back = enter(desks["manager"], instrument, status=422, calibrated_on="115/03/02", valid_until="2166-03-01")
    assert "Check the year: this is more than 30 years after the calibration." in back
    assert 'value="115/03/02"' in back or 'value="2026-03-02"' in back
    enter(desks["manager"], instrument, calibrated_on="115/03/02", valid_until="民國116年3月1日")
    assert "2027" in words(desks["manager"].get(f"/instruments/{instrument}"))


def test_more_points_than_a_certificate_has_are_refused(desks, instrument):
    many = {}
    for n in range(2001):
        row = {"quantity": "temperature", "unit": "°C", "indication": n, "correction": "0", "U": "0.02", "k": "2"}
        many |= {f"points.{n}.{name}": value for name, value in row.items()}
    back = enter(desks["manager"], instrument, status=422, **many)
    assert "A certificate has at most 2000 points here." in back
