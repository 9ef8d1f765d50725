"""From reviewed lines to a signature, and what is refused on the way."""

from __future__ import annotations

import io
import json
import re
from zoneinfo import ZoneInfo

import pypdf
import pytest
from sqlalchemy import select

from lims.errors import Invalid, NotAllowed, NotFound, Refused, Stale
from lims.people.operations.signing import WrongPassword
from lims.people.records import Client, Laboratory, Signature
from lims.people.rights import Role
from lims.reports import operations, render, seal
from lims.reports.operations.issuing import unsigned
from lims.reports.records import Report
from lims.samples.records import Job, Line
from tests.reports import bureau as setup
from tests.reports.steps import approve, hold, jobs_waiting, view


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


def test_a_report_in_chinese_is_dated_in_both_years(session, manager, job_id):
    report_id = operations.draft(session, by=manager, job_id=job_id, language="zh_Hant_TW")
    approve(session, manager, report_id)
    report = session.get_one(Report, report_id)
    on = report.approved_at.astimezone(ZoneInfo("Asia/Taipei"))
    both = f"{on.year}年{on.month}月{on.day}日（民國{on.year - 1911}年）"
    assert json.loads(report.approval)["issued_on"] == both
    if render.has_chinese():
        reader = pypdf.PdfReader(io.BytesIO(unsigned(report)))
        printed = "".join(page.extract_text() for page in reader.pages)
        assert both in re.sub(" ", "", printed)  # unbroken by a line


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


def test_a_client_with_a_character_nobody_can_print_is_refused_at_draft(session, bureau, manager, job_id):
    session.get_one(Client, bureau.client).name = {"en": "Fair 😀 Tiles"}
    session.flush()
    with pytest.raises(Refused, match="U\\+1F600"):
        operations.draft(session, by=manager, job_id=job_id)


def test_an_opinion_that_is_a_program_stays_an_opinion(session, manager, job_id):
    report_id = operations.draft(session, by=manager, job_id=job_id, opinion='#panic("x") <b>*</b>')
    pages = pypdf.PdfReader(io.BytesIO(operations.preview(session, by=manager, report_id=report_id))).pages
    assert '#panic("x") <b>*</b>' in "\n".join(page.extract_text() for page in pages)


def test_frozen_content_is_what_the_preview_prints(session, manager, job_id):
    report_id = operations.draft(session, by=manager, job_id=job_id)
    report = session.get_one(Report, report_id)
    assert operations.preview(session, by=manager, report_id=report_id) == render.pdf(
        json.loads(report.content), render.unapproved(json.loads(report.content), report.content_hash)
    )
