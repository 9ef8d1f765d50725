"""The audit trail, its verification, background jobs and messages, for programs."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from lims.people.rights import Role
from lims.store import jobs, outbox, verification
from lims.store.db import transaction
from lims.store.outbox import OutboxMessage


def test_events_are_read_by_page_and_only_of_the_own_branch(api_as, bureau_of_roles):
    north, south = api_as(Role.AUDITOR), api_as(Role.AUDITOR, south=True)
    status, first = north("get", "/audit/events", limit=1)
    assert status == 200
    _, second = north("get", "/audit/events", limit=1, cursor=first["cursor"])
    assert first["rows"][0]["id"] > second["rows"][0]["id"]
    _, mine = north("get", "/audit/events", limit=200)
    _, theirs = south("get", "/audit/events", limit=200)
    assert not {row["id"] for row in mine["rows"]} & {row["id"] for row in theirs["rows"]}
    assert api_as(Role.CLERK)("get", "/audit/events")[0] == 403
    assert north("get", "/audit/events", since="yesterday")[0] == 422


def test_a_verification_is_asked_for_once_and_told(api_as, module_sessions):
    auditor = api_as(Role.AUDITOR)
    status, asked = auditor("post", "/audit/verifications")
    assert (status, asked["state"]) == (202, "waiting")
    assert auditor("post", "/audit/verifications")[1]["id"] == asked["id"]
    with transaction(module_sessions) as session:
        verification.run(session, asked["id"])
    (told, *_) = auditor("get", "/audit/verifications")[1]
    assert (told["state"], told["fault"]) == ("unbroken", None)
    _, heads = auditor("get", "/audit/heads")
    assert {head["chain"] for head in told["heads"]} <= {head["chain"] for head in heads}
    assert api_as(Role.MANAGER)("post", "/audit/verifications")[0] == 403


@pytest.fixture
def failed(module_sessions, bureau_of_roles) -> tuple[int, int]:
    """A failed job and a failed message."""
    with transaction(module_sessions) as session:
        job = jobs.defer(session, "reports.seal", report_id=5)
        message = outbox.post(
            session, by=None, to="client@bright.example", subject="Report", body="x", language="en", thing="report",
            thing_id=1, branch_id=bureau_of_roles.north,
        )  # fmt: skip
        session.flush()
        for state in ("doing", "failed"):
            session.execute(text("UPDATE procrastinate_jobs SET status = :s WHERE id = :id"), {"s": state, "id": job})
        session.get_one(OutboxMessage, message).state = "failed"
    return job, message


def test_what_failed_is_listed_and_tried_again_by_an_administrator_only(api_as, failed):
    job, message = failed
    admin, auditor = api_as(Role.ADMINISTRATOR), api_as(Role.AUDITOR)
    assert job in [row["id"] for row in auditor("get", "/upkeep/jobs")[1]["rows"]]
    (told,) = [row for row in admin("get", "/upkeep/messages")[1]["rows"] if row["id"] == message]
    assert (told["recipient"], told["subject"]) == ("…", "…")
    (told,) = [row for row in auditor("get", "/upkeep/messages")[1]["rows"] if row["id"] == message]
    assert told["recipient"] == "client@bright.example"
    for path in (f"/upkeep/jobs/{job}/retry", f"/upkeep/messages/{message}/send"):
        assert auditor("post", path)[0] == 403
        assert admin("post", path)[0] == 204
        assert admin("post", path)[0] == 404
    assert job in [row["id"] for row in admin("get", "/upkeep/jobs", state="todo")[1]["rows"]]
