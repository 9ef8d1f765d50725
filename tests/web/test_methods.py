"""Pages of methods, competence and the catalogue, used as a browser without JavaScript uses them."""

from __future__ import annotations

import pytest

from lims.methods import operations
from lims.people.rights import Role
from lims.store.db import transaction
from tests.methods.bureau import DOCUMENT


def entered(desk, bureau, code: str) -> str:
    """Enter a method by the page; return the address of its page."""
    form = {"code": code, "title-en": f"Method {code}", "kind": "testing", "laboratory_id": str(bureau.tiles)}
    return desk.send_fields(desk.get("/methods/new"), "/methods/new", form)


@pytest.fixture(scope="module")
def staff(as_, bureau_of_roles):
    """Browsers of a manager, of who writes methods, and of a technician; the bureau they work in."""
    return {role: as_(role) for role in (Role.MANAGER, Role.METHOD_OWNER, Role.TECHNICIAN)}, bureau_of_roles


def test_a_method_is_entered_and_found_in_the_list_without_an_edition(staff):
    desks, bureau = staff
    where = entered(desks[Role.METHOD_OWNER], bureau, "W-1")

    page = desks[Role.TECHNICIAN].get("/methods?words=w-1")
    assert f'href="{where}"' in page
    assert "No edition yet" in desks[Role.TECHNICIAN].get(where)


def test_a_twin_code_is_refused_at_its_field(staff):
    desks, bureau = staff
    entered(desks[Role.METHOD_OWNER], bureau, "W-2")
    desk = desks[Role.METHOD_OWNER]
    form = {"code": "W-2", "title-en": "Twin", "kind": "testing", "laboratory_id": str(bureau.tiles)}

    back = desk.send_fields(desk.get("/methods/new"), "/methods/new", form, status=422)

    assert "Choose another code." in back
    assert 'value="Twin"' in back


def test_the_editions_of_a_method_stand_with_who_wrote_them_and_where_they_are(staff, module_sessions):
    desks, bureau = staff
    where = entered(desks[Role.METHOD_OWNER], bureau, "W-3")
    with transaction(module_sessions) as session:
        bureau.session = session
        writer = bureau.person("novelist", (Role.METHOD_OWNER, bureau.north, None))
        row = operations.write_version(
            session, by=writer, method_id=int(where.rsplit("/", 1)[1]), edition="2026-1", standard="EN 7",
            document=DOCUMENT, changes="first edition",
        )  # fmt: skip

    page = desks[Role.TECHNICIAN].get(where)

    assert f'href="{where}/editions/{row.id}"' in page
    for text in ("2026-1", "EN 7", "Novelist", "first edition", "draft"):
        assert text in page


def authorised(desk, where: str, bureau, **more: str) -> str:
    """Send the form that authorises the technician."""
    page = desk.get(where)
    person = page.partition(">Technician-North<")[0].rpartition('value="')[2].partition('"')[0]
    form = {"person_id": person, "activity": "perform", "evidence": "file 7", "valid_until": ""}
    return desk.send_fields(page, f"{where}/competences", form | more)


def test_a_manager_authorises_somebody_suspends_and_authorises_again(staff):
    desks, bureau = staff
    where = entered(desks[Role.METHOD_OWNER], bureau, "W-4")
    manager = desks[Role.MANAGER]
    assert authorised(manager, where, bureau).endswith("#competence")
    page = manager.get(where)
    assert "file 7" in page
    suspend = page.partition(f'action="{where}/competences/')[2].partition("/suspend")[0]
    action = f"{where}/competences/{suspend}"

    manager.send_fields(page, f"{action}/suspend", {"why": "a bad round"})
    page = manager.get(where)
    assert "suspended" in page
    manager.send_fields(page, f"{action}/authorise", {"why": "trained again"})

    assert f"{action}/suspend" in manager.get(where)
    assert "W-4" in manager.get(f"/competence?laboratory={bureau.tiles}")


def test_a_year_of_the_republic_is_understood_as_a_day(staff):
    desks, bureau = staff
    where = entered(desks[Role.METHOD_OWNER], bureau, "W-5")

    authorised(desks[Role.MANAGER], where, bureau, valid_from="115/01/02", valid_until="民國116年1月2日")

    page = desks[Role.MANAGER].get(where)
    assert "2 Jan 2026" in page
    assert "2 Jan 2027" in page


def test_who_may_not_approve_methods_sees_no_form_and_is_refused(staff):
    desks, bureau = staff
    where = entered(desks[Role.METHOD_OWNER], bureau, "W-6")
    technician = desks[Role.TECHNICIAN]
    page = technician.get(where)

    assert "Authorise somebody" not in page
    assert "New edition" not in page
    token = page.partition('name="csrf_token" value="')[2].partition('"')[0]
    for address in (f"{where}/competences", f"{where}/services", "/methods/new"):
        assert technician.browser.post(address, data={"csrf_token": token}).status_code == 403


def test_a_service_is_offered_changed_and_closed(staff):
    desks, bureau = staff
    where = entered(desks[Role.METHOD_OWNER], bureau, "W-7")
    owner = desks[Role.METHOD_OWNER]
    form = {"code": "SW-7", "name-en": "Water uptake", "turnaround_days": "8", "fee": "4500"}
    owner.send_fields(owner.get(where), f"{where}/services", form)
    catalogue = owner.get("/services?words=SW-7")
    assert "4,500" in catalogue
    service = catalogue.partition('href="/services/')[2].partition('"')[0]

    page = owner.get(f"/services/{service}")
    back = owner.send_fields(page, f"/services/{service}", {"turnaround_days": "0"}, status=422)
    assert "Give 1 to 366 working days." in back
    sent = owner.send_fields(page, f"/services/{service}", {"turnaround_days": "12", "active": []})

    assert sent == f"/services/{service}"
    assert "No service fits" in owner.get("/services?words=SW-7")
    assert "12" in owner.get("/services?words=SW-7&closed=1")


def test_a_title_changed_meanwhile_is_refused_with_what_was_typed(staff):
    desks, bureau = staff
    where = entered(desks[Role.METHOD_OWNER], bureau, "W-8")
    owner = desks[Role.METHOD_OWNER]
    page = owner.get(where)
    owner.send_fields(page, where, {"title-en": "First title"})

    back = owner.send_fields(page, where, {"title-en": "Second title", "once": "another"}, status=409)

    assert 'value="Second title"' in back
    assert "changed this since you opened it" in back  # and by whom, and when
    assert "Somebody" not in back
    assert "First title" in owner.get(where)
