"""The page that reads a DCC or a table: what it proposes is looked at, corrected and entered, or refused whole."""

from __future__ import annotations

import html
import io
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from lims import clock
from lims.instruments import operations, queries
from lims.instruments.operations import NewInstrument
from lims.people.rights import Role
from lims.store.db import transaction
from tests.instruments.dcc_documents import BEFORE, SHOWN, TRUE, document, numbers, quantity, result
from tests.results.laboratory import build
from tests.web.desk import Desk, form_of
from tests.web.test_instruments import PDF, words

TODAY = clock.now().date()


@pytest.fixture(scope="module")
def bureau(module_sessions):
    """The laboratory, committed; a manager and a technician of it."""
    with transaction(module_sessions) as session:
        found = build(session)
        found.actor("auditor", Role.AUDITOR)
    return found


@pytest.fixture(scope="module")
def desk(app, bureau) -> Desk:
    """The manager's browser."""
    return Desk(app, "manager@example.org")


@pytest.fixture
def meter(bureau, module_sessions) -> int:
    """A multimeter with the serial number of the certificate, fresh in the register."""
    with transaction(module_sessions) as session:
        number = f"DMM-{clock.now().timestamp()}"
        new = NewInstrument(
            number=number, laboratory_id=bureau.laboratory, name={"en": "Multimeter", "zh_Hant_TW": "電表"},
            kind="multimeter", maker="Keysight", model=f"34465A {number}", serial="MY-77", driver="keysight-34465a",
        )  # fmt: skip
        return operations.register_instrument(session, by=bureau.manager, instrument=new).id


def read(desk: Desk, instrument_id: int, content: bytes = b"", status: int = 303, **fields: object) -> str:
    """Send a file to be read; the address of the page that shows it, or the page that comes back."""
    address = f"/instruments/{instrument_id}/certificates/read"
    if content:
        fields["source"] = (io.BytesIO(content), "certificate.xml")
    return desk.send_fields(desk.get(f"/instruments/{instrument_id}/certificates/new"), address, fields, status)


def proposed(page: str, instrument_id: int) -> dict[str, str]:
    """What the form of the page would send."""
    form = form_of(page, f"/instruments/{instrument_id}/certificates/new")
    return {name: values[-1] for name, values in form.items()}


def enter(desk: Desk, instrument_id: int, page: str, status: int = 303, **changes: object) -> str:
    """Enter what the page proposes, with changes."""
    address = f"/instruments/{instrument_id}/certificates/new"
    days = {"calibrated_on": (TODAY - timedelta(9)).isoformat(), "valid_until": (TODAY + timedelta(300)).isoformat()}
    return desk.send_fields(page, address, proposed(page, instrument_id) | days | {"do": "enter"} | changes, status)


def certificate(module_sessions, instrument_id: int):
    """Its newest certificate."""
    with transaction(module_sessions) as session:
        return queries.certificates(session, instrument_id)[0]


def test_a_dcc_fills_the_form_and_is_kept_with_what_a_person_entered(desk, meter, module_sessions):
    content = document(before=BEFORE)
    page = desk.get(read(desk, meter, content))
    form = proposed(page, meter)
    assert (form["number"], form["issued_by"], form["accreditation"]) == ("K-2026-5", "Voltage House", "TAF 0000")
    assert (form["calibrated_on"], form["valid_until"]) == ("2026-03-03", "2027-03-02")
    assert form["conditions"] == "Room 23.1 °C"
    assert (form["points.0.phase"], form["points.2.phase"]) == ("as found", "as left")
    assert (form["points.2.quantity"], form["points.2.unit"], form["points.2.correction"]) == (
        "dc_voltage",
        "V",
        "-0.002",
    )
    assert "MY-77" in words(page)
    place = enter(desk, meter, page, file=(io.BytesIO(PDF), "certificate.pdf"))
    found = certificate(module_sessions, meter)
    assert [(one.indication, one.correction, one.U, one.k) for one in found.points] == [
        (1.002, -0.002, 0.0005, 2.0), (5.001, -0.001, 0.0006, 2.0), (9.998, 0.002, 0.0008, 2.0),
    ]  # fmt: skip
    correction = queries.correction(found, "dc_voltage", 5001, "mV")  # what a result takes from it
    assert (correction.value, correction.unit, correction.u) == (pytest.approx(-0.001), "V", pytest.approx(0.0003))
    assert [(one.indication, one.correction) for one in found.as_found] == [(1.02, -0.02), (10.11, -0.11)]
    kept = desk.browser.get(f"/instruments/{meter}/certificates/{place.rpartition('-')[2]}/source")
    assert (kept.data, kept.mimetype) == (content, "application/xml")
    assert kept.headers["Content-Disposition"].startswith("attachment")


def test_what_a_person_corrected_is_what_is_entered(desk, meter, module_sessions):
    page = desk.get(read(desk, meter, document()))
    back = enter(desk, meter, page, 422, **{"points.1.U": "none", "number": "K-1"})
    assert proposed(back, meter)["points.1.U"] == "none"
    assert "K-2026-5" not in proposed(back, meter).values()  # what was typed stays, and is not read anew
    enter(desk, meter, back, **{"points.1.U": "0.0009", "number": "K-1"})
    found = certificate(module_sessions, meter)
    assert (found.number, found.points[1].U, found.source_digest is not None) == ("K-1", 0.0009, True)


