"""The worker's own tasks, as the worker runs them."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from lims import clock
from lims.store import audit, idempotency, jobs, outbox
from lims.store.db import transaction
from lims.store.outbox import OutboxMessage
from lims.worker import housekeeping, runner
from lims.worker import outbox as handlers
from tests.fixtures.mail import MailServer

TASKS = (*handlers.TASKS, *housekeeping.TASKS)


@pytest.fixture
def mailbox():
    with MailServer() as server:
        yield server.mailbox
        server.shutdown()


def work(settings, factory) -> None:
    async def until_done() -> None:
        app = runner.application(settings, TASKS, factory)
        async with app.open_async():
            await app.run_worker_async(wait=False, install_signal_handlers=False, delete_jobs="successful")

    asyncio.run(until_done())


def post(factory) -> int:
    with transaction(factory) as session:
        return outbox.post(
            session, by=None, to="wang@example.com", subject="Ready", body="It is ready.", language="en",
            thing="report", thing_id=1, branch_id=1,
        )  # fmt: skip


def test_a_posted_message_is_mailed_by_the_worker(settings, module_sessions, mailbox):
    settings = replace(
        settings, mail_host="127.0.0.1", mail_port=mailbox.port, mail_security="none", mail_sender="lab@example.org"
    )
    number = post(module_sessions)
    work(settings, module_sessions)
    assert [mail["Subject"] for mail in mailbox.received] == ["Ready"]
    with transaction(module_sessions) as session:
        assert session.get_one(OutboxMessage, number).state == "sent"
        assert jobs.undone(session, ["todo", "doing", "failed"]) == []


def test_a_message_posted_before_there_was_a_mail_server_is_mailed_once_there_is(settings, module_sessions, mailbox):
    with clock.at(clock.now() - timedelta(hours=1)):
        number = post(module_sessions)
    work(settings, module_sessions)
    with transaction(module_sessions) as session:
        assert session.get_one(OutboxMessage, number).state == "queued"
        assert jobs.undone(session, ["todo", "doing", "failed"]) == []
    settings = replace(
        settings, mail_host="127.0.0.1", mail_port=mailbox.port, mail_security="none", mail_sender="lab@example.org"
    )
    with transaction(module_sessions) as session:
        jobs.defer(session, "outbox.sweep")
    work(settings, module_sessions)
    assert len(mailbox.received) == 1


def test_a_job_of_a_message_that_is_not_there_does_no_harm(settings, module_sessions):
    with transaction(module_sessions) as session:
        jobs.defer(session, outbox.SEND, message_id=99)
    work(settings, module_sessions)
    with transaction(module_sessions) as session:
        assert jobs.undone(session, ["todo", "doing", "failed"]) == []


def test_the_night_forgets_old_answers_and_keeps_new_ones(settings, module_sessions):
    for key, age in (("old", 8), ("new", 6)):
        with clock.at(clock.now() - timedelta(days=age)), transaction(module_sessions) as session:
            idempotency.begin(session, owner="person:1", key=key, request_hash="a")
            idempotency.finish(session, owner="person:1", key=key, status=200, body="")
    with transaction(module_sessions) as session:
        jobs.defer(session, "housekeeping.sweep")
    work(settings, module_sessions)
    with transaction(module_sessions) as session:
        assert session.scalars(text("SELECT key FROM idempotency_key")).all() == ["new"]


def test_the_heads_of_the_audit_chains_go_into_the_log(settings, module_sessions, caplog):
    with transaction(module_sessions) as session:
        audit.record(session, by=None, thing="kettle", thing_id=1, action="boil", branch_id=42)
    with transaction(module_sessions) as session:
        jobs.defer(session, "housekeeping.note heads")
        head = session.scalar(text("SELECT head FROM audit_chain WHERE chain = 'branch:42'"))
    with caplog.at_level(logging.INFO, logger="lims.worker.housekeeping"):
        work(settings, module_sessions)
    assert f"audit head branch:42 1 {head}" in caplog.text
