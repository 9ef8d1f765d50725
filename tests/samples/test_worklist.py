"""Lists: late first, by key, in a fixed number of statements; public look-up; scanning."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import event

from lims import clock
from lims.errors import Invalid
from lims.samples import operations, queries
from tests.samples.conftest import authorise


@pytest.fixture
def jobs(house) -> list[int]:
    """Five jobs received on five days from Monday 2 March on; due three working days later each."""
    made = []
    for day in (2, 3, 4, 5, 6):
        with clock.at(datetime(2026, 3, day, 2, tzinfo=UTC)):
            made.append(house.job(house.new_item(f"A-{day}", "absorption", "flux"), received=True))
    return made


def statements(session, ask) -> list[str]:
    """Return the statements that a question takes."""
    seen: list[str] = []

    def count(conn, cursor, statement, *_) -> None:
        seen.append(statement)

    event.listen(session.get_bind(), "before_cursor_execute", count)
    try:
        ask()
    finally:
        event.remove(session.get_bind(), "before_cursor_execute", count)
    return seen


def test_the_worklist_of_a_laboratory_has_the_late_ones_first(house, session, jobs) -> None:
    with clock.at(datetime(2026, 3, 9, 2, tzinfo=UTC)):
        rows = queries.worklist(session, by=house.technician).rows
        assert [(row.item_label, row.due_on, row.late) for row in rows] == [
            ("A-2", date(2026, 3, 5), True),
            ("A-3", date(2026, 3, 6), True),
            ("A-4", date(2026, 3, 9), False),
            ("A-5", date(2026, 3, 10), False),
            ("A-6", date(2026, 3, 11), False),
        ]
        assert queries.late_count(session, by=house.technician) == 2


def test_pages_by_key_show_each_line_once(house, session, jobs) -> None:
    seen, cursor = [], None
    while True:
        page = queries.worklist(session, by=house.manager, cursor=cursor, limit=3)
        seen += [row.id for row in page.rows]
        cursor = page.cursor
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == 10
    assert seen == [row.id for row in queries.worklist(session, by=house.manager, limit=100).rows]


def test_a_page_takes_the_same_statements_at_any_length(house, session, jobs) -> None:
    technician, manager, clerk = house.technician, house.manager, house.clerk
    assert len(statements(session, lambda: queries.worklist(session, by=technician, limit=1))) == 1
    assert len(statements(session, lambda: queries.worklist(session, by=technician, limit=50))) == 1
    assert len(statements(session, lambda: queries.review_queue(session, by=manager))) == 1
    assert len(statements(session, lambda: queries.jobs(session, by=clerk))) == 1
    assert len(statements(session, lambda: queries.job_view(session, by=clerk, job_id=jobs[0]))) == 4


def test_my_worklist_has_what_was_given_to_me(house, session, jobs) -> None:
    technician = house.technician
    authorise(house, "technician", "absorption")
    line = queries.worklist(session, by=technician).rows[2]
    operations.assign_lines(session, by=technician, seen={line.id: 1}, person_id=technician.person_id)
    mine = queries.worklist(session, by=technician, person_id=technician.person_id).rows
    assert [row.id for row in mine] == [line.id]


def test_lines_that_wait_for_their_item_are_in_a_list_of_their_own(house, session, jobs) -> None:
    expected = house.job(house.new_item("later"))
    assert expected not in {row.job_id for row in queries.worklist(session, by=house.technician).rows}
    assert [row.job_id for row in queries.waiting(session, by=house.technician).rows] == [expected]


def test_the_review_queue_leaves_out_what_one_submitted_oneself(house, session, jobs) -> None:
    line = queries.worklist(session, by=house.technician).rows[0]
    edition = house.editions["absorption"]
    operations.start_line(session, by=house.technician, line_id=line.id, method_version_id=edition)
    operations.submit_line(session, by=house.reviewer, line_id=line.id, seen_version=None)
    assert queries.review_queue(session, by=house.reviewer).rows == ()
    assert [row.id for row in queries.review_queue(session, by=house.manager).rows] == [line.id]
    assert queries.review_queue(session, by=house.technician).rows == ()


def test_the_job_list_filters_by_phase_client_and_lateness(house, session, jobs) -> None:
    operations.hold_job(session, by=house.clerk, job_id=jobs[0], seen_version=1, why="papers")
    clerk = house.clerk
    assert [row.id for row in queries.jobs(session, by=clerk).rows] == jobs[::-1]
    assert [row.id for row in queries.jobs(session, by=clerk, phase="on hold").rows] == [jobs[0]]
    assert queries.jobs(session, by=clerk, client_id=house.client + 1).rows == ()
    with clock.at(datetime(2026, 3, 19, 2, tzinfo=UTC)):  # flux: ten working days, so A-3 was due on the 17th
        late = queries.jobs(session, by=clerk, late=True, limit=1)
        assert [row.id for row in late.rows] == [jobs[1]]
        assert [row.id for row in queries.jobs(session, by=clerk, late=True, cursor=late.cursor).rows] == [jobs[2]]


def test_jobs_are_found_by_words_number_reference_and_client(house, session, jobs) -> None:
    known = house.job(house.new_item("X"), client_reference="PO 77/12", purpose="export")
    number = queries.job_view(session, by=house.clerk, job_id=known).number
    for words in ("export", number, "PO 77/12"):
        assert [row.id for row in queries.jobs(session, by=house.clerk, words=words).rows] == [known]
    assert len(queries.jobs(session, by=house.clerk, words="公平").rows) == 6
    assert len(queries.jobs(session, by=house.clerk, words="fair tiles").rows) == 6
    assert (
        queries.jobs(session, by=house.technician, words="fair tiles").rows == ()
    )  # a client's name tells nothing here


def test_a_cursor_that_we_did_not_make_is_refused_with_a_sentence(house, session) -> None:
    for cursor in ("%%%", "e30", "WzEsMl0", "WyJ4Iiwx", "WyJ4IiwxXQ"):
        with pytest.raises(Invalid, match="Start again"):
            queries.worklist(session, by=house.clerk, cursor=cursor)


def test_the_public_sees_where_a_job_stands_with_number_and_code_only(house, session, jobs) -> None:
    view = queries.job_view(session, by=house.clerk, job_id=jobs[0])
    shown = queries.public_job(session, view.number.lower(), view.check_code.lower().replace("-", " "))
    assert (shown.number, shown.phase) == (view.number, "in progress")
    assert {"client", "client_code", "items", "lines"} & set(shown.__slots__) == set()
    assert queries.public_job(session, view.number, "AAAA-AAAA-AAAA") is None
    assert queries.public_job(session, "JN-2026-999999-0", view.check_code) is None


def test_scanning_a_label_finds_item_job_or_line(house, session, jobs) -> None:
    view = queries.job_view(session, by=house.clerk, job_id=jobs[0])
    item, line = view.items[0], view.lines[0]
    assert queries.find_scanned(session, by=house.technician, code=f" {item.number.lower()}\n") == ("item", item.id)
    assert queries.find_scanned(session, by=house.technician, code=view.number) == ("job", view.id)
    assert queries.find_scanned(session, by=house.technician, code=line.number) == ("line", line.id)
    assert queries.find_scanned(session, by=house.technician, code="4711") is None
