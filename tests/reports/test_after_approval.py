"""After approval: seal, issue, public check, amendment, withdrawal, and what nobody can change any more."""

from __future__ import annotations

import io

import pypdf
import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError

from lims.errors import Invalid, Refused
from lims.people.rights import Role
from lims.reports import operations, queries
from lims.reports.operations.issuing import unsigned
from lims.reports.records import Report, ReportLine
from lims.samples.records import Job, Line
from lims.store import audit, search
from tests.reports import bureau as setup
from tests.reports.steps import BASE, approve, issued, public_key, view


def test_nothing_is_issued_before_its_seal(session, manager, job_id):
    report_id = operations.draft(session, by=manager, job_id=job_id)
    approve(session, manager, report_id)
    with pytest.raises(Refused, match="seal is still being made"):
        operations.issue(session, by=manager, report_id=report_id, seen_version=None)
    assert queries.public(session, *public_key(session, report_id)) is None


def test_the_seal_is_made_once(session, manager, job_id, key):
    report_id = operations.draft(session, by=manager, job_id=job_id)
    approve(session, manager, report_id)
    assert operations.render_and_seal(session, report_id=report_id, sign=key.sign)
    digest = view(session, manager, report_id).sha256
    assert not operations.render_and_seal(session, report_id=report_id, sign=key.sign)
    assert view(session, manager, report_id).sha256 == digest


def test_the_unsigned_pages_can_be_made_again_byte_for_byte(session, manager, job_id, key):
    report_id = issued(session, manager, job_id, key)
    report = session.get_one(Report, report_id)
    sealed, _name = operations.read_file(session, by=manager, report_id=report_id)
    assert sealed.startswith(unsigned(report))


def test_amending_supersedes_only_when_the_new_one_is_issued(session, manager, job_id, key):
    first = issued(session, manager, job_id, key)
    amended = operations.amend(session, by=manager, report_id=first, why="The client's mark was wrong.")
    with pytest.raises(Refused, match="being made already"):
        operations.amend(session, by=manager, report_id=first, why="Again.")
    assert view(session, manager, first).state == "issued"
    number = approve(session, manager, amended)
    operations.render_and_seal(session, report_id=amended, sign=key.sign)
    assert view(session, manager, first).state == "issued"
    operations.issue(session, by=manager, report_id=amended, seen_version=None)
    original = view(session, manager, first)
    assert original.state == "superseded"
    assert original.amended_by_number == number
    content, _name = operations.read_file(session, by=manager, report_id=amended)
    text_of = "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages)
    assert f"replaces number {original.number}" in text_of.replace("\n", " ")
    assert "The client's mark was wrong." in text_of
    public = queries.public(session, *public_key(session, first))
    assert public is not None
    assert public.superseded_by == number


def test_an_amendment_is_issued_although_its_original_was_withdrawn_meanwhile(session, manager, job_id, key):
    first = issued(session, manager, job_id, key)
    amended = operations.amend(session, by=manager, report_id=first, why="The client's mark was wrong.")
    seen = view(session, manager, first).version
    operations.withdraw(session, by=manager, report_id=first, seen_version=seen, why="The wrong item.")
    approve(session, manager, amended)
    operations.render_and_seal(session, report_id=amended, sign=key.sign)
    operations.issue(session, by=manager, report_id=amended, seen_version=None)
    assert view(session, manager, amended).state == "issued"
    assert view(session, manager, first).state == "withdrawn"


def test_an_amendment_needs_its_reason_and_an_issued_report(session, manager, job_id, key):
    report_id = operations.draft(session, by=manager, job_id=job_id)
    with pytest.raises(Refused, match="only an issued report"):
        operations.amend(session, by=manager, report_id=report_id, why="x")
    operations.cancel(session, by=manager, report_id=report_id, seen_version=1, why="x")
    with pytest.raises(Invalid):
        operations.amend(session, by=manager, report_id=issued(session, manager, job_id, key), why="  ")


def test_an_amendment_takes_the_copy_of_a_retracted_line(session, bureau, manager, job_id, key):
    first = issued(session, manager, job_id, key)
    line = session.scalars(select(Line).where(Line.job_id == job_id)).one()
    line.state = "retracted"
    session.flush()
    copy = setup.line(
        session, bureau, session.get_one(Job, job_id), session.get_one(setup.Item, line.item_id), 2, copy_of_id=line.id,
        copy_kind="retract",
    )  # fmt: skip
    amended = operations.amend(session, by=manager, report_id=first, why="The first weighing was wrong.")
    assert view(session, manager, amended).line_ids == (copy.id,)