def test_a_certificate_of_another_serial_takes_a_reason_that_stays(desk, meter, module_sessions):
    page = desk.get(read(desk, meter, document(serial="MY-78")))
    assert "The file is about MY-78, and this instrument has MY-77." in words(page)
    back = enter(desk, meter, page, 422)
    assert "The file is about serial MY-78, and this instrument has MY-77." in html.unescape(back)
    enter(desk, meter, back, other_serial="The laboratory mistyped it; confirmed by letter of 5 March.")
    assert certificate(module_sessions, meter).other_serial.startswith("The laboratory mistyped it")
    assert "confirmed by letter" in desk.get(f"/instruments/{meter}")


def test_columns_that_the_file_does_not_explain_are_explained_by_a_person(desk, meter):
    blind = SHOWN.replace("basic_measuredValue", "xx_a") + TRUE.replace("basic_referenceValue", "xx_b")
    address = read(desk, meter, document(result(blind)))
    page = desk.get(address)
    assert "No column is the indication. Say which one is." in words(page)
    assert "points.0.indication" not in [name for name, value in proposed(page, meter).items() if value]
    said = "&table.0.0=indication&table.0.1=reference&table.0.range=10+V&table.0.phase=as+found"
    form = proposed(desk.get(address.partition("#")[0] + said), meter)
    assert (form["points.0.correction"], form["points.0.range"], form["points.0.phase"]) == (
        "-0.002",
        "10 V",
        "as found",
    )
    desk.get(address.partition("#")[0] + "&table.0.0=guess&table.0.1=reference", 422)


def test_a_contradiction_of_signs_and_a_signature_are_told(desk, meter):
    turned = quantity("basic_measurementError", numbers("-0.002 -0.001 0.002", r"\volt", "0.001"))
    signature = '<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"/>'
    page = words(desk.get(read(desk, meter, document(result(SHOWN + TRUE + turned), more=signature))))
    assert "Is a sign turned round?" in page
    assert "there is one; it was not checked" in page


def test_pasted_rows_are_read_and_what_is_wrong_stands_at_its_row(desk, meter, module_sessions):
    rows = "indication\terror\tU\tunit\tk\n1,0\t0,002\t0,001\tV\t2\n2,0\tx\t0,001\tV\t2\n"
    page = desk.get(read(desk, meter, pasted=rows))
    form = proposed(page, meter)
    assert (form["points.0.indication"], form["points.0.correction"]) == ("1.0", "-0.002")
    assert (form["points.0.quantity"], form["points.1.correction"]) == ("dc_voltage", "")
    assert 'id="wrong-1-correction"' in page
    changes = {"number": "T-1", "issued_by": "ourselves", "points.1.correction": "0"}
    enter(desk, meter, page, **changes)
    assert [point.correction for point in certificate(module_sessions, meter).points] == [-0.002, 0.0]


def test_a_long_table_comes_through_a_form_with_a_file(desk, meter, module_sessions):
    rows = "indication,error,U,unit,k,quantity\n" + "".join(f"{n},0,1,V,2,dc_voltage\n" for n in range(300))
    page = desk.get(read(desk, meter, rows.encode()))
    day = {"calibrated_on": "2026-01-05", "valid_until": "2027-01-05"}
    fields = proposed(page, meter) | day | {"number": "L-1", "issued_by": "x", "do": "enter"}
    sent = "".join(
        f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in fields.items()
    )  # by hand: the encoder of Werkzeug's test client loses a line break after 64 KiB
    answer = desk.browser.post(
        f"/instruments/{meter}/certificates/new",
        data=f"{sent}--x--\r\n".encode(),
        content_type="multipart/form-data; boundary=x",
    )
    assert answer.status_code == 303, words(answer.text)
    assert len(certificate(module_sessions, meter).points) == 300


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "Choose a file, or paste rows."),
        (PDF, "A PDF is for people"),
        (b"<!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>", "document type"),
        (document(version="2.4.0"), "version 2.4.0"),
        (b"indication;error;U\n1,234;2,500;1,000\n", "Say which the decimal sign is"),
        (b"\x00\x01\x02", "no text"),
    ],
)
def test_what_cant_be_read_is_refused_with_a_sentence_and_nothing_is_kept(desk, meter, content, sentence):
    back = read(desk, meter, content, 422)
    assert sentence in html.unescape(back)
    assert "No certificate was entered yet." in desk.get(f"/instruments/{meter}")


def test_a_word_for_a_file_holds_for_its_instrument_only(app, bureau, desk, meter):
    address = read(desk, meter, document())
    word = parse_qs(urlsplit(address).query)["read"][0]
    other = next(iter(bureau.instruments.values()))
    for wrong in (
        f"/instruments/{other}/certificates/new?read={word}",
        f"/instruments/{meter}/certificates/new?read={word}x",
    ):
        assert "The file is not known any more" in html.unescape(desk.get(wrong, 422))
    page = desk.get(address)
    enter(desk, meter, page, 422, read="forged")
    technician = Desk(app, "technician@example.org")
    technician.get(address, 403)
