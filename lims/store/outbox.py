"""Messages to people outside, queued in the transaction that causes them, and the one door to the mail server.

A message is kept whether it was sent or not. It may arrive twice (a worker that dies between the server's answer and
our commit sends again), so each carries a Message-ID of its own by which a mail server knows the second copy.
"""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime, formataddr
from enum import StrEnum
from uuid import UUID, uuid4

from email_validator import EmailNotValidError, validate_email
from sqlalchemy import Index, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from lims import clock
from lims.errors import Invalid, LimsError, NoAnswer, NotFound, Refused, Unavailable
from lims.store import audit, jobs
from lims.store.db import Base, Key

SEND = "outbox.send"
"""The worker's task for one message."""
TRIES = 17
"""With the pauses of `_pause` these are nearly two days: a mail server may be away over a weekend's end."""


class Channel(StrEnum):
    """How a message goes."""

    MAIL = "mail"
    SMS = "sms"


class MessageState(StrEnum):
    """Where a message stands."""

    QUEUED = "queued"
    SENT = "sent"
    FAILED = "failed"


class OutboxMessage(Base):
    """One message; what it says never changes, and it is never deleted."""

    __tablename__ = "outbox_message"

    id: Mapped[Key]
    key: Mapped[UUID] = mapped_column(unique=True)
    made_at: Mapped[datetime]
    branch_id: Mapped[int | None]
    thing: Mapped[str]
    thing_id: Mapped[str]
    channel: Mapped[str]
    recipient: Mapped[str]
    subject: Mapped[str]
    body: Mapped[str]
    language: Mapped[str]
    state: Mapped[str] = mapped_column(default=MessageState.QUEUED)
    tries: Mapped[int] = mapped_column(default=0)
    sent_at: Mapped[datetime | None]
    last_error: Mapped[str] = mapped_column(default="")

    __table_args__ = (Index(None, "state", "made_at"), Index(None, "thing", "thing_id"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What a sender needs of a message."""

    key: UUID
    made_at: datetime
    recipient: str
    subject: str
    body: str
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageView:
    """One message as who looks after the outbox sees it; what it says is not shown."""

    id: int
    made_at: datetime
    branch_id: int | None
    thing: str
    thing_id: str
    channel: str
    recipient: str
    subject: str
    state: str
    tries: int
    sent_at: datetime | None
    last_error: str


Deliver = Callable[[Message], None]
"""Delivers one message; raises Unavailable when it may work later, Refused when it never will."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """Where mail is handed in, and as whom; `security` is starttls, tls or none."""

    host: str
    port: int
    sender: str
    security: str = "starttls"
    user: str = ""
    password: str = field(default="", repr=False)
    patience: float = 20.0


def post(
    session: Session,
    *,
    by: audit.Actor | None,
    channel: Channel | str = Channel.MAIL,
    to: str,
    subject: str,
    body: str,
    language: str,
    thing: str,
    thing_id: object,
    branch_id: int | None,
) -> int:
    """Queue a message and the job that sends it, both in the caller's transaction, and return its number.

    Raises
    ------
    Invalid
        The address can't be one.
    """
    row = OutboxMessage(
        key=uuid4(), made_at=clock.now(), branch_id=branch_id, thing=thing, thing_id=str(thing_id),
        channel=Channel(channel), recipient=_address(to) if channel == Channel.MAIL else to.strip(),
        subject=" ".join(subject.split()), body=body, language=language,
    )  # fmt: skip
    session.add(row)
    session.flush()
    audit.record(
        session, by=by, thing=thing, thing_id=thing_id, action="message queued", branch_id=branch_id,
        new={"message": row.id, "channel": str(row.channel), "to": row.recipient, "subject": row.subject},
    )  # fmt: skip
    _defer(session, row.id)
    return row.id


def _address(text: str) -> str:
    try:
        return validate_email(text.strip(), check_deliverability=False).normalized
    except EmailNotValidError:
        raise Invalid("'%(address)s' is no e-mail address.", address=text) from None


def send(session: Session, message_id: int, deliver: Deliver | None) -> None:
    """Send one queued message, or note why not and try again later; `deliver` None: there is no way out yet.

    Safe to repeat: what was sent, or is just being sent by another worker, is left alone.
    """
    waiting = select(OutboxMessage).where(OutboxMessage.id == message_id, OutboxMessage.state == MessageState.QUEUED)
    row = session.scalars(waiting.with_for_update(skip_locked=True)).one_or_none()
    if row is None:
        return
    if deliver is None:
        row.last_error = "No server is set for this kind of message; it waits."
        return
    try:
        deliver(
            Message(
                key=row.key, made_at=row.made_at, recipient=row.recipient,
                subject=row.subject, body=row.body, language=row.language,
            )
        )  # fmt: skip
    except (Unavailable, Refused) as error:
        _put_off(session, row, error)
    else:
        row.state, row.sent_at, row.tries, row.last_error = MessageState.SENT, clock.now(), row.tries + 1, ""


def _put_off(session: Session, row: OutboxMessage, error: LimsError) -> None:
    row.tries += 1
    row.last_error = str(error)
    if isinstance(error, Refused) or row.tries >= TRIES:
        row.state = MessageState.FAILED
        return
    _defer(session, row.id, at=clock.now() + _pause(row.tries))


def _pause(tries: int) -> timedelta:
    """Return how long to wait: half a minute, doubled each time, at most six hours."""
    return min(timedelta(seconds=30 * 2.0 ** (tries - 1)), timedelta(hours=6))


def _defer(session: Session, message_id: int, at: datetime | None = None) -> None:
    jobs.defer(session, SEND, at=at, once=f"message:{message_id}", message_id=message_id)


def sweep(session: Session, channel: str, limit: int = 500) -> int:
    """Give every waiting message of a channel a job where it has none, and return how many waited; none is lost."""
    old = OutboxMessage.made_at < clock.now() - timedelta(minutes=1)
    waiting = select(OutboxMessage.id).where(
        OutboxMessage.state == MessageState.QUEUED, OutboxMessage.channel == channel, old
    )
    ids = session.scalars(waiting.order_by(OutboxMessage.made_at).limit(limit)).all()
    for message_id in ids:
        _defer(session, message_id)
    return len(ids)


def messages(
    session: Session,
    state: MessageState | str,
    *,
    branch_ids: Iterable[int] | None = None,
    before_id: int | None = None,
    limit: int = 50,
) -> list[MessageView]:
    """Return messages of a state, newest first; `branch_ids` None is every branch and the bureau."""
    query = select(*(getattr(OutboxMessage, one.name) for one in fields(MessageView))).where(
        OutboxMessage.state == state
    )
    if branch_ids is not None:
        query = query.where(OutboxMessage.branch_id.in_(list(branch_ids)))
    if before_id is not None:
        query = query.where(OutboxMessage.id < before_id)
    rows = session.execute(query.order_by(OutboxMessage.id.desc()).limit(limit))
    return [MessageView(**row) for row in rows.mappings()]


def counts(session: Session, *, branch_ids: Iterable[int] | None = None) -> dict[str, int]:
    """Return how many messages there are of each state."""
    query = select(OutboxMessage.state, func.count()).group_by(OutboxMessage.state)
    if branch_ids is not None:
        query = query.where(OutboxMessage.branch_id.in_(list(branch_ids)))
    return {row[0]: row[1] for row in session.execute(query)}


def channel_of(session: Session, message_id: int) -> str | None:
    """Return how a message goes; None when there is no such message."""
    return session.scalar(select(OutboxMessage.channel).where(OutboxMessage.id == message_id))


def send_again(session: Session, *, by: audit.Actor, message_id: int) -> None:
    """Put a failed message into the queue again; the face asks for the right to administer.

    Raises
    ------
    NotFound
        There is no failed message of this number.
    """
    failed = select(OutboxMessage).where(OutboxMessage.id == message_id, OutboxMessage.state == MessageState.FAILED)
    row = session.scalars(failed.with_for_update()).one_or_none()
    if row is None:
        raise NotFound("There is no failed message of this number. Look at the list again.")
    row.state, row.tries = MessageState.QUEUED, 0
    audit.record(
        session, by=by, thing=row.thing, thing_id=row.thing_id, action="message queued again", branch_id=row.branch_id,
        new={"message": row.id},
    )  # fmt: skip
    _defer(session, row.id)


def mail_through(server: MailServer) -> Deliver:
    """Return the way out for mail: hands one message to the server and waits for its answer."""

    def deliver(message: Message) -> None:
        try:
            with _connected(server) as smtp:
                smtp.send_message(compose(message, server.sender))
        except smtplib.SMTPRecipientsRefused as error:
            code, words = next(iter(error.recipients.values()))
            raise _answered(code, words, final=True) from error
        except smtplib.SMTPDataError as error:
            raise _answered(error.smtp_code, error.smtp_error, final=True) from error
        except smtplib.SMTPResponseException as error:  # greeting, log in, sender: ours to mend, so tried again
            raise _answered(error.smtp_code, error.smtp_error, final=False) from error
        except (smtplib.SMTPException, OSError) as error:
            raise NoAnswer(
                "The mail server %(host)s does not answer (%(reason)s).", host=server.host, reason=str(error)
            ) from error

    return deliver


def _connected(server: MailServer) -> smtplib.SMTP:
    trusted = ssl.create_default_context()
    if server.security == "tls":
        smtp: smtplib.SMTP = smtplib.SMTP_SSL(server.host, server.port, timeout=server.patience, context=trusted)
    else:
        smtp = smtplib.SMTP(server.host, server.port, timeout=server.patience)
    try:
        if server.security == "starttls":
            smtp.starttls(context=trusted)
        if server.user:
            smtp.login(server.user, server.password)
    except BaseException:
        smtp.close()
        raise
    return smtp


def _answered(code: int, words: bytes | str, *, final: bool) -> LimsError:
    said = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    if final and 500 <= code < 600:
        return Refused("The mail server refused the message: %(code)s %(words)s", rule="mail", code=code, words=said)
    return Unavailable("The mail server did not take the message: %(code)s %(words)s", code=code, words=said)


def compose(message: Message, sender: str) -> EmailMessage:
    """Return the mail: plain text, one recipient, the same Message-ID at every try."""
    mail = EmailMessage()
    mail["From"] = formataddr(("", sender)) if "<" not in sender else sender
    mail["To"] = message.recipient
    mail["Subject"] = message.subject
    mail["Date"] = format_datetime(message.made_at)
    mail["Message-ID"] = f"<{message.key}@{sender.rpartition('@')[2].strip('> ') or 'localhost'}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(message.body)
    mail["Content-Language"] = message.language.replace("_", "-")  # after the content, which replaces Content- headers
    return mail
