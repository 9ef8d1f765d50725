"""A certificate judged against acceptance criteria in a real browser: on a telephone, with axe."""

from __future__ import annotations

from datetime import timedelta

import pytest

from lims import clock
from lims.instruments import operations
from lims.instruments.operations import NewCertificate, NewCriterion, NewPoint
from lims.store.db import transaction
from tests.web.look import DESK, OVERFLOW, PHONE, faults_of_access, keep_picture, listen

pytestmark = pytest.mark.browser


def test_what_is_outside_stands_beside_its_limit(sign_in, live_url, bureau, module_sessions):
    instrument_id, today = bureau.instruments["DMM-1"], clock.now().date()
    volts = {"quantity": "dc_voltage", "unit": "V", "U": 0.0002}
    with transaction(module_sessions) as session:
        operations.enter_certificate(
            session,
            by=bureau.manager,
            instrument_id=instrument_id,
            certificate=NewCertificate(
                number="W-1", issued_by="x", calibrated_on=today - timedelta(9), valid_until=today + timedelta(300),
                points=[
                    NewPoint(indication=1, correction=-0.0003, range="10 V", **volts),
                    NewPoint(indication=10, correction=0.0015, range="10 V", **volts),
                    NewPoint(indication=10, correction=0.9, range="10 V", phase="as found", **volts),
                ],
            ),
        )  # fmt: skip
        limit = NewCriterion(quantity="dc_voltage", unit="mV", plus="1", of_indication="0.00002", rule="error and U")
        operations.enter_criterion(session, by=bureau.manager, instrument_id=instrument_id, criterion=limit)
    page = sign_in("manager")
    complaints = listen(page)
    page.goto(f"{live_url}/instruments/{instrument_id}")
    for act in page.locator("main details.act").all():
        act.evaluate("one => one.open = true")
    for size, window in (("wide", DESK), ("narrow", PHONE)):
        page.set_viewport_size(window)
        keep_picture(page, f"manager-{size}-criteria")
        assert faults_of_access(page) == []
        assert page.evaluate(OVERFLOW) <= 0
    assert complaints == []
