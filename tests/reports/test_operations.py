"""From reviewed lines to a report that left the house, and what is refused on the way."""

from __future__ import annotations

import io
import json

import pypdf
import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from lims.errors import Invalid, NotAllowed, NotFound, Refused, Stale
from lims.people.operations.signing import WrongPassword
from lims.people.records import Client, Laboratory, Signature
from lims.people.rights import Actor, Role
from lims.reports import operations, queries, render, seal
from lims.reports.operations.issuing import unsigned
from lims.reports.records import Report, ReportLine
from lims.results.records import Hold, Result
from lims.samples.records import Job, Line
from lims.store import audit, search
from tests.reports import bureau as setup
from tests.reports.bureau import PASSWORD, Bureau

BASE = "https://lims.example.test"


@pytest.fixture(scope="module")
def key(tmp_path_factory) -> seal.Key:
    """A demonstration key."""
    return seal.demonstration_key(tmp_path_factory.mktemp("seal"))


@pytest.fixture
def bureau(session) -> Bureau:
    """A bureau."""
    return setup.build(session)


@pytest.fixture
def manager(session, bureau) -> Actor:
    """A manager who may sign."""
    return bureau.manager(session)


@pytest.fixture
def job_id(session, bureau) -> int:
    """A job with one reviewed line."""
    return setup.job(session, bureau)


def view(session: Session, by: Actor, report_id: int) -> queries.ReportView:
    """The report as its page shows it."""
    return queries.report_view(session, by=by, report_id=report_id)


def approve(session: Session, by: Actor, report_id: int, **changes) -> str:
    """Approve what stands there."""
    shown = view(session, by, report_id)
    given = {"seen_version": shown.version, "content_hash": shown.content_hash, "password": PASSWORD, "base_url": BASE}
    return operations.approve(session, by=by, report_id=report_id, **{**given, **changes})


def issued(session: Session, by: Actor, job_id: int, key: seal.Key) -> int:
    """Draft, approve, seal and issue."""
    report_id = operations.draft(session, by=by, job_id=job_id)
    approve(session, by, report_id)
    operations.render_and_seal(session, report_id=report_id, sign=key.sign)
    operations.issue(session, by=by, report_id=report_id, seen_version=view(session, by, report_id).version)
    return report_id


def jobs_waiting(session: Session) -> list[tuple[str, dict]]:
    """Names and arguments of deferred jobs."""
    rows = session.execute(text("SELECT task_name, args FROM procrastinate_jobs ORDER BY id"))
    return [(row.task_name, row.args) for row in rows]


def test_a_report_goes_from_draft_to_issue(session, manager, job_id, key):
    report_id = operations.draft(session, by=manager, job_id=job_id)
    operations.send_for_review(session, by=manager, report_id=report_id, seen_version=1)
    number = approve(session, manager, report_id)
    shown = view(session, manager, report_id)
    assert shown.state == "approved"
    assert shown.number == number
    assert ("reports.seal", {"report_id": report_id, "issue_by": None}) in jobs_waiting(session)
    assert operations.render_and_seal(session, report_id=report_id, sign=key.sign)
    operations.issue(session, by=manager, report_id=report_id, seen_version=shown.version)
    line_id = shown.line_ids[0]
    assert session.get_one(Line, line_id).reported_at is not None
    content, name = operations.read_file(session, by=manager, report_id=report_id)
    assert name == f"{number}.pdf"
    assert seal.verify(content, key.above).genuine
    text_of = "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages)
    for words in (number, "Fair Tiles Ltd", "0.330", "Manager", "Laboratory manager", "Mettler Toledo", "at most 0.5"):
        assert words in text_of


def test_the_signature_binds_the_person_to_the_hash_that_was_shown(session, manager, job_id):
    report_id = operations.draft(session, by=manager, job_id=job_id)
    shown = view(session, manager, report_id).content_hash
    approve(session, manager, report_id)
    signature = session.scalars(select(Signature).where(Signature.thing == "report")).one()
    assert signature.content_hash == shown
    assert signature.person_id == manager.person_id
    assert signature.meaning == "approved"


def test_numbers_follow_each_other_and_carry_year_and_branch(session, bureau, manager):
    first, second = (
        approve(session, manager, operations.draft(session, by=manager, job_id=setup.job(session, bureau)))
        for _ in range(2)
    )
    assert first != second
    assert int(second.split("-")[2]) == int(first.split("-")[2]) + 1
    certificate = approve(
        session, manager, operations.draft(session, by=manager, job_id=setup.job(session, bureau, kind="volts"))
    )
    assert certificate.startswith("C")


