"""What web and api tell of background jobs and messages, and to whom: who looks after the system learns no client."""

from __future__ import annotations

import re
from dataclasses import replace

from lims.people.queries import CLIENT_READERS
from lims.people.rights import Actor, Right
from lims.store.jobs import JobView
from lims.store.outbox import MessageView

LOOKERS = (Right.ADMINISTER, Right.AUDIT)
HIDDEN = "…"
_OF_STAFF = frozenset({"invitation"})
"""Things whose messages go to our own people."""
_ADDRESS = re.compile(r"[^\s<>()'\",;:]+@[^\s<>()'\",;:]+")


def branches_seen(by: Actor) -> frozenset[int] | None:
    """Return the branches whose messages a person looks after or audits; None is every branch and the bureau."""
    seen = [by.branches(right) for right in LOOKERS]
    if None in seen:
        return None
    return frozenset().union(*(one for one in seen if one is not None))


def job_as_told(job: JobView) -> JobView:
    """Return a job without the mail addresses in what went wrong."""
    return replace(job, error=_ADDRESS.sub(HIDDEN, job.error))


def message_as_told(by: Actor, message: MessageView) -> MessageView:
    """Return a message, without address and subject where they could name a client to who may not know it (4.2)."""
    place = {"branch_id": message.branch_id}
    if message.thing in _OF_STAFF or any(by.may(right, **place) for right in CLIENT_READERS):
        return message
    hidden = _ADDRESS.sub(HIDDEN, message.last_error.replace(message.recipient, HIDDEN))
    return replace(message, recipient=HIDDEN, subject=HIDDEN, last_error=hidden)
