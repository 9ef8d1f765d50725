"""Who asks: Flask-Security's user is a thin coat over a person of `people`; a program shows a token instead."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Flask, g, has_request_context, request, session
from flask_babel import gettext
from flask_login import current_user, user_logged_in
from flask_security import RoleMixin, Security, UserDatastore, UserMixin
from flask_security.forms import LoginForm
from wtforms import EmailField
from wtforms.validators import InputRequired, Length

from lims import clock
from lims.errors import Unavailable
from lims.http.session import house, open_transaction
from lims.people import queries
from lims.people.operations import attempt_succeeded, begin_attempt, renew_hash
from lims.people.passwords import LANES, MEMORY_KIB, NORMAL_FORM, PASSES
from lims.people.rights import Actor
from lims.store import audit
from lims.store.db import Texts

LONGEST_SESSION_S = 12 * 3600
"""Seconds after which one logs in again, however busy the session was."""


class User(UserMixin):
    """A person, in the shape that Flask-Security wants."""

    fs_uniquifier = ""  # it asks the class whether there is one

    def __init__(self, account: queries.Account, actor: Actor | None) -> None:
        self.id = account.id
        self.roles = []
        self.email = account.email
        self.name = account.name
        self.password = self.stored = account.password_hash
        self.active = account.active
        self.fs_uniquifier = account.session_key
        self.actor = actor


class People(UserDatastore):
    """Finds persons; passwords and roles are changed by operations of `people` only."""

    def __init__(self) -> None:
        super().__init__(User, RoleMixin)

    def find_user(self, case_insensitive: bool = False, **asked: Any) -> User | None:  # noqa: ARG002 - its signature
        """Return the user of a session key, an address or an id."""
        if g.get("nobody_known"):
            return None
        try:
            return self._find(asked)
        except Unavailable:
            g.nobody_known = True  # so that the page of this error does not ask again
            raise

    @staticmethod
    def _find(asked: dict[str, Any]) -> User | None:
        with open_transaction() as db:
            if "fs_uniquifier" in asked:
                found = queries.signed_in(db, asked["fs_uniquifier"], request_id=request_id(), address=address())
                return User(*found) if found else None
            account = (
                queries.account_by_email(db, asked["email"])
                if "email" in asked
                else queries.account(db, int(asked["id"]))
            )
            if account is None:
                return None
            actor = (
                queries.actor(db, account.id, request_id=request_id(), address=address()) if account.active else None
            )
            return User(account, actor)

    def find_role(self, role: str) -> None:  # noqa: ARG002 - its signature
        """Roles are not asked of Flask-Security."""
        return

    def put(self, model: User) -> User:
        """Keep the same password hashed as we hash now, where it was hashed otherwise: all that is ever put."""
        if model.password and model.stored and model.password != model.stored:
            with open_transaction() as db:
                renew_hash(db, person_id=model.id, stored=model.stored, renewed=model.password)
        return model

    def delete(self, model: object) -> None:
        """Delete nothing."""

    def commit(self) -> None:
        """Commit nothing."""


class GuardedLoginForm(LoginForm):
    """The login form, with tries counted per account and per address in our own table.

    The address is compared with accounts and nothing else: mail domains of an internal network are as good as others.
    """

    email = EmailField(validators=[InputRequired(), Length(max=320)])

    def validate(self, **kwargs: Any) -> bool:
        """Count this try before the password is looked at, whatever comes."""
        account = (self.email.data or "").strip()
        with open_transaction() as db:
            attempt = begin_attempt(db, account=account, address=address())
        if attempt is None:
            self.form_errors = [gettext("Too many tries. Wait a quarter of an hour and try again.")]
            return False
        success = bool(super().validate(**kwargs))
        if success and isinstance(self.user, User):
            with open_transaction() as db:
                attempt_succeeded(db, attempt)
                audit.record(
                    db, by=self.user.actor, thing="person", thing_id=self.user.id, action="log in", branch_id=None
                )
            return True
        for field in self:  # one answer for a wrong address, a wrong password and a closed account
            field.errors = []
        self.form_errors = [gettext("Address or password is not right, or the account is closed.")]
        return False


def request_id() -> str:
    """Return the id of this request, that pages of errors and the audit trail show."""
    return str(g.get("request_id", "")) if has_request_context() else ""


def address() -> str:
    """Return the address of the one who asks."""
    return (request.remote_addr or "") if has_request_context() else ""


def current_actor() -> Actor | None:
    """Return who asks, or None for a visitor."""
    token_actor: Actor | None = g.get("token_actor")
    if token_actor is not None or g.get("is_api"):
        return token_actor
    if g.get("nobody_known"):
        return None
    user = current_user._get_current_object()  # noqa: SLF001 - werkzeug's own way through a proxy
    actor: Actor | None = getattr(user, "actor", None)
    return actor if user.is_authenticated else None


def own_name() -> Texts:
    """Return the name of the person who is logged in, in each language."""
    name: Texts = getattr(current_user, "name", {})
    return name


def end_old_session() -> None:
    """Forget a session that is older than the longest one, before anything else is done with it."""
    since = session.get("since")
    if since is not None and clock.now().timestamp() - float(since) > LONGEST_SESSION_S:
        session.clear()


def _remember_login(_app: Flask, **_more: object) -> None:
    session.permanent = True
    session.pop("csrf_token", None)  # somebody may have planted the session that was there before
    session["since"] = clock.now().timestamp()


def init_login(app: Flask) -> None:
    """Put Flask-Security over our people: password login only; accounts are made by invitation."""
    app.config.update(
        SECURITY_PASSWORD_HASH="argon2",  # noqa: S106 - the name of a scheme
        SECURITY_PASSWORD_SCHEMES=["argon2"],
        SECURITY_PASSWORD_SINGLE_HASH={"argon2"},  # so that `people` can check the password again for a signature
        SECURITY_DEPRECATED_PASSWORD_SCHEMES=[],
        SECURITY_HASHING_SCHEMES=["sha256_crypt"],
        SECURITY_PASSWORD_HASH_PASSLIB_OPTIONS={
            "argon2__time_cost": PASSES,
            "argon2__memory_cost": MEMORY_KIB,
            "argon2__parallelism": LANES,
        },
        SECURITY_PASSWORD_SALT=house_salt(app),
        SECURITY_PASSWORD_NORMALIZE_FORM=NORMAL_FORM,
        SECURITY_FRESHNESS=timedelta(minutes=-1),  # no page of its own to ask for the password again
        SECURITY_LOGIN_USER_TEMPLATE="account/login.html",
        SECURITY_LOGOUT_METHODS=["POST"],
        SECURITY_POST_LOGIN_VIEW="/",
        SECURITY_POST_LOGOUT_VIEW="/login",
        SECURITY_RETURN_GENERIC_RESPONSES=True,
        SECURITY_REMEMBER_ME=False,
        SECURITY_DEFAULT_REMEMBER_ME=False,
        SECURITY_SEND_REGISTER_EMAIL=False,
        SECURITY_EMAIL_VALIDATOR_ARGS={"check_deliverability": False},
        SECURITY_FLASH_MESSAGES=False,
        SECURITY_CACHE_CONTROL=None,  # lims.http.request says it, for every page
        SECURITY_CSRF_IGNORE_UNAUTH_ENDPOINTS=False,
        SECURITY_USER_IDENTITY_ATTRIBUTES=[{"email": {"mapper": _mapped, "case_insensitive": True}}],
    )
    app.before_request(end_old_session)  # before Flask-Security looks who it is
    Security(app, People(), login_form=GuardedLoginForm)
    app.login_manager.request_loader(None)  # type: ignore[attr-defined]  # its own tokens open nothing here
    user_logged_in.connect(_remember_login, app, weak=False)


def house_salt(app: Flask) -> str:
    """Return the salt that Flask-Security asks for (it enters no stored hash of ours)."""
    with app.app_context():
        return house().settings.password_salt


def _mapped(text: str) -> str | None:
    """Return what is typed as the address of an account."""
    return text.strip().lower() if "@" in text else None
