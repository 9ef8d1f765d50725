"""A small laboratory for the tests of samples: two branches, three laboratories, a catalogue, people in their roles."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cache

import pytest
from sqlalchemy.orm import Session

from lims import clock
from lims.methods.records import Competence, Method, MethodVersion, Service
from lims.people import passwords
from lims.people.records import Branch, Client, Laboratory, Person, RoleHeld
from lims.people.rights import Actor, Role, grants_of
from lims.samples import operations
from lims.samples.request import NewItem, NewJob, NewLine, Receipt, RequestReview

MONDAY = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)  # 10:00 in Taipei
PASSWORD = "correct horse battery"


@cache
def password_hash() -> str:
    """Return the hash of everybody's password."""
    return passwords.hash_password(PASSWORD)


REVIEWED = RequestReview(capability=True, method_agreed=True)


@dataclass
class House:
    """Keys of what was set up, and shorthands for what most tests do first."""

    session: Session
    north: int
    south: int
    tiles: int
    lamps: int
    southern: int
    client: int
    services: dict[str, int]
    methods: dict[str, int]
    editions: dict[str, int]
    people: dict[str, int] = field(default_factory=dict)

    def actor(self, name: str, role: Role, *, branch: int | None = None, laboratory: int | None = None) -> Actor:
        """Return an actor for a person, made at first mention, with a role held at one place."""
        if name not in self.people:
            person = Person(
                email=f"{name}@example.org",
                name={"en": name.title()},
                session_key=name,
                locale="en",
                password_hash=password_hash(),
            )
            self.session.add(person)
            self.session.flush()
            self.session.add(RoleHeld(person_id=person.id, role=role, branch_id=branch, laboratory_id=laboratory))
            self.session.flush()
            self.people[name] = person.id
        grants = grants_of(role, branch_id=branch, laboratory_id=laboratory)
        return Actor(person_id=self.people[name], label=name, grants=grants)

    @property
    def clerk(self) -> Actor:
        return self.actor("clerk", Role.CLERK, branch=self.north)

    @property
    def technician(self) -> Actor:
        return self.actor("technician", Role.TECHNICIAN, laboratory=self.tiles)

    @property
    def reviewer(self) -> Actor:
        return self.actor("reviewer", Role.REVIEWER, laboratory=self.tiles)

    @property
    def manager(self) -> Actor:
        return self.actor("manager", Role.MANAGER, branch=self.north)

    def new_job(self, *items: NewItem, **changes: object) -> NewJob:
        """Return a job of one tile with one test, or of the items given."""
        given = items or (self.new_item("A-1"),)
        values: dict = {"branch_id": self.north, "client_id": self.client, "items": given, "request_review": REVIEWED}
        return NewJob(**(values | changes))

    def new_item(self, label: str, *codes: str) -> NewItem:
        """Return a tile with tests of the catalogue."""
        lines = tuple(NewLine(service_id=self.services[code]) for code in codes or ("absorption",))
        return NewItem(label=label, description="Ceramic tile 磁磚", lines=lines)

    def job(self, *items: NewItem, received: bool = False, **changes: object) -> int:
        """Register and confirm a job; its items are at the desk where asked."""
        receipt = Receipt(place="Shelf 1") if received else None
        return operations.register_job(
            self.session, by=self.clerk, job=self.new_job(*items, **changes), confirm=True, receipt=receipt
        )


def build(session: Session) -> House:
    """Set the laboratory up."""
    north, south = Branch(code="N", name={"en": "North", "zh_Hant_TW": "北部"}), Branch(code="S", name={"en": "South"})
    client = Client(code="C001", name={"en": "Fair Tiles Ltd", "zh_Hant_TW": "公平磁磚𡍼"}, company_number="04595257")
    session.add_all([north, south, client])
    session.flush()
    labs = [
        Laboratory(branch_id=branch.id, code=code, name={"en": code})
        for branch, code in ((north, "TILES"), (north, "LAMPS"), (south, "STEEL"))
    ]
    session.add_all(labs)
    session.flush()
    house = House(
        session=session, north=north.id, south=south.id, tiles=labs[0].id, lamps=labs[1].id, southern=labs[2].id,
        client=client.id, services={}, methods={}, editions={},
    )  # fmt: skip
    offered = (("absorption", labs[0], 3), ("strength", labs[0], 5), ("flux", labs[1], 10), ("tension", labs[2], 2))
    for code, laboratory, days in offered:
        method = Method(code=f"M-{code}", title={"en": code}, kind="testing", laboratory_id=laboratory.id)
        session.add(method)
        session.flush()
        edition = MethodVersion(
            method_id=method.id,
            edition="1",
            standard="ISO 10545-3:2018",
            document="{}",
            document_hash="0",
            state="approved",
            in_force_from=date(2020, 1, 1),
        )
        service = Service(
            code=code, name={"en": code}, method_id=method.id, laboratory_id=laboratory.id, turnaround_days=days
        )
        session.add_all([edition, service])
        session.flush()
        house.services[code], house.methods[code], house.editions[code] = service.id, method.id, edition.id
    return house


def authorise(house: House, name: str, method: str) -> None:
    """Let a person perform a method."""
    house.session.add(
        Competence(
            person_id=house.people[name], method_id=house.methods[method], activity="perform", state="authorised",
            valid_from=date(2020, 1, 1),
        )
    )  # fmt: skip
    house.session.flush()


@pytest.fixture
def monday():
    """Live on Monday 2 March 2026, 10:00 in Taipei."""
    with clock.at(MONDAY):
        yield MONDAY


@pytest.fixture
def house(session) -> House:
    """The laboratory, rolled back after the test."""
    return build(session)
