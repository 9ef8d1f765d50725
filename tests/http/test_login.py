"""Login: one answer for whatever is wrong, few tries, sessions that end by time, by hand and with the account."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from argon2 import PasswordHasher
from sqlalchemy import delete, select

from lims import clock
from lims.app import create_app
from lims.http.person import LONGEST_SESSION_S
from lims.http.session import EXTENSION
from lims.people import operations, passwords
from lims.people.operations.attempts import PER_ACCOUNT
from lims.people.records import LoginAttempt, Person
from lims.people.rights import Role
from lims.store.audit import AuditEvent
from lims.store.db import transaction
from tests.people.conftest import FOUNDER, PASSWORD, build
from tests.web.desk import Desk, form_of

WRONG = "Address or password is not right, or the account is closed."
WAIT = "Too many tries."


@pytest.fixture(scope="module")
def bureau(module_sessions):
    """A clerk, an administrator and somebody who left, stored."""
    with transaction(module_sessions) as session:
        found = build(session)
        found.clerk = found.person("clerk", (Role.CLERK, found.north, None), branch=found.north).person_id
        found.chief = found.administrator.person_id
        left = found.person("left", branch=found.north).person_id
        operations.deactivate_person(session, by=FOUNDER, person_id=left, why="Retired.")
    return found


@pytest.fixture(autouse=True)
def _no_tries_yet(owner_engine, bureau):
    with owner_engine.begin() as owner:
        owner.execute(delete(LoginAttempt))


@pytest.fixture
def browser(app):
    """A browser of nobody."""
    return app.test_client()


def log_in(browser, email="clerk@example.org", password=PASSWORD, address="192.0.2.1", to="/login"):
    page = browser.get(to).text
    form = form_of(page, "/login") if "/login" in page else {}
    data = form | {"email": email, "password": password}
    return browser.post(to, data=data, environ_base={"REMOTE_ADDR": address})


def test_one_logs_in_and_is_greeted_in_ones_language(browser, module_sessions):
    answer = log_in(browser, email=" Clerk@Example.org ")
    assert answer.status_code == 302
    page = browser.get("/").text
    assert "Clerk" in page
    assert '<html lang="en"' in page
    with transaction(module_sessions) as session:
        event = session.scalars(select(AuditEvent).where(AuditEvent.action == "log in")).all()[-1]
        assert event.address == "192.0.2.1"
        assert PASSWORD not in f"{event.old}{event.new}{event.why}"


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("clerk@example.org", "correct horse batterz"),
        ("nobody@example.org", PASSWORD),
        ("left@example.org", PASSWORD),
        ("not an address", PASSWORD),
        ("", ""),
        ("clerk@example.org", ""),
    ],
)
def test_whatever_is_wrong_the_answer_is_the_same(browser, email, password):
    answer = log_in(browser, email, password)
    assert answer.status_code == 200
    assert WRONG in answer.text
    assert answer.text.count('class="refusal"') == 1
    assert browser.get("/account").status_code == 302


def test_guessing_is_stopped_for_accounts_that_are_there_and_that_are_not(browser, app):
    for account in ("clerk@example.org", "nobody@example.org"):
        for _ in range(PER_ACCOUNT):
            assert WRONG in log_in(browser, account, "wrong password here").text
        assert WAIT in log_in(browser, account, PASSWORD).text
    with clock.at(clock.now() + timedelta(minutes=16)):
        assert log_in(app.test_client()).status_code == 302


def test_tries_from_one_address_are_counted_over_accounts(browser):
    for n in range(30):
        log_in(browser, f"guess{n % 7}{n}@example.org", "wrong password here", address="198.51.100.9")
    assert WAIT in log_in(browser, address="198.51.100.9").text
    assert log_in(browser, address="198.51.100.10").status_code == 302


def test_many_guesses_at_the_same_moment_are_no_more_than_one_after_the_other(app):
    def guess(number: int) -> str:
        return log_in(app.test_client(), password=f"wrong password {number}", address=f"192.0.2.{number + 1}").text

    with ThreadPoolExecutor(12) as many:
        answers = list(many.map(guess, range(24)))
    assert sum(WRONG in answer for answer in answers) == PER_ACCOUNT
    assert sum(WAIT in answer for answer in answers) == len(answers) - PER_ACCOUNT


def test_after_logging_in_one_is_where_one_wanted_to_be(browser):
    answer = browser.get("/account")
    assert answer.location == "/login?next=/account"
    assert log_in(browser, to=answer.location).location.endswith("/account")


def test_nobody_is_sent_to_another_site_after_logging_in(browser):
    for target in ("//evil.example/", "https://evil.example/", "/\\evil.example"):
        answer = log_in(browser, to=f"/login?next={target}")
        parts = urlsplit(answer.location or "/")
        assert not parts.scheme
        assert not parts.netloc
        assert not parts.path.startswith(("//", "/\\"))


def test_the_session_ends_when_one_logs_out(app):
    desk = Desk(app, "clerk@example.org")
    desk.send(desk.get("/account"), "/logout", status=302)
    desk.get("/account", status=302)


def test_logging_out_everywhere_ends_other_browsers_too(app):
    here, there = Desk(app, "clerk@example.org"), Desk(app, "clerk@example.org")
    here.send(here.get("/account"), "/account/sessions")
    there.get("/account", status=302)
    here.get("/account", status=302)


def test_closing_the_account_ends_the_session_at_once(app, module_sessions):
    with transaction(module_sessions) as session:
        gone = build_person(session, "gone")
    desk = Desk(app, "gone@example.org")
    desk.get("/account")
    with transaction(module_sessions) as session:
        operations.deactivate_person(session, by=FOUNDER, person_id=gone, why="Left.")
    desk.get("/account", status=302)


def test_a_role_taken_away_is_gone_with_the_next_page(app, module_sessions, bureau):
    with transaction(module_sessions) as session:
        person = build_person(session, "auditor")
        role = operations.grant_role(session, by=FOUNDER, person_id=person, role=Role.AUDITOR)
    desk = Desk(app, "auditor@example.org")
    desk.get("/audit")
    with transaction(module_sessions) as session:
        operations.revoke_role(session, by=FOUNDER, role_held_id=role.id)
    assert "the right to audit" in desk.get("/audit", status=403)


def build_person(session, account):
    row = operations.create_person(
        session, by=FOUNDER, email=f"{account}@example.org", name={"en": account}, password=PASSWORD, locale="en"
    )
    return row.id


def test_a_session_ends_after_half_a_day_however_busy(app):
    desk = Desk(app, "clerk@example.org")
    with clock.at(clock.now() + timedelta(seconds=LONGEST_SESSION_S - 60)):
        desk.get("/account")
    with clock.at(clock.now() + timedelta(seconds=LONGEST_SESSION_S + 60)):
        desk.get("/account", status=302)


def test_a_page_prolongs_the_session_and_a_live_part_does_not(app, settings):
    desk = Desk(app, "clerk@example.org")
    page = desk.browser.get("/account")
    assert f"Max-Age={settings.session_minutes * 60}" in str(page.headers.getlist("Set-Cookie")) or "Expires=" in str(
        page.headers.getlist("Set-Cookie")
    )
    live = desk.browser.get("/account", headers={"X-Fragment": "yes"})
    assert live.status_code == 200
    assert live.headers.getlist("Set-Cookie") == []


def test_the_cookie_is_for_this_site_and_no_script(app):
    cookie = str(log_in(app.test_client()).headers.getlist("Set-Cookie"))
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_changing_the_password_takes_the_old_one_and_ends_the_session(app, module_sessions):
    with transaction(module_sessions) as session:
        build_person(session, "changer")
    desk = Desk(app, "changer@example.org")
    new = "eleven blue lanterns"
    page = desk.send(desk.get("/account"), "/account/password", 422, password="wrong one", new_password=new)
    assert "The password is not right." in page
    page = desk.send(page, "/account/password", 422, password=PASSWORD, new_password="password1234")
    assert "easy to guess" in page
    assert "password1234" not in page
    desk.send(page, "/account/password", password=PASSWORD, new_password=new)
    desk.get("/account", status=302)
    assert log_in(app.test_client(), "changer@example.org", new).status_code == 302


def test_wrong_passwords_on_the_accounts_page_are_counted_like_those_of_the_login(app, module_sessions):
    with transaction(module_sessions) as session:
        build_person(session, "guesser")
    desk = Desk(app, "guesser@example.org")
    page = desk.get("/account")
    for _ in range(PER_ACCOUNT):
        page = desk.send(page, "/account/password", 422, password="wrong one", new_password="eleven blue lanterns")
    page = desk.send(page, "/account/password", 409, password=PASSWORD, new_password="eleven blue lanterns")
    assert "quarter of an hour" in page


def test_flask_security_s_own_tokens_open_nothing(app, module_sessions):
    """It would give one to who logs in by JSON; pages take a session only, calls take our tokens only."""
    browser = app.test_client()
    token = form_of(browser.get("/login").text, "/login")["csrf_token"]
    answer = browser.post(
        "/login?include_auth_token",
        json={"email": "clerk@example.org", "password": PASSWORD},
        headers={"X-CSRFToken": token[0] if isinstance(token, list) else token},
    )
    given = (answer.get_json(silent=True) or {}).get("response", {}).get("user", {}).get("authentication_token", "x")
    stranger = app.test_client()
    for headers in ({"Authentication-Token": given}, {"Authorization": f"Bearer {given}"}):
        assert stranger.get("/account", headers=headers).status_code == 302
        assert stranger.get("/api/v1/me", headers=headers).status_code == 401


def test_a_password_of_any_letters_works_on_any_keyboard(app, module_sessions):
    with transaction(module_sessions) as session:
        person = build_person(session, "letters")
        word = operations.offer_new_password(session, by=FOUNDER, person_id=person)
        operations.accept_invitation(session, word=word, password="café 密碼 ﬁne ① twelve", locale="en")
        assert session.get(Person, person).password_hash
    assert log_in(app.test_client(), "letters@example.org", "cafe\u0301 密碼 fine 1 twelve").status_code == 302


def _stored(module_sessions, person_id):
    with transaction(module_sessions) as session:
        person = session.get_one(Person, person_id)
        return person.password_hash, person.session_key


def test_a_password_hashed_otherwise_is_hashed_as_we_do_now_at_the_next_login(app, bureau, module_sessions):
    old = PasswordHasher(time_cost=1, memory_cost=8 * 1024, parallelism=2).hash(PASSWORD)
    with transaction(module_sessions) as session:
        session.get_one(Person, bureau.clerk).password_hash = old
    _, key = _stored(module_sessions, bureau.clerk)
    assert log_in(app.test_client(), password="correct horse batterz").status_code == 200
    assert _stored(module_sessions, bureau.clerk) == (old, key)
    assert log_in(app.test_client()).status_code == 302
    renewed, still = _stored(module_sessions, bureau.clerk)
    assert renewed.startswith(f"$argon2id$v=19$m={passwords.MEMORY_KIB},t={passwords.PASSES},p={passwords.LANES}$")
    assert passwords.matches(renewed, PASSWORD)
    assert still == key  # nobody is logged out by it
    assert log_in(app.test_client()).status_code == 302
    assert _stored(module_sessions, bureau.clerk)[0] == renewed  # once is enough


def test_a_password_changed_in_the_same_moment_is_not_put_back(bureau, module_sessions):
    before = _stored(module_sessions, bureau.clerk)
    with transaction(module_sessions) as session:
        operations.renew_hash(session, person_id=bureau.clerk, stored="what was read", renewed="the old one anew")
    assert _stored(module_sessions, bureau.clerk) == before


def cookie_of(browser) -> str:
    """Return the session's cookie as the browser holds it."""
    found = browser.get_cookie("session")
    return found.value if found else ""