def test_a_withdrawn_report_says_so_to_the_public(session, manager, job_id, key):
    report_id = issued(session, manager, job_id, key)
    version = view(session, manager, report_id).version
    with pytest.raises(Invalid):
        operations.withdraw(session, by=manager, report_id=report_id, seen_version=version, why="")
    operations.withdraw(session, by=manager, report_id=report_id, seen_version=version, why="Wrong item.")
    public = queries.public(session, *public_key(session, report_id))
    assert public is not None
    assert public.state == "withdrawn"
    assert public.withdrawn_on is not None


def test_the_public_learns_only_whether_it_is_genuine(session, manager, job_id, key):
    report_id = issued(session, manager, job_id, key)
    number, code = public_key(session, report_id)
    public = queries.public(session, number, code)
    assert public is not None
    assert public.sha256 == view(session, manager, report_id).sha256
    assert "Fair Tiles" not in repr(public)
    assert queries.public(session, number.lower(), code.lower().replace("-", " ")) == public
    wrong = ("0" if code[0] != "0" else "1") + code[1:]
    assert queries.public(session, number, wrong) is None
    assert queries.public(session, "RN-2026-999999-9", code) is None


def test_the_printed_address_is_that_of_the_public_page(session, manager, job_id):
    report_id = operations.draft(session, by=manager, job_id=job_id)
    approve(session, manager, report_id)
    number, code = public_key(session, report_id)
    approval = view(session, manager, report_id).approval
    assert approval is not None
    assert approval["url"] == f"{BASE}/r/{number}/{code}"


def test_reading_is_an_event_that_names_the_reader(session, bureau, manager, job_id):
    report_id = operations.draft(session, by=manager, job_id=job_id)
    auditor = bureau.actor(session, "auditor", Role.AUDITOR)
    operations.read_report(session, by=auditor, report_id=report_id)
    operations.preview(session, by=auditor, report_id=report_id)
    session.commit()
    events = [(event.actor, event.action) for event in audit.time_line(session, "report", report_id)]
    assert ("auditor", "read") in events
    assert ("auditor", "read preview") in events


def test_a_report_is_found_by_its_number_and_by_its_client(session, manager, job_id):
    number = approve(session, manager, operations.draft(session, by=manager, job_id=job_id))
    assert [found.title for found in search.find(session, number, kinds=["report"])] == [number]
    assert number in [found.title for found in search.find(session, "公平磁磚", kinds=["report"])]


@pytest.mark.parametrize(
    "change",
    ["content = '{}'", "content_hash = 'x'", "number = 'R-1'", "check_code = 'x'", "approval = '{}'", "opinion = 'x'"],
)
def test_the_database_keeps_approved_content(session, manager, job_id, change):
    report_id = operations.draft(session, by=manager, job_id=job_id)
    approve(session, manager, report_id)
    with pytest.raises(DBAPIError, match="frozen"):
        session.execute(text(f"UPDATE report SET {change} WHERE id = {report_id}"))  # noqa: S608 - our own words


def test_the_database_keeps_the_file_and_the_lines_of_a_sealed_report(session, manager, job_id, key):
    report_id = issued(session, manager, job_id, key)
    for statement in (
        update(Report).where(Report.id == report_id).values(file_digest=b"x" * 32),
        update(ReportLine).where(ReportLine.report_id == report_id).values(position=9),
    ):
        with pytest.raises(DBAPIError), session.begin_nested():
            session.execute(statement)


def test_a_list_shows_what_one_may_read_newest_first_by_pages(session, bureau, manager):
    made = [operations.draft(session, by=manager, job_id=setup.job(session, bureau)) for _ in range(5)]
    page = queries.reports(session, by=manager, limit=3)
    assert [row.id for row in page.rows] == made[:1:-1]
    rest = queries.reports(session, by=manager, limit=3, cursor=page.cursor)
    assert [row.id for row in rest.rows][:2] == made[1::-1]
    southerner = bureau.actor(session, "southerner", Role.MANAGER, elsewhere=True)
    assert queries.reports(session, by=southerner).rows == ()


def test_the_job_page_learns_why_a_line_has_to_wait(session, bureau, manager):
    job_id = setup.job(session, bureau, lines=2)
    first, second = session.scalars(select(Line).where(Line.job_id == job_id).order_by(Line.position))
    second.state = "submitted"
    session.flush()
    ready, waiting = queries.draftable(session, by=manager, job_id=job_id)
    assert (ready.line_id, ready.because) == (first.id, "")
    assert "not been reviewed" in waiting.because
