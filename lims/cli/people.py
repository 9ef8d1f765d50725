"""`lims people invite`: the way in for an installation's first administrator; everybody else is invited by page."""

from __future__ import annotations

import argparse
import getpass
from collections.abc import Callable
from typing import TYPE_CHECKING

from lims import config
from lims.cli.connection import database

if TYPE_CHECKING:
    from lims.people.rights import Actor, Role

Verb = Callable[[list[str]], int]


def invite(argv: list[str]) -> int:
    """Invite somebody to an account with a role in the whole bureau, and print the link. It works once, for a week."""
    from lims.people.rights import Role

    parser = argparse.ArgumentParser(prog="lims people invite", description=invite.__doc__)
    parser.add_argument("email")
    parser.add_argument("--name", required=True, help="as it shall stand on signatures")
    parser.add_argument("--role", choices=[str(role) for role in Role], default=str(Role.ADMINISTRATOR))
    options = parser.parse_args(argv)
    print(_link(config.read(), options.email, options.name, Role(options.role)))
    return 0


def _link(settings: config.Settings, email: str, name: str, role: Role) -> str:
    from lims.people import operations

    with database(settings) as session:
        word = operations.invite(session, by=_console(), email=email, name={"en": name}, role=role)
    return f"{settings.base_url.rstrip('/')}/invitation/{word}"


def _console() -> Actor:
    """Return who holds the settings of this installation, and so could write to its database anyway."""
    from lims.people.rights import Actor, Grant, Right

    label = f"command line ({getpass.getuser()})"
    return Actor(person_id=None, label=label, grants=frozenset({Grant(right=Right.MANAGE_PEOPLE)}))


VERBS: dict[str, Verb] = {"invite": invite}