def test_a_cookie_planted_before_the_login_is_worth_nothing_after_it(app):
    """Who put a session of their own into somebody's browser gets in with nothing, and knows no token of a form."""
    planted = app.test_client()
    form_of(planted.get("/login").text, "/login")
    victim = app.test_client()
    victim.set_cookie("session", cookie_of(planted))
    assert log_in(victim).status_code == 302
    assert cookie_of(victim) != cookie_of(planted)
    victim.get("/account")
    with app.test_request_context():
        serializer = app.session_interface.get_signing_serializer(app)
    before, after = (serializer.loads(cookie_of(browser)) for browser in (planted, victim))
    assert before["csrf_token"]
    assert after["csrf_token"] != before["csrf_token"]
    assert planted.get("/account").status_code == 302


def test_changing_the_password_ends_the_sessions_of_other_browsers(app, module_sessions):
    with transaction(module_sessions) as session:
        build_person(session, "mover")
    here, there = Desk(app, "mover@example.org"), Desk(app, "mover@example.org")
    stolen = cookie_of(there.browser)
    here.send(here.get("/account"), "/account/password", password=PASSWORD, new_password="eleven blue lanterns")
    there.get("/account", status=302)
    thief = app.test_client()
    thief.set_cookie("session", stolen)
    assert thief.get("/account").status_code == 302


def test_where_the_address_is_https_the_cookie_goes_nowhere_else(settings):
    safe = create_app(replace(settings, base_url="https://lims.example.org"))
    answer = safe.test_client().get("/login", base_url="https://lims.example.org")
    (cookie,) = answer.headers.getlist("Set-Cookie")
    assert {"Secure", "HttpOnly", "SameSite=Lax"} <= {part.strip() for part in cookie.split(";")}
    assert answer.headers["Strict-Transport-Security"]
    safe.extensions[EXTENSION].sessions.kw["bind"].dispose()
