"""Methods, competence and the catalogue in a real browser: with every form open, on a desk and on a telephone."""

from __future__ import annotations

from datetime import date

import pytest

from lims.methods import operations
from lims.methods.states import Activity, CompetenceState
from lims.people.rights import Role
from lims.store.db import transaction
from tests.methods.bureau import DOCUMENT
from tests.people.conftest import PASSWORD, build
from tests.web.look import DESK, OVERFLOW, PHONE, faults_of_access, keep_picture, listen

pytestmark = pytest.mark.browser

OPEN_FORMS = "document.querySelectorAll('main details').forEach((one) => { one.open = true; })"


@pytest.fixture(scope="module")
def bureau(module_sessions):
    """A method with an edition, an offer, somebody authorised and a trainee, stored."""
    with transaction(module_sessions) as session:
        found = build(session)
        here = (found.north, None)
        writer = found.person("writer", (Role.METHOD_OWNER, *here), branch=found.north)
        manager = found.person("manager", (Role.MANAGER, *here), branch=found.north)
        workers = [found.person(name, (Role.TECHNICIAN, *here), branch=found.north) for name in ("chen", "wang")]
        method = operations.create_method(
            session, by=writer, code="T-1", title={"en": "Water absorption of tiles", "zh_Hant_TW": "陶瓷面磚吸水率"},
            kind="testing", laboratory_id=found.tiles,
        )  # fmt: skip
        operations.write_version(
            session, by=writer, method_id=method.id, edition="2026", standard="ISO 10545-3:2018", document=DOCUMENT,
            changes="The balance is read twice.",
        )  # fmt: skip
        given = {"method_id": method.id, "activity": Activity.PERFORM, "valid_from": date(2020, 1, 1)}
        operations.authorise(
            session,
            by=manager,
            person_id=workers[0].person_id,
            valid_until=date(2099, 1, 1),
            evidence="file 7",
            **given,
        )
        operations.authorise(
            session, by=manager, person_id=workers[1].person_id, valid_until=None, evidence="in training",
            state=CompetenceState.TRAINEE, supervisor_id=workers[0].person_id, **given,
        )  # fmt: skip
        service = operations.offer_service(
            session, by=writer, code="S-1", name={"en": "Five tiles", "zh_Hant_TW": "五片"}, method_id=method.id,
            laboratory_id=found.tiles, turnaround_days=10, fee=3200,
        )  # fmt: skip
        found.method, found.service = method.id, service.id
    return found


@pytest.fixture
def manager(page, live_url, bureau):
    """The manager's browser, logged in."""
    page.goto(f"{live_url}/login")
    page.fill("[name=email]", "manager@example.org")
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{live_url}/")
    return page


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(
    "address", ["/methods", "/methods/new", "/methods/{method}", "/services", "/services/{service}", "/competence"]
)
def test_pages_are_accessible_fit_a_phone_and_obey_their_policy(manager, live_url, bureau, address, language) -> None:
    if language == "zh":
        manager.click(".language button")
    complaints = listen(manager)
    manager.set_viewport_size(DESK)
    assert manager.goto(live_url + address.format(method=bureau.method, service=bureau.service)).status == 200
    manager.evaluate(OPEN_FORMS)
    keep_picture(manager, f"wide-{language}{address}")
    assert faults_of_access(manager) == []
    manager.set_viewport_size(PHONE)
    keep_picture(manager, f"narrow-{language}{address}")
    assert manager.evaluate(OVERFLOW) <= 0
    assert complaints == []


def test_a_method_is_opened_from_the_list_by_keyboard(manager, live_url, bureau) -> None:
    manager.keyboard.press("g")
    manager.keyboard.press("m")
    manager.wait_for_url(f"{live_url}/methods")
    manager.keyboard.press("j")
    manager.keyboard.press("Enter")
    manager.wait_for_url(f"{live_url}/methods/{bureau.method}")
    manager.keyboard.press("a")

    assert manager.locator("select[name=person_id]").is_visible()
