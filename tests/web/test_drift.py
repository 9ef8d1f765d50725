"""The page of an instrument's drift: from its certificates and criteria to an interval, with pictures."""

from __future__ import annotations

from datetime import timedelta

import pytest

from lims import clock
from lims.instruments import operations
from lims.instruments.operations import NewCertificate, NewCriterion, NewPoint
from lims.store.db import transaction
from tests.results.laboratory import build
from tests.web.desk import Desk


@pytest.fixture(scope="module")
def bureau(module_sessions):
    """The laboratory with a balance that was calibrated once more than a year before."""
    with transaction(module_sessions) as session:
        found = build(session)
        _ = found.clerk
        today = clock.now().date()
        points = [NewPoint(quantity="mass", unit="g", indication=x, correction=0.002, U=0.02) for x in (0.0, 2000.0)]
        old = NewCertificate(
            number="C-OLD", issued_by="National laboratory", calibrated_on=today - timedelta(days=500),
            valid_until=today - timedelta(days=135), points=points,
        )  # fmt: skip
        row = operations.enter_certificate(
            session, by=found.manager, instrument_id=found.instruments["BAL-1"], certificate=old
        )
        operations.accept_certificate(session, by=found.manager, certificate_id=row.id, seen_version=row.version)
    return found


def test_without_two_certificates_the_page_says_what_is_missing(app, bureau):
    page = Desk(app, "technician@example.org").get(f"/instruments/{bureau.instruments['DMM-1']}/drift")
    assert "Accepted so far: 1." in page


def test_the_error_its_drift_and_the_interval_stand_in_the_table(app, bureau, module_sessions):
    place = f"/instruments/{bureau.instruments['BAL-1']}/drift"
    desk = Desk(app, "technician@example.org")
    assert "No interval is proposed" in desk.get(place)
    with transaction(module_sessions) as session:
        bureau.session = session
        operations.enter_criterion(
            session,
            by=bureau.manager,
            instrument_id=bureau.instruments["BAL-1"],
            criterion=NewCriterion(quantity="mass", unit="g", plus="0.04", rule="error and U"),
        )
    page = desk.get(place)
    # -0.010 g left after -0.002 g, 335 days before; U = 0.02 g each time: 0.01 + 0.02 < 0.04 holds for a while
    assert "−0.010 ± 0.020" in page
    assert "keep to the acceptance criteria for an interval of" in page
    chart = desk.browser.get(f"{place}/1.svg")
    assert (chart.status_code, chart.mimetype) == (200, "image/svg+xml")
    assert desk.browser.get(f"{place}/9.svg").status_code == 404
