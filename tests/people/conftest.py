"""A small bureau for tests of people: two branches with a laboratory each, and administrators of all and of one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import pytest
from sqlalchemy.orm import Session

from lims.people import operations, passwords, queries
from lims.people.rights import Actor, Grant, Right, Role

PASSWORD = "correct horse battery"


@cache
def password_hash() -> str:
    """Return the hash of everybody's password."""
    return passwords.hash_password(PASSWORD)


FOUNDER = Actor(person_id=None, label="founder", grants=frozenset(Grant(right=right) for right in Right))


@dataclass
class Bureau:
    """Keys of what was set up; people are made by their address."""

    session: Session
    north: int
    south: int
    tiles: int
    heaters: int

    def person(self, account: str, *roles: tuple[Role, int | None, int | None], branch: int | None = None) -> Actor:
        """Enter a person with roles held at (branch, laboratory), and return who acts."""
        row = operations.create_person(
            self.session,
            by=FOUNDER,
            email=f"{account}@example.org",
            name={"en": account.title(), "zh_Hant_TW": "林美華"},
            password=None,
            title={"en": "Officer"},
            branch_id=branch,
            locale="en",
        )
        row.password_hash = password_hash()
        for role, branch_id, laboratory_id in roles:
            operations.grant_role(
                self.session, by=FOUNDER, person_id=row.id, role=role, branch_id=branch_id, laboratory_id=laboratory_id
            )
        return self.actor(row.id)

    def actor(self, person_id: int) -> Actor:
        """Return a person as they are now."""
        return queries.actor(self.session, person_id, request_id="r-1", address="192.0.2.7")

    @property
    def administrator(self) -> Actor:
        """The administrator of the whole bureau; one is made at first mention."""
        found = queries.account_by_email(self.session, "admin@example.org")
        return self.actor(found.id) if found else self.person("admin", (Role.ADMINISTRATOR, None, None))


def build(session: Session) -> Bureau:
    """Set the bureau up."""
    north = operations.create_branch(session, by=FOUNDER, code="N", name={"en": "North", "zh_Hant_TW": "北區"})
    south = operations.create_branch(session, by=FOUNDER, code="S", name={"en": "South"})
    tiles, heaters = (
        operations.create_laboratory(
            session, by=FOUNDER, branch_id=branch.id, code=code, name={"en": code}, accent="#0b5a7d"
        )
        for branch, code in ((north, "TIL"), (south, "HEA"))
    )
    return Bureau(session=session, north=north.id, south=south.id, tiles=tiles.id, heaters=heaters.id)


@pytest.fixture
def bureau(session) -> Bureau:
    """The bureau, rolled back after the test."""
    return build(session)
