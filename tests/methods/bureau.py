"""A method in a small bureau, for tests of what is done to methods: its writer, who approves, a technician."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime

from sqlalchemy.orm import Session

from lims import clock
from lims.methods import operations
from lims.methods.records import MethodVersion
from lims.people.rights import Actor, Role
from tests.people.conftest import PASSWORD, Bureau, build

NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)  # 10:00 in Taipei
TODAY = date(2026, 3, 2)
DOCUMENT = {
    "inputs": {"m": {"unit": "g", "value": 2.0, "u": 0.1}},
    "outputs": {"y": {"unit": "mg", "expression": "3*m"}},
}


@dataclass
class Place:
    """The bureau with one method of its northern laboratory."""

    bureau: Bureau
    writer: Actor
    manager: Actor
    technician: Actor
    method: int

    @property
    def session(self) -> Session:
        """The session of the bureau."""
        return self.bureau.session

    def draft(self, edition: str, **changes: object) -> MethodVersion:
        """Write an edition."""
        given = {"standard": "EN 1", "document": DOCUMENT} | changes
        return operations.write_version(self.session, by=self.writer, method_id=self.method, edition=edition, **given)

    def sent(self, edition: str, **changes: object) -> MethodVersion:
        """Write an edition and send it for review."""
        row = self.draft(edition, **changes)
        return operations.move_version(
            self.session, by=self.writer, version_id=row.id, name="send for review", seen_version=row.version
        )

    def approve(self, row: MethodVersion, since: date = TODAY, **changes: object) -> MethodVersion:
        """Approve an edition as the manager."""
        given = {"by": self.manager, "password": PASSWORD, "seen_hash": row.document_hash} | changes
        return operations.approve_version(
            self.session, version_id=row.id, in_force_from=since, seen_version=row.version, **given
        )

    def approved(self, edition: str, since: date = TODAY) -> MethodVersion:
        """Write, send and approve an edition."""
        return self.approve(self.sent(edition), since)


def set_up(session: Session) -> Place:
    """Set the place up, as things stand at NOW."""
    with clock.at(NOW):
        bureau = build(session)
        here = (bureau.north, None)
        writer = bureau.person("writer", (Role.METHOD_OWNER, *here), branch=bureau.north)
        manager = bureau.person("manager", (Role.MANAGER, *here), branch=bureau.north)
        technician = bureau.person("technician", (Role.TECHNICIAN, *here), branch=bureau.north)
        method = operations.create_method(
            session, by=writer, code="T-1", title={"en": "Mass"}, kind="testing", laboratory_id=bureau.tiles
        )
    return Place(bureau=bureau, writer=writer, manager=manager, technician=technician, method=method.id)
