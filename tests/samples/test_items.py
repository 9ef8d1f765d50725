"""Custody: receipt with condition, hand-overs that name both persons, portions, retained items, return and disposal."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from lims.errors import Invalid, NotAllowed, Refused, Stale
from lims.people.rights import Role
from lims.samples import operations, queries
from lims.samples.operations import ReceivedItem
from lims.samples.records import Item
from lims.samples.request import Receipt


@pytest.fixture
def item_id(house, monday) -> int:
    job_id = house.job(received=True)
    return queries.job_view(house.session, by=house.clerk, job_id=job_id).items[0].id


def page(house, item_id):
    return queries.item_page(house.session, by=house.clerk, item_id=item_id)


def test_all_items_of_a_job_are_received_each_with_its_condition(house, session) -> None:
    job_id = house.job(house.new_item("A"), house.new_item("B"))
    first, second = queries.job_view(session, by=house.clerk, job_id=job_id).items
    broken = Receipt(
        place="Desk", condition="damaged", fit=False, reason="damaged", remark="cracked", from_party="Courier"
    )
    received = [
        ReceivedItem(item_id=first.id, receipt=Receipt(place="Shelf 1"), seen_version=1),
        ReceivedItem(item_id=second.id, receipt=broken, seen_version=1),
    ]
    operations.receive_items(session, by=house.technician, job_id=job_id, received=received)
    job = queries.job_view(session, by=house.clerk, job_id=job_id)
    assert [(item.state, item.condition, item.fit) for item in job.items] == [
        ("received", "as it should be", True),
        ("rejected", "damaged", False),
    ]
    assert [(line.state, line.reason, line.ready) for line in job.lines] == [
        ("ordered", None, True),
        ("rejected", "damaged", False),
    ]
    move = page(house, second.id).moves[0]
    assert (move.kind, move.outside_party, move.note) == ("reject", "Courier", "damaged: cracked")


def test_an_unfit_item_needs_a_coded_reason(house, session) -> None:
    job_id = house.job()
    item = queries.job_view(session, by=house.clerk, job_id=job_id).items[0]
    with pytest.raises(Invalid) as refused:
        operations.receive_item(
            session, by=house.clerk, item_id=item.id, seen_version=1, receipt=Receipt(place="x", fit=False)
        )
    assert list(refused.value.fields) == ["reason"]


def test_items_of_a_draft_are_not_received(house, session) -> None:
    job_id = operations.register_job(session, by=house.clerk, job=house.new_job())
    item = queries.job_view(session, by=house.clerk, job_id=job_id).items[0]
    with pytest.raises(Refused, match="can't be received"):
        operations.receive_item(session, by=house.clerk, item_id=item.id, seen_version=1, receipt=Receipt(place="x"))


def test_a_hand_over_names_both_persons_and_both_places(house, session, item_id) -> None:
    taker = house.technician.person_id
    operations.hand_over_item(
        session, by=house.clerk, item_id=item_id, seen_version=1, to_person_id=taker, to_place="Room 12"
    )
    shown = page(house, item_id)
    move = shown.moves[-1]
    assert (move.giver, move.taker) == ({"en": "Clerk"}, {"en": "Technician"})
    assert (move.from_place, move.to_place) == ("Shelf 1", "Room 12")
    assert (shown.item.state, shown.item.holder) == ("transferred", {"en": "Technician"})
    with pytest.raises(Refused, match="holds the item already"):
        operations.hand_over_item(
            session, by=house.clerk, item_id=item_id, seen_version=2, to_person_id=taker, to_place="x"
        )


def test_a_hand_over_clicked_twice_is_written_once(house, session, item_id) -> None:
    taker = house.technician.person_id
    session.commit()
    for _ in range(2):
        operations.hand_over_item(
            session, by=house.clerk, item_id=item_id, seen_version=1, to_person_id=taker, to_place="Room 12"
        )
        session.commit()
    assert [move.kind for move in page(house, item_id).moves] == ["receive", "hand over"]
    with pytest.raises(Stale):
        operations.store_item(session, by=house.technician, item_id=item_id, seen_version=1, to_place="Freezer")


def test_custody_is_an_unbroken_chain_that_the_database_does_not_let_change(house, session, item_id) -> None:
    operations.store_item(session, by=house.clerk, item_id=item_id, seen_version=1, to_place="Cabinet 3")
    operations.hand_over_item(
        session,
        by=house.clerk,
        item_id=item_id,
        seen_version=2,
        to_person_id=house.technician.person_id,
        to_place="Bench",
    )
    operations.store_item(session, by=house.technician, item_id=item_id, seen_version=3, to_place="Cabinet 4")
    assert page(house, item_id).custody_faults == ()
    assert queries.custody_faults(session) == []
    with pytest.raises(DBAPIError), session.begin_nested():
        session.execute(text("UPDATE item_move SET to_place = 'elsewhere'"))


def test_portions_are_numbered_within_their_item(house, session, item_id) -> None:
    first = operations.make_portion(session, by=house.technician, item_id=item_id, seen_version=1, to_place="Cabinet")
    second = operations.make_portion(
        session, by=house.technician, item_id=item_id, seen_version=2, label="half", to_place="Cabinet"
    )
    shown = page(house, item_id)
    number = shown.item.number
    assert [(one.id, one.number, one.label) for one in shown.portions] == [
        (first, f"{number}.1", "A-1.1"),
        (second, f"{number}.2", "half"),
    ]
    assert page(house, first).parent.id == item_id
    with pytest.raises(Invalid, match="label 'half' is used"):
        operations.make_portion(
            session, by=house.technician, item_id=item_id, seen_version=3, label="half", to_place="x"
        )


def test_a_retained_item_stays_until_its_day(house, session, item_id) -> None:
    portion = operations.make_portion(session, by=house.clerk, item_id=item_id, seen_version=1, to_place="Cabinet")
    with pytest.raises(Invalid, match="in the past"):
        operations.retain_item(
            session, by=house.clerk, item_id=portion, seen_version=1, until=date(2026, 3, 1), to_place="Archive"
        )
    operations.retain_item(
        session, by=house.clerk, item_id=portion, seen_version=1, until=date(2026, 9, 1), to_place="Archive"
    )
    with pytest.raises(Refused, match="retained until 2026-09-01"):
        operations.dispose_item(session, by=house.clerk, item_id=portion, seen_version=2, note="agreed")
    assert [one.id for one in queries.retained(session, by=house.clerk, until=date(2026, 9, 1))] == [portion]
    assert queries.retained(session, by=house.clerk, until=date(2026, 8, 31)) == []


def test_an_item_does_not_leave_while_work_on_it_is_open(house, session, item_id) -> None:
    with pytest.raises(Refused, match="Work on this item is open"):
        operations.return_item(session, by=house.clerk, item_id=item_id, seen_version=1, to_party="Fair Tiles")
    line = page(house, item_id).lines[0]
    operations.cancel_line(session, by=house.clerk, line_id=line.id, seen_version=line.version, why="not wanted")
    with pytest.raises(Refused, match="asked for this item back"):
        operations.dispose_item(session, by=house.clerk, item_id=item_id, seen_version=1, note="")
    operations.return_item(session, by=house.clerk, item_id=item_id, seen_version=1, to_party="Fair Tiles, Ms Lin")
    shown = page(house, item_id)
    assert (shown.item.state, shown.item.holder, shown.item.place) == ("returned", None, None)
    assert shown.moves[-1].outside_party == "Fair Tiles, Ms Lin"
    assert shown.custody_faults == ()


def test_rejecting_an_item_ends_its_lines(house, session, item_id) -> None:
    operations.reject_item(session, by=house.technician, item_id=item_id, seen_version=1, reason="not enough of it")
    shown = page(house, item_id)
    assert (shown.item.state, shown.lines[0].state, shown.lines[0].reason) == (
        "rejected",
        "rejected",
        "not enough of it",
    )
    with pytest.raises(Invalid, match="not fit"):
        operations.reject_item(session, by=house.technician, item_id=item_id, seen_version=2, reason="I do not like it")


def test_an_item_set_aside_is_not_worked_on(house, session, item_id) -> None:
    operations.hold_item(session, by=house.technician, item_id=item_id, seen_version=1, why="which side is up?")
    assert not page(house, item_id).lines[0].ready
    operations.release_item(session, by=house.technician, item_id=item_id, seen_version=2)
    assert page(house, item_id).lines[0].ready
    operations.lose_item(session, by=house.technician, item_id=item_id, seen_version=3, why="fell")
    assert (page(house, item_id).item.state, page(house, item_id).lines[0].ready) == ("lost or damaged", False)


def test_people_of_another_laboratory_can_not_move_an_item(house, session, item_id) -> None:
    stranger = house.actor("stranger", Role.TECHNICIAN, laboratory=house.lamps)
    with pytest.raises(NotAllowed):
        operations.store_item(session, by=stranger, item_id=item_id, seen_version=1, to_place="x")


def test_the_check_names_an_item_that_is_not_where_it_was_put(house, session, item_id) -> None:
    session.get(Item, item_id).place = "elsewhere"
    session.flush()
    assert queries.custody_faults(session)[0].endswith("holder or place is not where the last move ended")


def test_spaces_around_a_place_do_not_break_the_chain_of_custody(house, session) -> None:
    job_id = operations.register_job(
        session, by=house.clerk, job=house.new_job(), confirm=True, receipt=Receipt(place=" Shelf 1 ")
    )
    later_id = house.job()
    for each in (job_id, later_id):
        item = queries.job_view(session, by=house.clerk, job_id=each).items[0]
        if item.state == "expected":
            operations.receive_item(
                session, by=house.clerk, item_id=item.id, seen_version=None, receipt=Receipt(place=" Shelf 1 ")
            )
        operations.store_item(session, by=house.clerk, item_id=item.id, seen_version=None, to_place="Shelf 2")
        assert page(house, item.id).custody_faults == ()
        assert page(house, item.id).moves[0].to_place == "Shelf 1"
    assert queries.custody_faults(session) == []


def test_an_item_whose_tests_have_not_begun_is_not_used_up(house, session, item_id) -> None:
    with pytest.raises(Refused, match="has not begun"):
        operations.consume_item(session, by=house.clerk, item_id=item_id, seen_version=None)


def test_a_retained_item_is_not_given_back_before_its_day(house, session, item_id) -> None:
    line = page(house, item_id).lines[0]
    operations.cancel_line(session, by=house.clerk, line_id=line.id, seen_version=None, why="not wanted")
    operations.retain_item(
        session, by=house.clerk, item_id=item_id, seen_version=None, until=date(2026, 6, 1), to_place="Cellar"
    )
    with pytest.raises(Refused, match="retained until"):
        operations.return_item(session, by=house.clerk, item_id=item_id, seen_version=None, to_party="the client")


def test_the_time_of_a_retained_item_is_shortened_only_with_a_reason(house, session, item_id) -> None:
    def retain(until: date, note: str = "") -> None:
        operations.retain_item(
            session, by=house.clerk, item_id=item_id, seen_version=None, until=until, to_place="Cellar", note=note
        )

    retain(date(2026, 6, 1))
    with pytest.raises(Invalid) as refused:
        retain(date(2026, 4, 1))
    assert list(refused.value.fields) == ["note"]
    retain(date(2026, 7, 1))
    retain(date(2026, 4, 1), "the client needs it back")
    assert page(house, item_id).item.retained_until == date(2026, 4, 1)


def test_a_retained_item_in_somebodys_hands_stays_on_the_list(house, session, item_id) -> None:
    assert house.technician
    operations.retain_item(
        session, by=house.clerk, item_id=item_id, seen_version=None, until=date(2026, 6, 1), to_place="Cellar"
    )
    operations.hand_over_item(
        session, by=house.clerk, item_id=item_id, seen_version=None, to_person_id=house.people["technician"],
        to_place="Bench",
    )  # fmt: skip
    listed = queries.retained(session, by=house.clerk, until=date(2026, 6, 1))
    assert [one.id for one in listed] == [item_id]


def test_without_the_right_nobody_learns_why_an_item_stays(house, session, item_id) -> None:
    outsider = house.actor("outsider", Role.QUALITY, branch=house.north)
    with pytest.raises(NotAllowed):
        operations.dispose_item(session, by=outsider, item_id=item_id, seen_version=None, note="")


def test_a_laboratory_orders_no_further_tests_of_another(house, session, item_id) -> None:
    of_tiles = house.actor("head", Role.MANAGER, laboratory=house.tiles)
    with pytest.raises(NotAllowed):
        operations.order_further(
            session, by=of_tiles, item_id=item_id, seen_version=None, service_ids={house.services["flux"]}, why="call"
        )
    operations.order_further(
        session, by=of_tiles, item_id=item_id, seen_version=None, service_ids={house.services["strength"]}, why="call"
    )
