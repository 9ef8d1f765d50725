"""Jobs of the outbox: send one message, and see that none waits without a job."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lims.config import Settings
from lims.store import outbox
from lims.store.jobs import Task
from lims.store.outbox import Channel, Deliver, MailServer

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def send(session: Session, settings: Settings, *, message_id: int) -> None:
    """Send one message by the way its channel has here."""
    channel = outbox.channel_of(session, message_id)
    if channel is not None:
        outbox.send(session, message_id, ways_out(settings).get(channel))


def sweep(session: Session, settings: Settings) -> None:
    """Give waiting messages their job again, for the channels that have a way out."""
    for channel in ways_out(settings):
        outbox.sweep(session, channel)


def ways_out(settings: Settings) -> dict[str, Deliver]:
    """Return the senders that this installation has. Short messages need a provider, and none is adapted yet."""
    if not settings.mail_host:
        return {}
    server = MailServer(
        host=settings.mail_host,
        port=settings.mail_port,
        sender=settings.mail_sender,
        security=settings.mail_security,
        user=settings.mail_user,
        password=settings.mail_password,
    )
    return {Channel.MAIL: outbox.mail_through(server)}


TASKS = (
    Task(name=outbox.SEND, run=send),
    Task(name="outbox.sweep", run=sweep, every="*/10 * * * *"),
)
