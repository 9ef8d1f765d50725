"""Who may do what for a method, from when to when (6.2.5, 6.2.6), and the catalogue of services (7.1.1)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from lims import clock
from lims.errors import Invalid, NotAllowed, Refused, Stale
from lims.methods import operations, queries
from lims.methods.states import Activity, CompetenceState
from lims.people.rights import Role
from tests.methods.bureau import NOW, TODAY, Place, set_up


@pytest.fixture
def place(session):
    """The method, at 10:00 of the second of March 2026 in Taipei."""
    with clock.at(NOW):
        yield set_up(session)


def authorise(place: Place, **changes: object):
    given = {
        "by": place.manager,
        "person_id": place.technician.person_id,
        "method_id": place.method,
        "activity": Activity.PERFORM,
        "valid_from": TODAY,
        "valid_until": TODAY + timedelta(days=365),
        "evidence": "three supervised tests, file 12",
    }
    return operations.authorise(place.session, **(given | changes))


def may(place: Place, on: date, activity: Activity = Activity.PERFORM) -> bool:
    return queries.competent(place.session, place.technician.person_id, place.method, activity, on) is not None


def test_an_authorisation_holds_on_its_first_and_last_day_and_for_its_activity_only(place: Place):
    authorise(place)

    days = [TODAY - timedelta(days=1), TODAY, TODAY + timedelta(days=365), TODAY + timedelta(days=366)]
    assert [may(place, day) for day in days] == [False, True, True, False]
    assert not may(place, TODAY, Activity.REVIEW)


def test_a_trainee_works_under_a_named_supervisor_who_is_somebody_else(place: Place):
    for supervisor in (None, place.technician.person_id):
        with pytest.raises(Invalid) as refusal:
            authorise(place, state=CompetenceState.TRAINEE, supervisor_id=supervisor)
        assert "supervisor_id" in refusal.value.fields

    authorise(place, state=CompetenceState.TRAINEE, supervisor_id=place.writer.person_id)
    found = queries.competent(place.session, place.technician.person_id, place.method, Activity.PERFORM, TODAY)
    assert found
    assert found.supervisor_id == place.writer.person_id


def test_who_is_authorised_does_not_count_as_a_trainee_any_more(place: Place):
    authorise(place, state=CompetenceState.TRAINEE, supervisor_id=place.writer.person_id)
    authorise(place)

    found = queries.competent(place.session, place.technician.person_id, place.method, Activity.PERFORM, TODAY)
    assert found
    assert found.state == CompetenceState.AUTHORISED


def test_nobody_authorises_themselves(place: Place):
    with pytest.raises(Refused, match="themselves"):
        authorise(place, person_id=place.manager.person_id)


def test_nobody_takes_back_a_suspension_of_themselves(place: Place):
    colleague = place.bureau.person("colleague", (Role.MANAGER, place.bureau.north, None))
    row = authorise(place, by=colleague, person_id=place.manager.person_id)
    move = {"method_id": place.method, "competence_id": row.id, "why": "an audit finding"}
    operations.move_competence(place.session, by=colleague, name="suspend", seen_version=1, **move)
    with pytest.raises(Refused, match="themselves"):
        operations.move_competence(place.session, by=place.manager, name="authorise", seen_version=2, **move)
    operations.move_competence(place.session, by=colleague, name="authorise", seen_version=2, **move)


@pytest.mark.parametrize(
    ("change", "field"),
    [({"evidence": " "}, "evidence"), ({"valid_until": TODAY - timedelta(days=1)}, "valid_until")],
)
def test_an_authorisation_rests_on_evidence_and_ends_after_it_begins(place: Place, change, field):
    with pytest.raises(Invalid) as refusal:
        authorise(place, **change)
    assert field in refusal.value.fields


def test_a_technician_and_a_manager_of_another_branch_authorise_nobody(place: Place):
    stranger = place.bureau.person("stranger", (Role.MANAGER, place.bureau.south, None))
    for actor in (stranger, place.writer):
        with pytest.raises(NotAllowed):
            authorise(place, by=actor)


def test_a_suspended_competence_lets_nobody_work_until_it_is_given_again(place: Place):
    row = authorise(place)
    move = {"by": place.manager, "method_id": place.method, "competence_id": row.id, "why": "a bad round"}
    operations.move_competence(place.session, name="suspend", seen_version=1, **move)
    assert not may(place, TODAY)
    with pytest.raises(Stale):
        operations.move_competence(place.session, name="authorise", seen_version=1, **move)

    operations.move_competence(place.session, name="authorise", seen_version=2, **move)
    assert may(place, TODAY)


def offer(place: Place, **changes: object):
    given = {"code": "S-1", "name": {"en": "Mass"}, "turnaround_days": 5, "laboratory_id": place.bureau.tiles}
    return operations.offer_service(place.session, by=place.writer, method_id=place.method, **(given | changes))


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"code": "S-1"}, "code"),
        ({"code": " "}, "code"),
        ({"code": "S-2", "name": {"en": " "}}, "name"),
        ({"code": "S-2", "turnaround_days": 0}, "turnaround_days"),
        ({"code": "S-2", "fee": -1}, "fee"),
    ],
)
def test_a_service_has_a_code_of_its_own_a_name_and_terms_that_can_be(place: Place, change, field):
    offer(place)
    with pytest.raises(Invalid) as refusal:
        offer(place, **change)
    assert field in refusal.value.fields


def test_a_closed_service_is_no_longer_offered_but_stays_on_record(place: Place):
    row = offer(place, fee=1200)
    operations.change_service(
        place.session, by=place.writer, service_id=row.id, name={"en": "Mass"}, turnaround_days=5, fee=1200,
        active=False,
    )  # fmt: skip

    assert queries.services(place.session, method_id=place.method) == []
    (kept,) = queries.services(place.session, method_id=place.method, closed=True)
    assert (kept.code, kept.fee, kept.active) == ("S-1", 1200, False)


def test_a_title_changed_by_somebody_else_meanwhile_is_not_lost(place: Place):
    change = {"by": place.writer, "method_id": place.method, "seen": {"en": "Mass"}, "accredited": True}
    operations.change_method(place.session, title={"en": "Mass of tiles"}, **change)

    with pytest.raises(Stale):
        operations.change_method(place.session, title={"en": "Masses"}, **change)
    assert queries.method(place.session, place.method).title == {"en": "Mass of tiles"}


def test_an_accreditation_changed_by_somebody_else_meanwhile_is_not_lost(place: Place):
    before = queries.method(place.session, place.method)
    change = {"by": place.writer, "method_id": place.method, "seen": before.title, "title": before.title}
    operations.change_method(place.session, accredited=not before.accredited, **change)

    with pytest.raises(Stale):
        operations.change_method(
            place.session, **{**change, "title": {"en": "Masses"}},
            accredited=before.accredited, seen_accredited=before.accredited,
        )  # fmt: skip
    assert queries.method(place.session, place.method).accredited is not before.accredited
