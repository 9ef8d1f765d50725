"""Each address is tried as each role: who holds none of the rights that it declares is refused before anything else."""

from __future__ import annotations

import pytest

from lims.http.rights import SIGNED_IN
from lims.people.rights import ROLES, Right, Role
from tests.house.test_url_map import address, needs, rules

RIGHTS = {str(right) for right in Right}


def closed(app, role: Role) -> list:
    """Return the rules that declare rights of which this role holds none."""
    held = {str(right) for right in ROLES[role]}
    found = [rule for rule in rules(app) if set(needs(app, rule)) & RIGHTS and not set(needs(app, rule)) & held]
    assert len(found) > 10, "a role that may do nearly everything: nothing is tried"
    return found


@pytest.mark.parametrize("role", list(Role))
def test_a_page_is_closed_to_who_holds_none_of_its_rights(app, as_, role):
    browser = as_(role).browser
    app.config["WTF_CSRF_ENABLED"] = False  # so that the right itself is asked, also of forms
    try:
        for rule in closed(app, role):
            if str(rule).startswith("/api/v1/"):
                continue
            for method in sorted(rule.methods - {"HEAD", "OPTIONS"}):
                answer = browser.open(address(app, rule), method=method, data={"seen_version": "1"})
                assert answer.status_code == 403, f"{method} {rule}: {answer.status}"
    finally:
        app.config["WTF_CSRF_ENABLED"] = True


@pytest.mark.parametrize("role", list(Role))
def test_a_call_is_closed_to_who_holds_none_of_its_rights(app, api_as, role):
    program = api_as(role)
    for rule in closed(app, role):
        if not str(rule).startswith("/api/v1/"):
            continue
        for method in sorted(rule.methods - {"HEAD", "OPTIONS"}):
            path = address(app, rule).removeprefix("/api/v1")
            status, _ = program(method.lower(), path)
            # 422: what was sent is refused before the right is asked for
            assert status in ({403} if method == "GET" else {403, 422}), f"{method} {rule}: {status}"


def test_every_role_may_do_something_and_none_may_do_everything():
    for role, held in ROLES.items():
        assert held, role
        assert held < set(Right), role
    assert not ROLES[Role.ADMINISTRATOR] & {Right.READ, Right.REVIEW, Right.APPROVE_REPORT, Right.AUDIT}
    assert SIGNED_IN not in RIGHTS
