"""Where the figures are measured: an own PostgreSQL with stock durability, and the laboratory of the tests."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from sqlalchemy import Engine, event, func, text, update

from lims.methods.records import Competence
from lims.people.records import Person
from lims.people.rights import Actor
from lims.store import migrate
from lims.store.db import Sessions, connect, sessions, transaction
from lims.store.embedded import APPLICATION, OWNER, create_database, ensure_server
from tests.results.laboratory import Bureau, build


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A migrated database with a laboratory in it; everything commits."""

    folder: Path
    url: str
    owner_url: str
    engine: Engine
    sessions: Sessions
    bureau: Bureau
    actors: dict[str, Actor]

    def counted(self, do) -> int:
        """Return how many SQL statements something sends through our engine."""
        seen: list[object] = []

        def note(*given: object) -> None:
            seen.append(given[2])

        event.listen(self.engine, "before_cursor_execute", note)
        try:
            do()
        finally:
            event.remove(self.engine, "before_cursor_execute", note)
        return len(seen)

    def settle(self) -> None:
        """Let the planner know what is there, as autovacuum would in a while."""
        engine = connect(self.owner_url)
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))
        engine.dispose()


@contextmanager
def place() -> Iterator[Place]:
    """Start a server, set the laboratory up, and leave nothing behind."""
    folder = Path(tempfile.mkdtemp(prefix="lims-speed-", dir="/tmp"))  # short, so that the socket's path fits
    folder.chmod(0o711)
    server = ensure_server(folder / "instance")
    try:
        create_database(server, "speed")
        migrate.upgrade(server.url(OWNER, "speed"))
        engine = connect(server.url(APPLICATION, "speed"), pool_size=10)
        factory = sessions(engine)
        bureau, actors = set_up(factory)
        yield Place(
            folder=folder,
            url=server.url(APPLICATION, "speed"),
            owner_url=server.url(OWNER, "speed"),
            engine=engine,
            sessions=factory,
            bureau=bureau,
            actors=actors,
        )
        engine.dispose()
    finally:
        server.stop()
        shutil.rmtree(folder)


def set_up(factory: Sessions) -> tuple[Bureau, dict[str, Actor]]:
    """Enter the laboratory, with a signatory and addresses that a login takes."""
    with transaction(factory) as session:
        bureau = build(session)
        names = ("clerk", "technician", "reviewer", "manager")
        actors = {name: getattr(bureau, name) for name in names}
        session.execute(update(Person).values(email=func.replace(Person.email, ".test", ".org")))  # as a login takes it
        for method_id in bureau.methods.values():
            session.add(
                Competence(
                    person_id=actors["manager"].person_id, method_id=method_id, activity="sign", state="authorised",
                    valid_from=date(2020, 1, 1),
                )
            )  # fmt: skip
    return bureau, actors
