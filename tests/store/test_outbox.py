"""The outbox: a message is sent or still there, over a real SMTP conversation."""

from __future__ import annotations

import socket
from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from lims import clock
from lims.errors import Invalid, NotFound
from lims.store import audit, jobs, outbox
from lims.store.db import transaction
from lims.store.outbox import Message, MessageState, OutboxMessage
from tests.fixtures.mail import MailServer
from tests.store.people import Somebody

LIN = Somebody()


@pytest.fixture
def mailbox():
    with MailServer() as server:
        yield server.mailbox
        server.shutdown()


@pytest.fixture
def by_mail(mailbox):
    return outbox.mail_through(
        outbox.MailServer(host="127.0.0.1", port=mailbox.port, security="none", sender="lab@example.org", patience=2)
    )


def post(session, to: str = "wang@example.com", subject: str = "報告已出具 / Report issued", **more) -> int:
    return outbox.post(
        session, by=LIN, to=to, subject=subject, body="試驗報告 JN-1 已出具。\n.\nThe report is ready.\n",
        language="zh_Hant_TW", thing="report", thing_id=1, branch_id=1, **more,
    )  # fmt: skip


def row(session, number: int) -> OutboxMessage:
    return session.get_one(OutboxMessage, number, populate_existing=True)


def waiting(session) -> list[jobs.JobView]:
    return jobs.undone(session, ["todo"])


def drop_jobs(session) -> None:
    session.execute(text("DELETE FROM procrastinate_jobs"))


def test_a_message_is_queued_with_its_job_in_the_transaction_that_causes_it(session):
    number = post(session)
    session.commit()
    (job,) = waiting(session)
    assert (job.task, job.args) == (outbox.SEND, {"message_id": number})
    (event,) = audit.time_line(session, "report", 1)
    assert (event.action, event.new["to"]) == ("message queued", "wang@example.com")
    post(session)
    session.rollback()
    assert len(waiting(session)) == 1
    assert len(session.scalars(select(OutboxMessage)).all()) == 1


def test_a_message_arrives_as_it_was_written(session, mailbox, by_mail):
    number = post(session)
    outbox.send(session, number, by_mail)
    (mail,) = mailbox.received
    assert mailbox.recipients == ["wang@example.com"]
    assert mail["To"] == "wang@example.com"
    assert mail["From"] == "lab@example.org"
    assert mail["Subject"] == "報告已出具 / Report issued"
    assert mail["Content-Language"] == "zh-Hant-TW"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail.get_content().replace("\r\n", "\n") == "試驗報告 JN-1 已出具。\n.\nThe report is ready.\n"
    sent = row(session, number)
    assert (sent.state, sent.tries, sent.last_error) == (MessageState.SENT, 1, "")
    assert sent.sent_at is not None


def test_a_sent_message_is_not_sent_again(session, mailbox, by_mail):
    number = post(session)
    outbox.send(session, number, by_mail)
    outbox.send(session, number, by_mail)
    assert len(mailbox.received) == 1


def test_a_second_copy_after_a_crash_has_the_same_message_id(session, mailbox, by_mail):
    number = post(session)
    session.commit()
    outbox.send(session, number, by_mail)
    session.rollback()  # the server has it, we never heard
    outbox.send(session, number, by_mail)
    first, second = mailbox.received
    assert first["Message-ID"] == second["Message-ID"]


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ({"GREETING": "421 too busy"}, "421 too busy"),
        ({"MAIL": "451 later"}, "451 later"),
        ({"RCPT": "450 mailbox busy"}, "450 mailbox busy"),
        ({"MAIL DATA": "452 full"}, "452 full"),
        ({"MAIL": "550 sender unknown"}, "550 sender unknown"),  # our own fault: it can be mended
        ({"DATA": ""}, "does not answer"),
        ({"GREETING": ""}, "does not answer"),
    ],
)
def test_what_may_go_well_later_is_tried_later(session, mailbox, by_mail, answers, words):
    mailbox.answers.update(answers)
    number = post(session)
    drop_jobs(session)
    outbox.send(session, number, by_mail)
    assert (row(session, number).state, row(session, number).tries) == (MessageState.QUEUED, 1)
    assert words in row(session, number).last_error
    (job,) = waiting(session)
    assert timedelta(seconds=20) < job.next_at - clock.now() <= timedelta(seconds=30)
    mailbox.answers.clear()
    outbox.send(session, number, by_mail)
    assert row(session, number).state == MessageState.SENT


