"""Test lines: who may do what with them, copies, and two people at once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from lims import clock
from lims.errors import Invalid, NotAllowed, NotFound, Refused, Stale
from lims.people.rights import Role
from lims.samples import operations, queries
from lims.samples.records import Job
from tests.samples.conftest import MONDAY, authorise


@pytest.fixture
def line_id(house, monday) -> int:
    job_id = house.job(received=True)
    return queries.job_view(house.session, by=house.clerk, job_id=job_id).lines[0].id


def line(house, line_id):
    return queries.line_view(house.session, by=house.manager, line_id=line_id)


def start(house, line_id) -> None:
    operations.start_line(
        house.session, by=house.technician, line_id=line_id, method_version_id=house.editions["absorption"]
    )


def submit(house, line_id) -> None:
    start(house, line_id)
    operations.submit_line(house.session, by=house.technician, line_id=line_id, seen_version=None)


def test_starting_fixes_the_edition_and_is_repeatable(house, session, line_id) -> None:
    start(house, line_id)
    start(house, line_id)
    begun = line(house, line_id)
    assert (begun.state, begun.method_version_id, begun.version) == ("in progress", house.editions["absorption"], 2)
    assert begun.assigned_to == {"en": "Technician"}
    with pytest.raises(Refused, match="another edition"):
        operations.start_line(session, by=house.technician, line_id=line_id, method_version_id=house.editions["flux"])


def test_a_line_whose_item_is_not_here_is_not_started(house, session) -> None:
    job_id = house.job()
    waiting = queries.job_view(session, by=house.clerk, job_id=job_id).lines[0].id
    with pytest.raises(Refused, match="not ready"):
        start(house, waiting)


def test_nothing_is_submitted_while_the_job_is_on_hold(house, session, line_id) -> None:
    start(house, line_id)
    operations.hold_job(session, by=house.clerk, job_id=line(house, line_id).job_id, seen_version=None, why="papers")
    with pytest.raises(Refused, match="on hold"):
        operations.submit_line(session, by=house.technician, line_id=line_id, seen_version=None)


def test_nobody_reviews_what_they_submitted(house, session, line_id) -> None:
    start(house, line_id)
    both = house.actor("reviewer", Role.REVIEWER, laboratory=house.tiles)
    operations.submit_line(session, by=both, line_id=line_id, seen_version=None)
    with pytest.raises(Refused, match="somebody else"):
        operations.review_line(session, by=both, line_id=line_id, seen_version=3)
    operations.review_line(session, by=house.manager, line_id=line_id, seen_version=3)
    assert line(house, line_id).state == "reviewed"


def test_two_people_on_one_line_the_second_is_told(house, session, line_id) -> None:
    submit(house, line_id)
    session.commit()
    seen = line(house, line_id).version
    operations.send_back_line(session, by=house.reviewer, line_id=line_id, seen_version=seen, why="wrong tile")
    session.commit()
    with pytest.raises(Stale, match="reviewer changed this since you opened it"):
        operations.review_line(session, by=house.manager, line_id=line_id, seen_version=seen)
    assert line(house, line_id).state == "in progress"


def test_sending_back_needs_a_reason(house, session, line_id) -> None:
    submit(house, line_id)
    with pytest.raises(Invalid, match="Say why"):
        operations.send_back_line(session, by=house.reviewer, line_id=line_id, seen_version=None, why="")


def test_retracting_makes_one_numbered_copy(house, session, line_id) -> None:
    submit(house, line_id)
    seen = line(house, line_id).version
    copy_id = operations.retract_line(session, by=house.manager, line_id=line_id, seen_version=seen, why="wrong mass")
    assert (
        operations.retract_line(session, by=house.manager, line_id=line_id, seen_version=seen, why="wrong mass")
        == copy_id
    )
    first, copy = line(house, line_id), line(house, copy_id)
    assert (first.state, first.reason) == ("retracted", "wrong mass")
    assert (copy.state, copy.ready, copy.number, copy.copy_of_number, copy.copy_kind) == (
        "ordered", True, f"{first.item_number}/2", first.number, "retract",
    )  # fmt: skip
    assert copy.due_on == first.due_on
    assert queries.job_view(session, by=house.clerk, job_id=copy.job_id).phase == "in progress"


def test_a_retest_stands_beside_the_first_which_stays_valid(house, session, line_id) -> None:
    submit(house, line_id)
    operations.review_line(session, by=house.reviewer, line_id=line_id, seen_version=None)
    seen = line(house, line_id).version
    copy_id = operations.retest_line(session, by=house.manager, line_id=line_id, seen_version=seen, why="client doubts")
    assert line(house, line_id).state == "reviewed"
    assert (line(house, copy_id).copy_kind, line(house, copy_id).assigned_to) == ("retest", None)
    submit(house, copy_id)
    operations.review_line(session, by=house.reviewer, line_id=copy_id, seen_version=None)
    operations.mark_reported(session, by=house.manager, line_ids=[copy_id], at=clock.now())
    # one of the two is reported, so nothing waits for a report any more
    assert queries.job_view(session, by=house.clerk, job_id=line(house, line_id).job_id).phase == "reported"


def test_a_reported_result_is_not_retracted_behind_the_report(house, session, line_id) -> None:
    submit(house, line_id)
    operations.review_line(session, by=house.reviewer, line_id=line_id, seen_version=None)
    operations.mark_reported(session, by=house.manager, line_ids=[line_id], at=clock.now())
    with pytest.raises(Refused, match="issued report"):
        operations.retract_line(session, by=house.manager, line_id=line_id, seen_version=None, why="x")


def test_only_reviewed_lines_are_reported(house, session, line_id) -> None:
    with pytest.raises(Refused, match="only reviewed lines"):
        operations.mark_reported(session, by=house.manager, line_ids=[line_id], at=clock.now())


def test_a_line_is_given_to_a_competent_person_only(house, session, line_id) -> None:
    technician = house.technician
    with pytest.raises(Refused, match="not authorised"):
        operations.assign_lines(session, by=technician, seen={line_id: 1}, person_id=technician.person_id)
    authorise(house, "technician", "absorption")
    operations.assign_lines(session, by=technician, seen={line_id: 1}, person_id=technician.person_id)
    operations.assign_lines(session, by=technician, seen={line_id: 1}, person_id=technician.person_id)
    assert line(house, line_id).assigned_to == {"en": "Technician"}
    colleague = house.actor("colleague", Role.TECHNICIAN, laboratory=house.tiles)
    with pytest.raises(NotAllowed):  # a technician does not give work to others, nor take it from them
        operations.assign_lines(session, by=technician, seen={line_id: 2}, person_id=colleague.person_id)


def test_two_people_taking_one_line_the_second_is_told(house, session, line_id) -> None:
    colleague = house.actor("colleague", Role.TECHNICIAN, laboratory=house.tiles)
    technician = house.technician
    for name in ("technician", "colleague"):
        authorise(house, name, "absorption")
    operations.assign_lines(session, by=technician, seen={line_id: 1}, person_id=technician.person_id)
    session.commit()
    with pytest.raises(Stale, match="technician"):
        operations.assign_lines(session, by=colleague, seen={line_id: 1}, person_id=colleague.person_id)


def test_a_technician_sees_the_client_as_a_code_and_a_reviewer_by_name(house, session, line_id) -> None:
    job_id = line(house, line_id).job_id
    for_technician = queries.line_view(session, by=house.technician, line_id=line_id)
    assert (for_technician.client_code, for_technician.client_name, for_technician.client_id) == ("C001", None, None)
    assert queries.job_view(session, by=house.technician, job_id=job_id).client.name is None
    named = queries.line_view(session, by=house.reviewer, line_id=line_id)
    assert named.client_name == {"en": "Fair Tiles Ltd", "zh_Hant_TW": "公平磁磚𡍼"}


def test_another_laboratory_does_not_learn_that_a_line_exists(house, session, line_id) -> None:
    stranger = house.actor("stranger", Role.TECHNICIAN, laboratory=house.southern)
    view = line(house, line_id)
    with pytest.raises(NotFound):
        queries.line_view(session, by=stranger, line_id=line_id)
    with pytest.raises(NotFound):
        queries.job_view(session, by=stranger, job_id=view.job_id)
    with pytest.raises(NotFound):
        queries.item_page(session, by=stranger, item_id=view.item_id)
    assert queries.find_scanned(session, by=stranger, code=view.item_number) is None
    assert queries.jobs(session, by=stranger).rows == ()
    assert queries.worklist(session, by=stranger).rows == ()


def test_a_laboratory_of_another_branch_sees_the_job_it_works_on(house, session) -> None:
    job_id = house.job(house.new_item("bar", "tension"), received=True)
    southern = house.actor("southern", Role.TECHNICIAN, laboratory=house.southern)
    found = queries.worklist(session, by=southern).rows
    assert [row.job_id for row in found] == [job_id]
    assert [row.id for row in queries.jobs(session, by=southern).rows] == [job_id]
    operations.start_line(session, by=southern, line_id=found[0].id, method_version_id=house.editions["tension"])


def test_without_the_right_nobody_learns_that_a_line_was_retracted(house, session, line_id) -> None:
    submit(house, line_id)
    operations.retract_line(session, by=house.manager, line_id=line_id, seen_version=None, why="wrong tile")
    with pytest.raises(NotAllowed):
        operations.retract_line(session, by=house.technician, line_id=line_id, seen_version=None, why="wrong tile")


def test_a_retest_needs_a_reason(house, session, line_id) -> None:
    submit(house, line_id)
    with pytest.raises(Invalid, match="Say why"):
        operations.retest_line(session, by=house.manager, line_id=line_id, seen_version=None, why=" ")


def test_where_a_retest_was_given_up_another_can_be_ordered(house, session, line_id) -> None:
    submit(house, line_id)
    first = operations.retest_line(session, by=house.manager, line_id=line_id, seen_version=None, why="look again")
    operations.cancel_line(session, by=house.clerk, line_id=first, seen_version=None, why="ordered too early")
    second = operations.retest_line(session, by=house.manager, line_id=line_id, seen_version=None, why="look again")
    assert second != first
    assert line(house, second).state == "ordered"


def test_nothing_is_retracted_in_a_closed_job(house, session, line_id) -> None:
    submit(house, line_id)
    session.get_one(Job, line(house, line_id).job_id).state = "closed"
    with pytest.raises(Refused, match="closed"):
        operations.retract_line(session, by=house.manager, line_id=line_id, seen_version=None, why="wrong tile")


def test_a_line_is_not_late_while_its_job_waits_for_the_client(house, session, line_id) -> None:
    operations.hold_job(session, by=house.clerk, job_id=line(house, line_id).job_id, seen_version=None, why="papers")
    with clock.at(MONDAY + timedelta(days=60)):
        assert not line(house, line_id).late
