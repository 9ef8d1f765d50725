"""Who looks after the system sees what failed and tries it again, and learns no client from it."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import text, update

from lims.errors import Refused
from lims.people.rights import Role
from lims.store import audit, jobs, outbox, verification
from lims.store.db import transaction
from lims.store.outbox import MessageState, OutboxMessage
from lims.web import upkeep
from lims.worker.tasks import TASKS


def rows(page: str) -> list[str]:
    """Return the text of each row of the page's tables."""
    plain = (re.sub(r"<[^>]+>", " ", row) for row in re.findall(r"<tr>.*?</tr>", page, re.DOTALL))
    return [" ".join(row.split()) for row in plain]


@pytest.fixture(scope="module")
def failed_job(module_sessions, bureau_of_roles) -> int:
    """A job that failed for good, with an address in what it said."""
    with transaction(module_sessions) as session:
        number = jobs.defer(session, "reports.seal", report_id=5)
        error = Refused("No letter for 'x'; ask client@bright.example.", rule="letters")
        jobs.keep_fault(session, job_id=number, task="reports.seal", attempt=1, error=error)
        session.execute(text("UPDATE procrastinate_jobs SET status = 'doing' WHERE id = :id"), {"id": number})
        session.execute(text("UPDATE procrastinate_jobs SET status = 'failed' WHERE id = :id"), {"id": number})
    return number


@pytest.fixture(scope="module")
def messages(module_sessions, bureau_of_roles) -> dict[str, int]:
    """A message to one of us and one to a client, both failed."""
    made = {}
    with transaction(module_sessions) as session:
        for thing, to in (("invitation", "new@example.org"), ("report", "client@bright.example")):
            made[thing] = outbox.post(
                session,
                by=None,
                to=to,
                subject=f"For {to}",
                body="secret word",
                language="en",
                thing=thing,
                thing_id=7,
                branch_id=bureau_of_roles.north,
            )
            error = f"The mail server refused the message: 550 no such mailbox <{to}>"
            failed = update(OutboxMessage).where(OutboxMessage.id == made[thing])
            session.execute(failed.values(state=MessageState.FAILED, last_error=error, tries=12))
    return made


def test_every_task_of_the_worker_has_a_name_in_words():
    assert {task.name for task in TASKS} == set(upkeep.TASKS)


def test_a_failed_job_is_shown_with_its_reason_and_tried_again(as_, failed_job, module_sessions):
    admin = as_(Role.ADMINISTRATOR)
    today = admin.get("/")
    assert "Print and seal a report" in today
    assert "client@bright.example" not in today
    assert "Failed by itself" not in as_(Role.MANAGER).get("/")
    page = admin.get("/upkeep/jobs")
    (row,) = [row for row in rows(page) if row.startswith(f"{failed_job} ")]
    assert "Print and seal a report" in row
    assert "report 5" in row
    assert "No letter for" in row
    assert "client@bright.example" not in page
    admin.send(page, f"/upkeep/jobs/{failed_job}/retry")
    assert not [row for row in rows(admin.get("/upkeep/jobs")) if row.startswith(f"{failed_job} ")]
    assert [row for row in rows(admin.get("/upkeep/jobs?state=waiting")) if row.startswith(f"{failed_job} ")]
    with transaction(module_sessions) as session:
        (event,) = audit.time_line(session, "background job", failed_job)
        assert (event.action, event.new) == ("retry", {"task": "reports.seal"})
        assert event.person_id is not None
        session.execute(text("DELETE FROM procrastinate_jobs WHERE id = :id"), {"id": failed_job})


def test_an_administrator_sees_that_a_client_s_message_failed_and_not_whom_it_was_for(as_, messages):
    page = as_(Role.ADMINISTRATOR).get("/upkeep/messages")
    assert "new@example.org" in page
    assert "report 7" in page
    assert "550 no such mailbox" in page
    assert "bright.example" not in page
    assert "secret word" not in page


def test_quality_staff_sees_the_messages_of_the_own_branch_and_sends_nothing(as_, messages):
    north, south = as_(Role.QUALITY), as_(Role.QUALITY, south=True)
    page = north.get("/upkeep/messages")
    assert "client@bright.example" in page
    assert "/send" not in page
    assert "bright.example" not in south.get("/upkeep/messages")


def test_a_failed_message_is_sent_again_by_an_administrator(as_, messages, module_sessions):
    admin, quality = as_(Role.ADMINISTRATOR), as_(Role.QUALITY)
    number = messages["invitation"]
    page = admin.get("/upkeep/messages")
    quality.get(f"/upkeep/messages/{number}/send", status=405)
    admin.send(page, f"/upkeep/messages/{number}/send")
    assert "new@example.org" in admin.get("/upkeep/messages?state=waiting")
    admin.send(page, f"/upkeep/messages/{number}/send", status=303)  # the same form sent again
    with transaction(module_sessions) as session:
        events = audit.time_line(session, "invitation", 7)
        assert [event.action for event in events].count("message queued again") == 1


@pytest.mark.parametrize("role", [Role.CLERK, Role.TECHNICIAN, Role.REVIEWER, Role.MANAGER, Role.METHOD_OWNER])
def test_who_neither_audits_nor_administers_has_no_business_there(as_, role):
    for address in ("/upkeep/jobs", "/upkeep/messages", "/audit/verification", "/audit/heads.txt"):
        as_(role).get(address, status=403)


def test_a_verification_is_asked_for_shows_how_far_it_is_and_what_it_found(as_, module_sessions, bureau_of_roles):
    quality = as_(Role.QUALITY)
    page = quality.get("/audit/verification")
    assert "Nobody has verified it yet" in page
    quality.send(page, "/audit/verification")
    live = quality.browser.get("/audit/verification/live")
    assert 'data-live="yes"' in live.text
    tag = live.headers["ETag"]
    assert quality.browser.get("/audit/verification/live", headers={"If-None-Match": tag}).status_code == 304
    with transaction(module_sessions) as session:
        verification.run(session, verification.checks(session)[0].id)
    assert 'data-live="no"' in quality.get("/audit/verification/live")
    page = quality.get("/audit/verification")
    assert "unbroken" in page
    assert "N · North" in page


def test_a_break_is_shown_with_the_branch_s_name_and_what_to_do(as_, module_sessions, owner_engine, bureau_of_roles):
    chained = f"branch:{bureau_of_roles.north}"
    with owner_engine.begin() as owner:
        owner.execute(text("ALTER TABLE audit_event DISABLE TRIGGER USER"))
        broken = "link_id = (SELECT id FROM audit_link WHERE chain = :chain AND seq = 1)"
        owner.execute(text(f"UPDATE audit_event SET why = 'x' WHERE {broken}"), {"chain": chained})  # noqa: S608
    with transaction(module_sessions) as session:
        verification.run(session, verification.ask(session, by=None))
    page = as_(Role.ADMINISTRATOR).get("/audit/verification")
    assert "chain N · North, link 1: its events differ from its content." in " ".join(
        re.sub(r"<[^>]+>", " ", page).split()
    )
    assert "Change nothing." in page
    assert "its events differ from its content" in as_(Role.AUDITOR).get("/")


def test_the_heads_can_be_kept_elsewhere_in_the_form_that_the_command_reads(as_, tmp_path):
    from lims.cli.audit import read_heads

    file = tmp_path / "heads"
    file.write_text(as_(Role.QUALITY).get("/audit/heads.txt"))
    assert {head.chain for head in read_heads(file)} >= {"bureau"}