def test_a_cancelled_draft_takes_no_number_and_frees_its_lines(session, manager, job_id):
    report_id = operations.draft(session, by=manager, job_id=job_id)
    with pytest.raises(Refused, match="No line of this job"):
        operations.draft(session, by=manager, job_id=job_id)
    operations.cancel(session, by=manager, report_id=report_id, seen_version=1, why="wrong language")
    again = operations.draft(session, by=manager, job_id=job_id, language="zh_Hant_TW")
    assert view(session, manager, report_id).state == "cancelled"
    assert view(session, manager, report_id).number is None
    assert view(session, manager, again).language == "zh_Hant_TW"


def test_an_approval_sent_twice_signs_once(session, manager, job_id):
    report_id = operations.draft(session, by=manager, job_id=job_id)
    shown = view(session, manager, report_id)
    form = {"seen_version": shown.version, "content_hash": shown.content_hash}
    first = approve(session, manager, report_id, **form)
    assert approve(session, manager, report_id, **form) == first
    assert len(session.scalars(select(Signature).where(Signature.thing == "report")).all()) == 1


def test_nobody_approves_a_stale_page(session, manager, job_id):
    report_id = operations.draft(session, by=manager, job_id=job_id)
    seen = view(session, manager, report_id)
    operations.edit_opinion(session, by=manager, report_id=report_id, seen_version=1, opinion="As expected.")
    with pytest.raises(Stale):
        approve(session, manager, report_id, seen_version=seen.version, content_hash=seen.content_hash)
    with pytest.raises(Stale):
        approve(session, manager, report_id, content_hash=seen.content_hash)
    assert view(session, manager, report_id).number is None


def test_a_wrong_password_signs_nothing(session, manager, job_id):
    report_id = operations.draft(session, by=manager, job_id=job_id)
    with pytest.raises(WrongPassword):
        approve(session, manager, report_id, password="wrong")
    assert view(session, manager, report_id).state == "draft"


def test_a_changed_client_name_makes_the_draft_old(session, bureau, manager, job_id):
    report_id = operations.draft(session, by=manager, job_id=job_id)
    session.get_one(Client, bureau.client).name = {"en": "Fairer Tiles Ltd"}
    session.flush()
    with pytest.raises(Refused, match="has changed since"):
        approve(session, manager, report_id)
    operations.refresh(session, by=manager, report_id=report_id, seen_version=1)
    assert approve(session, manager, report_id)
    assert view(session, manager, report_id).content["client"]["name"] == "Fairer Tiles Ltd"


def test_a_new_result_since_the_draft_is_not_approved_unseen(session, bureau, manager, job_id):
    report_id = operations.draft(session, by=manager, job_id=job_id)
    line = session.scalars(select(Line).where(Line.job_id == job_id)).one()
    setup.measure(session, bureau, line, number=2)
    with pytest.raises(Refused, match="has changed since"):
        approve(session, manager, report_id)


def test_signing_needs_competence_for_the_method(session, bureau, manager, job_id):
    report_id = operations.draft(session, by=manager, job_id=job_id)
    other = bureau.actor(session, "other manager", Role.MANAGER)
    with pytest.raises(Refused, match="not authorised to sign") as refusal:
        approve(session, other, report_id)
    assert refusal.value.rule == "signatory"


def test_approving_needs_the_right_in_this_branch(session, bureau, manager, job_id):
    report_id = operations.draft(session, by=manager, job_id=job_id)
    with pytest.raises(NotAllowed):
        approve(session, bureau.actor(session, "reviewer", Role.REVIEWER), report_id)
    with pytest.raises(NotFound):
        view(session, bureau.actor(session, "southerner", Role.MANAGER, elsewhere=True), report_id)


def test_the_reviewer_signs_unless_the_laboratory_is_stricter(session, bureau, job_id):
    boss = bureau.manager(session, "reviewer")  # the same person who reviewed, now with a manager's rights
    report_id = operations.draft(session, by=boss, job_id=job_id)
    session.get_one(Laboratory, bureau.laboratory).reviewer_may_sign = False
    session.flush()
    with pytest.raises(Refused, match="wants another person"):
        approve(session, boss, report_id)
    session.get_one(Laboratory, bureau.laboratory).reviewer_may_sign = True
    session.flush()
    assert approve(session, boss, report_id)


def test_only_reviewed_lines_are_reported(session, bureau, manager):
    job_id = setup.job(session, bureau, reviewed=False)
    with pytest.raises(Refused, match="No line of this job"):
        operations.draft(session, by=manager, job_id=job_id)
    line_id = session.scalars(select(Line.id).where(Line.job_id == job_id)).one()
    with pytest.raises(Refused, match="has not been reviewed yet"):
        operations.draft(session, by=manager, job_id=job_id, line_ids=[line_id])


