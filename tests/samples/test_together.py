"""Several people at once, with real commits: numbers without gaps, one of two wins, one form is one job."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import func, select

from lims.errors import LimsError, Stale, Unavailable
from lims.samples import operations, queries
from lims.samples.records import ItemMove, Job, Line
from lims.samples.request import Receipt
from lims.store import audit, chain
from lims.store.db import transaction
from tests.samples.conftest import build

PEOPLE = 8


@pytest.fixture(scope="module")
def house(module_sessions):
    """The laboratory, stored."""
    with transaction(module_sessions) as session:
        found = build(session)
        assert all([found.clerk, found.technician, found.reviewer, found.manager])
    return found


def at_once(work) -> list:
    """Do it in as many threads as there are people, all starting together; return results or refusals."""
    start = Barrier(PEOPLE)

    def one(n: int):
        start.wait()
        try:
            return work(n)
        except LimsError as refused:
            return refused

    with ThreadPoolExecutor(PEOPLE) as pool:
        return list(pool.map(one, range(PEOPLE)))


def test_numbers_have_no_gaps_and_no_twins_even_when_some_registrations_fail(house, module_sessions) -> None:
    clerk, job = house.clerk, house.new_job()

    def register(n: int) -> str:
        with transaction(module_sessions) as session:
            job_id = operations.register_job(session, by=clerk, job=job, confirm=True)
            if n % 4 == 0:
                raise Stale("given up after the number was taken")
            return session.get_one(Job, job_id).number

    given = [one for one in at_once(register) + at_once(register) if isinstance(one, str)]
    counts = sorted(int(number.split("-")[2]) for number in given)
    assert counts == list(range(counts[0], counts[0] + 12))


def test_one_form_sent_by_several_at_the_same_moment_makes_one_job(house, module_sessions) -> None:
    clerk, job = house.clerk, house.new_job(form_key="at once")

    def register(_n: int) -> int:
        with transaction(module_sessions) as session:
            return operations.register_job(session, by=clerk, job=job, confirm=True)

    assert len(set(at_once(register))) == 1
    with transaction(module_sessions) as session:
        assert session.scalar(select(func.count()).select_from(Job).where(Job.form_key == "at once")) == 1


def test_of_two_who_decide_on_one_line_one_is_told(house, module_sessions) -> None:
    clerk, technician = house.clerk, house.technician
    reviewer, manager = house.reviewer, house.manager
    with transaction(module_sessions) as session:
        receipt = Receipt(place="Shelf")
        job_id = operations.register_job(session, by=clerk, job=house.new_job(), confirm=True, receipt=receipt)
        line = queries.job_view(session, by=clerk, job_id=job_id).lines[0]
        operations.start_line(session, by=technician, line_id=line.id, method_version_id=house.editions["absorption"])
        operations.submit_line(session, by=technician, line_id=line.id, seen_version=None)
        seen = session.get_one(Line, line.id).version

    def decide(n: int):
        with transaction(module_sessions) as session:
            if n % 2:
                operations.review_line(session, by=reviewer, line_id=line.id, seen_version=seen)
            else:
                operations.send_back_line(session, by=manager, line_id=line.id, seen_version=seen, why="look again")

    answers = at_once(decide)
    assert (
        sum(isinstance(one, Stale) for one in answers) == PEOPLE // 2
    )  # whoever lost; repeats of the winner are no-ops
    with transaction(module_sessions) as session:
        decided = [one.action for one in audit.time_line(session, "line", line.id)]
        assert len([one for one in decided if one in {"review", "send back"}]) == 1
        assert queries.read_model_faults(session) == []
        assert chain.verify(session).fault is None


def test_portions_taken_at_once_are_numbered_one_after_the_other(house, module_sessions) -> None:
    clerk = house.clerk
    with transaction(module_sessions) as session:
        job_id = operations.register_job(
            session, by=clerk, job=house.new_job(), confirm=True, receipt=Receipt(place="Shelf")
        )
        item = queries.job_view(session, by=clerk, job_id=job_id).items[0]

    def take(_n: int) -> int:
        with transaction(module_sessions) as session:
            return operations.make_portion(session, by=clerk, item_id=item.id, seen_version=None, to_place="Cabinet")

    assert len(set(at_once(take))) == PEOPLE
    with transaction(module_sessions) as session:
        page = queries.item_page(session, by=clerk, item_id=item.id)
        assert [one.number for one in page.portions] == [f"{item.number}.{n}" for n in range(1, PEOPLE + 1)]


def test_items_given_up_at_once_leave_the_job_with_nothing_to_do(house, module_sessions) -> None:
    """Each derives how far the job is; who derives without having seen the others' work would write what is not so."""
    clerk = house.clerk
    with transaction(module_sessions) as session:
        items = [house.new_item(f"A-{n}") for n in range(PEOPLE)]
        job_id = operations.register_job(
            session, by=clerk, job=house.new_job(*items), confirm=True, receipt=Receipt(place="Shelf")
        )
        ids = [item.id for item in queries.job_view(session, by=clerk, job_id=job_id).items]

    def give_up(n: int) -> None:
        with transaction(module_sessions) as session:
            operations.reject_item(session, by=clerk, item_id=ids[n], seen_version=None, reason="damaged")

    assert at_once(give_up) == [None] * PEOPLE
    with transaction(module_sessions) as session:
        assert queries.read_model_faults(session) == []
        assert session.get_one(Job, job_id).phase == "to close"