@pytest.mark.parametrize("answers", [{"RCPT": "550 no such person"}, {"MAIL DATA": "554 not wanted"}])
def test_what_is_refused_for_good_fails_visibly(session, mailbox, by_mail, answers):
    mailbox.answers.update(answers)
    number = post(session)
    drop_jobs(session)
    outbox.send(session, number, by_mail)
    assert row(session, number).state == MessageState.FAILED
    assert answers.popitem()[1] in row(session, number).last_error
    assert waiting(session) == []


def test_nobody_listening_is_no_loss_and_in_the_end_a_failure_that_is_seen(session):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    nobody = outbox.mail_through(outbox.MailServer(host="127.0.0.1", port=port, sender="lab@example.org", patience=1))
    number = post(session)
    for _ in range(outbox.TRIES):
        assert row(session, number).state == MessageState.QUEUED
        drop_jobs(session)
        outbox.send(session, number, nobody)
    assert row(session, number).state == MessageState.FAILED


def test_a_failed_message_can_be_sent_again_by_hand(session, mailbox, by_mail):
    mailbox.answers["RCPT"] = "550 no such person"
    number = post(session)
    outbox.send(session, number, by_mail)
    mailbox.answers.clear()
    drop_jobs(session)
    outbox.send_again(session, by=LIN, message_id=number)
    (job,) = waiting(session)
    outbox.send(session, job.args["message_id"], by_mail)
    assert row(session, number).state == MessageState.SENT
    with pytest.raises(NotFound):
        outbox.send_again(session, by=LIN, message_id=number)


def test_without_a_server_a_message_waits_and_costs_no_try(session):
    number = post(session)
    outbox.send(session, number, None)
    assert (row(session, number).state, row(session, number).tries) == (MessageState.QUEUED, 0)
    assert "No server is set" in row(session, number).last_error


def test_a_message_whose_job_was_lost_gets_one_again(session):
    with clock.at(clock.now() - timedelta(hours=1)):
        number = post(session)
        short = post(session, channel="sms", to="0912345678")
    drop_jobs(session)
    outbox.sweep(session, outbox.Channel.MAIL)
    outbox.sweep(session, outbox.Channel.MAIL)
    assert [job.args["message_id"] for job in waiting(session)] == [number]
    assert outbox.channel_of(session, short) == "sms"


@pytest.mark.parametrize("address", ["", "wang", "wang@", "wang@exa mple.com", "a@example.com\nBcc: b@example.com"])
def test_what_is_no_address_is_refused_when_it_is_posted(session, address):
    with pytest.raises(Invalid, match="is no e-mail address"):
        post(session, to=address)


def test_a_subject_can_not_smuggle_a_header(session, mailbox, by_mail):
    number = post(session, subject="Hello\r\nBcc: everybody@example.com")
    outbox.send(session, number, by_mail)
    (mail,) = mailbox.received
    assert mail["Subject"] == "Hello Bcc: everybody@example.com"
    assert mail["Bcc"] is None


def test_two_workers_do_not_send_one_message_twice(module_sessions):
    with transaction(module_sessions) as session:
        number = post(session)
    sent: list[Message] = []

    def slow(message: Message) -> None:
        with transaction(module_sessions) as other:
            outbox.send(other, number, sent.append)
        sent.append(message)

    with transaction(module_sessions) as session:
        outbox.send(session, number, slow)
    assert len(sent) == 1


@pytest.mark.parametrize("words", ["UPDATE outbox_message SET body = ''", "DELETE FROM outbox_message"])
def test_what_was_said_is_kept_by_the_database(owner_engine, module_sessions, words):
    with transaction(module_sessions) as session:
        post(session)
    with owner_engine.connect() as connection, pytest.raises(DBAPIError, match=r"is frozen|is refused"):
        connection.execute(text(words))