def test_a_line_of_another_job_is_not_slipped_in(session, bureau, manager, job_id):
    other = setup.job(session, bureau)
    line_id = session.scalars(select(Line.id).where(Line.job_id == other)).one()
    with pytest.raises(Invalid):
        operations.draft(session, by=manager, job_id=job_id, line_ids=[line_id])


def test_tests_and_calibrations_are_two_documents(session, bureau, manager, job_id):
    job = session.get_one(Job, job_id)
    first = session.scalars(select(Line).where(Line.job_id == job_id)).one()
    item = session.get_one(setup.Item, first.item_id)
    setup.line(session, bureau, job, item, 2, kind="volts")
    with pytest.raises(Refused, match="two documents"):
        operations.draft(session, by=manager, job_id=job_id)


def hold(session: Session, bureau: Bureau, job_id: int) -> Hold:
    """Put a hold on the result of a job's line."""
    result = session.scalars(select(Result).join(Line, Line.id == Result.line_id).where(Line.job_id == job_id)).first()
    assert result is not None
    row = Hold(
        result_id=result.id,
        reason="QC failed",
        source="qc:1",
        placed_at=setup.MEASURED,
        placed_by_id=bureau.people["technician"],
    )
    session.add(row)
    session.flush()
    return row


def test_a_hold_stops_draft_approval_and_issue(session, bureau, manager, job_id, key):
    placed = hold(session, bureau, job_id)
    line_ids = list(session.scalars(select(Line.id).where(Line.job_id == job_id)))
    with pytest.raises(Refused, match="on hold"):
        operations.draft(session, by=manager, job_id=job_id, line_ids=line_ids)
    placed.released_at = setup.MEASURED
    session.flush()
    report_id = operations.draft(session, by=manager, job_id=job_id)
    second = hold(session, bureau, job_id)
    with pytest.raises(Refused, match="on hold"):
        approve(session, manager, report_id)
    second.released_at = setup.MEASURED
    session.flush()
    approve(session, manager, report_id)
    operations.render_and_seal(session, report_id=report_id, sign=key.sign)
    hold(session, bureau, job_id)
    with pytest.raises(Refused, match="on hold"):
        operations.issue(session, by=manager, report_id=report_id, seen_version=None)


def test_nothing_is_issued_before_its_seal(session, manager, job_id):
    report_id = operations.draft(session, by=manager, job_id=job_id)
    approve(session, manager, report_id)
    with pytest.raises(Refused, match="seal is still being made"):
        operations.issue(session, by=manager, report_id=report_id, seen_version=None)
    assert queries.public(session, *_public_key(session, report_id)) is None


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


def test_a_client_with_a_character_nobody_can_print_is_refused_at_draft(session, bureau, manager, job_id):
    session.get_one(Client, bureau.client).name = {"en": "Fair 😀 Tiles"}
    session.flush()
    with pytest.raises(Refused, match="U\\+1F600"):
        operations.draft(session, by=manager, job_id=job_id)


def test_an_opinion_that_is_a_program_stays_an_opinion(session, manager, job_id):
    report_id = operations.draft(session, by=manager, job_id=job_id, opinion='#panic("x") <b>*</b>')
    pages = pypdf.PdfReader(io.BytesIO(operations.preview(session, by=manager, report_id=report_id))).pages
    assert '#panic("x") <b>*</b>' in "\n".join(page.extract_text() for page in pages)


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
    public = queries.public(session, *_public_key(session, first))
    assert public is not None
    assert public.superseded_by == number


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
    public = queries.public(session, *_public_key(session, report_id))
    assert public is not None
    assert public.state == "withdrawn"
    assert public.withdrawn_on is not None


def _public_key(session: Session, report_id: int) -> tuple[str, str]:
    report = session.get_one(Report, report_id)
    return report.number or "", report.check_code


def test_the_public_learns_only_whether_it_is_genuine(session, manager, job_id, key):
    report_id = issued(session, manager, job_id, key)
    number, code = _public_key(session, report_id)
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
    number, code = _public_key(session, report_id)
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


def test_frozen_content_is_what_the_preview_prints(session, manager, job_id):
    report_id = operations.draft(session, by=manager, job_id=job_id)
    report = session.get_one(Report, report_id)
    assert operations.preview(session, by=manager, report_id=report_id) == render.pdf(
        json.loads(report.content), render.unapproved(json.loads(report.content), report.content_hash)
    )