def test_desk_bench_and_review_working_on_one_job_never_stand_in_each_others_way(house, module_sessions) -> None:
    """All take the job, then what is in it: nobody holds an item while waiting for one who waits for the item."""
    clerk, technician, manager = house.clerk, house.technician, house.manager
    with transaction(module_sessions) as session:
        job_id = operations.register_job(
            session, by=clerk, job=house.new_job(), confirm=True, receipt=Receipt(place="Shelf")
        )
        view = queries.job_view(session, by=clerk, job_id=job_id)
        item_id, line_id = view.items[0].id, view.lines[0].id
        operations.start_line(session, by=technician, line_id=line_id, method_version_id=house.editions["absorption"])
        operations.submit_line(session, by=technician, line_id=line_id, seen_version=None)

    def work(n: int) -> None:
        for turn in range(6):
            with transaction(module_sessions) as session:
                if n % 4 == 0:
                    operations.store_item(session, by=clerk, item_id=item_id, seen_version=None, to_place=f"{n}-{turn}")
                elif n % 4 == 1:
                    operations.order_further(
                        session, by=clerk, item_id=item_id, seen_version=None, why="the client called",
                        service_ids={house.services["strength"]},
                    )  # fmt: skip
                elif n % 4 == 2:
                    operations.retest_line(session, by=manager, line_id=line_id, seen_version=None, why="look again")
                else:
                    operations.assign_lines(session, by=technician, seen={line_id: None}, person_id=None)

    def keep_on(n: int) -> list:
        refused = []
        try:
            work(n)
        except LimsError as one:
            refused.append(one)
        return refused

    refusals = [one for some in at_once(keep_on) for one in some]
    assert [one for one in refusals if isinstance(one, Unavailable)] == []
    with transaction(module_sessions) as session:
        assert queries.read_model_faults(session) == []


def test_two_who_receive_the_same_items_in_another_order_wait_for_each_other(house, module_sessions) -> None:
    clerk = house.clerk
    with transaction(module_sessions) as session:
        items = [house.new_item(f"A-{n}") for n in range(20)]
        job_id = operations.register_job(session, by=clerk, job=house.new_job(*items), confirm=True)
        found = queries.job_view(session, by=clerk, job_id=job_id).items

    def receive(n: int) -> str:
        mine = found if n % 2 else found[::-1]
        wanted = [
            operations.ReceivedItem(item_id=one.id, receipt=Receipt(place="Shelf"), seen_version=one.version)
            for one in mine
        ]
        with transaction(module_sessions) as session:
            operations.receive_items(session, by=clerk, job_id=job_id, received=wanted)
        return "received"

    assert at_once(receive) == ["received"] * PEOPLE
    with transaction(module_sessions) as session:
        moves = select(func.count()).select_from(ItemMove).where(ItemMove.item_id.in_([one.id for one in found]))
        assert session.scalar(moves) == len(found)
        assert queries.read_model_faults(session) == []
