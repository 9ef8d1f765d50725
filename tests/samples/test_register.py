"""Registering a job: everything in one call, numbers at confirmation, what is refused and how it says so."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import event, func, select

from lims.errors import Invalid, NotAllowed, Refused
from lims.people.rights import Role
from lims.samples import operations, queries
from lims.samples.records import Item, Job, Line
from lims.samples.request import NewItem, NewJob, NewLine, Receipt, RequestReview, Sampling
from lims.store import audit


def test_a_job_with_items_and_lines_is_registered_and_confirmed_in_one_call(house, session, monday) -> None:
    job_id = house.job(house.new_item("A-1", "absorption", "strength"), house.new_item("A-2", "flux"))
    view = queries.job_view(session, by=house.clerk, job_id=job_id)
    assert (view.state, view.phase, view.due_on) == ("confirmed", "waiting for items", None)
    assert view.number is not None
    assert view.number.startswith("JN-2026-000001-")
    assert [item.number for item in view.items] == [f"{view.number}-1", f"{view.number}-2"]
    assert [line.number for line in view.lines] == [f"{view.number}-1/1", f"{view.number}-1/2", f"{view.number}-2/1"]
    assert {line.laboratory_code for line in view.lines} == {"TILES", "LAMPS"}
    assert [line.turnaround_days for line in view.lines] == [3, 5, 10]


def test_a_draft_has_no_number_and_gets_the_next_one_without_a_gap(house, session, monday) -> None:
    draft = operations.register_job(session, by=house.clerk, job=house.new_job())
    first = house.job(house.new_item("B"))
    assert session.get(Job, draft).number is None
    number = operations.confirm_job(session, by=house.clerk, job_id=draft, seen_version=1)
    numbers = [queries.job_view(session, by=house.clerk, job_id=first).number, number]
    assert [one.split("-")[2] for one in numbers] == ["000001", "000002"]
    assert queries.job_view(session, by=house.clerk, job_id=draft).items[0].number == f"{number}-1"


def test_confirmation_waits_for_the_review_of_the_request(house, session) -> None:
    unreviewed = house.new_job(request_review=None)
    with pytest.raises(Refused, match="review of the request"):
        operations.register_job(session, by=house.clerk, job=unreviewed, confirm=True)
    draft = operations.register_job(session, by=house.clerk, job=unreviewed)
    with pytest.raises(Refused, match="laboratory can do it"):
        operations.confirm_job(session, by=house.clerk, job_id=draft, seen_version=1)
    review = RequestReview(capability=True, method_agreed=True, conformity_asked=True)
    operations.review_request(session, by=house.clerk, job_id=draft, seen_version=1, review=review)
    with pytest.raises(Refused, match="decision rule"):
        operations.confirm_job(session, by=house.clerk, job_id=draft, seen_version=2)
    agreed = RequestReview(capability=True, method_agreed=True, conformity_asked=True, decision_rule_agreed=True)
    operations.review_request(session, by=house.clerk, job_id=draft, seen_version=2, review=agreed)
    assert operations.confirm_job(session, by=house.clerk, job_id=draft, seen_version=3)
    with pytest.raises(Refused, match="does not change"):
        operations.review_request(session, by=house.clerk, job_id=draft, seen_version=4, review=agreed)


def test_the_same_label_twice_is_refused_with_the_label_in_the_sentence(house, session) -> None:
    twice = house.new_job(house.new_item("A-1"), house.new_item(" A-1 "))
    with pytest.raises(Invalid) as refused:
        operations.register_job(session, by=house.clerk, job=twice)
    assert str(refused.value.fields["items.1.label"]) == (
        "The label ' A-1 ' is used twice in this job. Give each item its own."
    )
    assert session.scalar(select(func.count()).select_from(Job)) == 0


def test_every_wrong_place_is_named_at_once(house, session) -> None:
    job = NewJob(
        branch_id=house.north,
        client_id=house.client,
        report_language="fr",
        after_testing="keep",
        sampling=Sampling(sampled_on=date(2999, 1, 1)),
        client_reference="x" * 201,
        items=[
            NewItem(label="", description="", lines=[]),
            NewItem(label="a\x00b", description="tile", lines=[NewLine(service_id=house.services["flux"])] * 2),
        ],
    )
    with pytest.raises(Invalid) as refused:
        operations.register_job(session, by=house.clerk, job=job)
    assert set(refused.value.fields) == {
        "client_reference",
        "report_language",
        "after_testing",
        "sampling.sampled_on",
        "items.0.label",
        "items.0.description",
        "items.0.lines",
        "items.1.label",
        "items.1.lines",
    }


def test_an_unknown_client_or_service_is_named(house, session) -> None:
    with pytest.raises(Invalid) as refused:
        operations.register_job(session, by=house.clerk, job=house.new_job(client_id=999))
    assert list(refused.value.fields) == ["client_id"]
    unknown = NewItem(label="A", description="tile", lines=[NewLine(service_id=999)])
    with pytest.raises(Invalid) as refused:
        operations.register_job(session, by=house.clerk, job=house.new_job(house.new_item("B"), unknown))
    assert list(refused.value.fields) == ["items.1.lines"]


def test_a_form_sent_twice_makes_one_job(house, session) -> None:
    job = house.new_job(form_key="k-1")
    first = operations.register_job(session, by=house.clerk, job=job, confirm=True)
    assert operations.register_job(session, by=house.clerk, job=job, confirm=True) == first
    assert session.scalar(select(func.count()).select_from(Item)) == 1
    other = house.actor("other", Role.CLERK, branch=house.north)
    assert operations.register_job(session, by=other, job=job, confirm=True) != first


def test_only_who_may_register_here_registers(house, session) -> None:
    for actor in (house.technician, house.actor("far", Role.CLERK, branch=house.south)):
        with pytest.raises(NotAllowed):
            operations.register_job(session, by=actor, job=house.new_job())


def test_a_manager_of_one_laboratory_registers_for_that_laboratory_only(house, session) -> None:
    manager = house.actor("lab manager", Role.MANAGER, laboratory=house.tiles)
    assert operations.register_job(session, by=manager, job=house.new_job())
    with pytest.raises(NotAllowed):
        operations.register_job(session, by=manager, job=house.new_job(house.new_item("A", "absorption", "flux")))


def test_items_at_the_desk_are_received_in_the_same_call(house, session, monday) -> None:
    job_id = house.job(received=True)
    view = queries.job_view(session, by=house.clerk, job_id=job_id)
    assert (view.items[0].state, view.items[0].place, view.items[0].holder) == ("received", "Shelf 1", {"en": "Clerk"})
    assert view.lines[0].ready
    assert view.lines[0].due_on == date(2026, 3, 5)  # three working days after Monday 2 March
    page = queries.item_page(session, by=house.clerk, item_id=view.items[0].id)
    assert [move.kind for move in page.moves] == ["receive"]
    assert page.custody_faults == ()


def test_a_receipt_needs_a_confirmed_job_and_a_place(house, session) -> None:
    with pytest.raises(Refused, match="draft"):
        operations.register_job(session, by=house.clerk, job=house.new_job(), receipt=Receipt(place="Shelf 1"))
    with pytest.raises(Invalid) as refused:
        operations.register_job(session, by=house.clerk, job=house.new_job(), confirm=True, receipt=Receipt(place=" "))
    assert list(refused.value.fields) == ["place"]


def test_rare_characters_survive(house, session) -> None:
    job_id = house.job(NewItem(label="𡍼-1", description="磁磚", lines=house.new_item("x").lines))
    session.expire_all()
    assert queries.job_view(session, by=house.clerk, job_id=job_id).items[0].label == "𡍼-1"


def test_registration_is_in_the_audit_trail_with_all_that_was_written(house, session) -> None:
    job_id = house.job()
    session.commit()
    actions = {event.action: event for event in audit.time_line(session, "job", job_id)}
    assert set(actions) == {"register", "confirm"}
    assert actions["register"].new["items"][0]["label"] == "A-1"


def test_ten_items_with_thirty_lines_take_few_statements(house, session) -> None:
    items = [house.new_item(f"A-{n}", "absorption", "strength", "flux") for n in range(10)]
    clerk, job = house.clerk, house.new_job(*items)
    seen: list[str] = []
    session.flush()

    def count(conn, cursor, statement, *_) -> None:
        seen.append(statement)

    event.listen(session.get_bind(), "before_cursor_execute", count)
    operations.register_job(session, by=clerk, job=job, confirm=True)
    event.remove(session.get_bind(), "before_cursor_execute", count)
    assert session.scalar(select(func.count()).select_from(Line)) == 30
    assert len(seen) <= 15, "\n".join(seen)
