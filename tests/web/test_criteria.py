"""Acceptance criteria on the page of an instrument, and a certificate judged against them before it is accepted."""

from __future__ import annotations

from datetime import timedelta

import pytest

from lims import clock
from lims.instruments import operations, queries
from lims.instruments.operations import NewCertificate, NewInstrument, NewPoint
from lims.people.rights import Role
from lims.store.db import transaction
from tests.results.laboratory import build
from tests.web.desk import Desk
from tests.web.test_instruments import words

TODAY = clock.now().date()


@pytest.fixture(scope="module")
def bureau(module_sessions):
    """The laboratory, committed."""
    with transaction(module_sessions) as session:
        found = build(session)
        found.actor("auditor", Role.AUDITOR)
    return found


@pytest.fixture(scope="module")
def desk(app, bureau) -> Desk:
    """The manager's browser."""
    return Desk(app, "manager@example.org")


@pytest.fixture
def balance(bureau, module_sessions) -> str:
    """A balance with a certificate that waits for its review; its page."""
    point = {"quantity": "mass", "unit": "g", "U": 0.002}
    with transaction(module_sessions) as session:
        number = f"BAL-{clock.now().timestamp()}"
        new = NewInstrument(
            number=number, laboratory_id=bureau.laboratory, name={"en": "Balance", "zh_Hant_TW": "天平"},
            kind="balance", maker="M", model="X", serial=number,
        )  # fmt: skip
        made = operations.register_instrument(session, by=bureau.manager, instrument=new)
        operations.enter_certificate(
            session,
            by=bureau.manager,
            instrument_id=made.id,
            certificate=NewCertificate(
                number="C-1", issued_by="x", calibrated_on=TODAY - timedelta(9), valid_until=TODAY + timedelta(300),
                points=[
                    NewPoint(indication=100, correction=-0.003, **point),
                    NewPoint(indication=200, correction=0.001, **point),
                    NewPoint(indication=100, correction=-0.9, phase="as found", **point),
                ],
            ),
        )  # fmt: skip
        return f"/instruments/{made.id}"


LIMIT = {"quantity": "mass", "rule": "error", "unit": "mg", "plus": "2"}


def test_points_outside_are_shown_and_the_certificate_is_accepted_with_a_reason_only(desk, balance, module_sessions):
    page = desk.get(balance)
    assert "None yet: certificates are compared with the paper only." in words(page)
    assert "Held against the limit" not in words(page).partition("Acceptance criteria")[0]
    desk.send(page, f"{balance}/criteria", **LIMIT)
    page = desk.get(balance)
    told = words(page)
    assert "Points as left that have a limit: 2; outside of it: 1." in told
    assert "Found out of tolerance." in told
    assert f'href="{balance}/reach"' in page
    with transaction(module_sessions) as session:
        certificate = queries.certificates(session, int(balance.rpartition("/")[2]))[0]
    accept = f"{balance}/certificates/{certificate.id}/accept"
    back = desk.send(page, accept, 422)
    assert "Say why it is accepted all the same." in back
    desk.send(back, accept, why="used above 150 g only")
    assert "used above 150 g only" in words(desk.get(balance))


def test_a_criterion_that_says_nothing_comes_back_with_its_sentences(desk, balance, app):
    page = desk.get(balance)
    back = desk.send(page, f"{balance}/criteria", 422, **LIMIT | {"plus": "1,5", "unit": "stone"})
    assert "write a point as the decimal sign" in back
    desk.send(back, f"{balance}/criteria", **LIMIT)
    page = desk.get(balance)
    desk.send(page, f"{balance}/criteria", 422, quantity="mass", rule="error")
    desk.send(page, f"{balance}/criteria", quantity="mass", rule="error", why="for indication only")
    assert "None yet" in words(desk.get(balance))
    technician = Desk(app, "technician@example.org")
    assert f"{balance}/criteria" not in technician.get(balance)
