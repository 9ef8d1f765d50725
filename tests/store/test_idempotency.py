"""A request that comes twice is done once."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from lims import clock
from lims.errors import Refused
from lims.store import idempotency
from lims.store.db import transaction
from lims.store.idempotency import Answer
from lims.store.numbering import next_number

ASKED = {"owner": "person:7", "key": "k-1"}


def test_the_first_request_is_done_and_the_second_gets_its_answer(session):
    assert idempotency.begin(session, **ASKED, request_hash="a") is None
    idempotency.finish(session, **ASKED, status=201, body="JN-1")
    session.commit()
    assert idempotency.begin(session, **ASKED, request_hash="a") == Answer(status=201, body="JN-1")


def test_the_same_key_with_another_content_is_refused(session):
    idempotency.begin(session, **ASKED, request_hash="a")
    idempotency.finish(session, **ASKED, status=201, body="JN-1")
    with pytest.raises(Refused, match="with other content") as refusal:
        idempotency.begin(session, **ASKED, request_hash="b")
    assert refusal.value.status == 409


def test_the_same_key_of_another_owner_is_another_request(session):
    idempotency.begin(session, **ASKED, request_hash="a")
    assert idempotency.begin(session, owner="person:8", key="k-1", request_hash="b") is None


def test_a_request_that_failed_may_be_sent_again(session):
    idempotency.begin(session, **ASKED, request_hash="a")
    session.rollback()
    assert idempotency.begin(session, **ASKED, request_hash="a") is None


def test_of_many_at_once_one_is_done_and_all_get_the_same_answer(module_sessions):
    answers: list[Answer] = []
    gate = threading.Barrier(6)

    def send() -> None:
        gate.wait()
        with transaction(module_sessions) as session:
            answer = idempotency.begin(session, owner="person:7", key="race", request_hash="a")
            if answer is None:
                body = str(next_number(session, "work"))
                idempotency.finish(session, owner="person:7", key="race", status=201, body=body)
                answer = Answer(status=201, body=body)
            answers.append(answer)

    threads = [threading.Thread(target=send) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [Answer(status=201, body="1")] * 6


def test_old_keys_are_forgotten(session):
    idempotency.begin(session, **ASKED, request_hash="a")
    idempotency.forget(session, before=clock.now() - timedelta(days=1))
    with pytest.raises(Refused, match="being worked on"):
        idempotency.begin(session, **ASKED, request_hash="a")
    idempotency.forget(session, before=clock.now() + timedelta(seconds=1))
    assert idempotency.begin(session, **ASKED, request_hash="b") is None
