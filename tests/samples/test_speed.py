"""Lists at 100,000 lines: they use their indexes and take as long as at 1,000; registering is few statements."""

from __future__ import annotations

import time
from statistics import median

import pytest
from sqlalchemy import event, text
from sqlalchemy.orm import Session

from lims.people.rights import Role
from lims.samples import operations, queries
from tests.samples.conftest import House, build

pytestmark = pytest.mark.slow

LINES = 100_000


@pytest.fixture(scope="module")
def full(module_sessions, owner_engine) -> House:
    """A laboratory with 100,000 lines that can be worked on, in 25,000 jobs; a tenth more wait or are submitted."""
    session = module_sessions()
    house = build(session)
    clerk, technician = house.clerk.person_id, house.technician.person_id
    house.actor("other", Role.TECHNICIAN, laboratory=house.tiles)
    values = {
        "north": house.north,
        "client": house.client,
        "clerk": clerk,
        "technician": technician,
        "tiles": house.tiles,
        "lamps": house.lamps,
        "absorption": house.methods["absorption"],
        "flux": house.methods["flux"],
        "jobs": LINES // 4,
    }
    for statement in FILL:
        session.execute(text(statement), values)
    session.commit()
    with owner_engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))
    return house


FILL = (
    """
INSERT INTO job (number, check_code, branch_id, client_id, report_language, after_testing, urgent, state, phase,
                 due_on, laboratory_ids,
                 registered_by_id, registered_at, confirmed_at, version)
SELECT 'JN-2026-' || n, 'X', :north, :client, 'en', 'return', false, 'confirmed', 'in progress',
       DATE '2026-01-01' + (n * 7919 % 400)::int, ARRAY[:tiles, :lamps]::bigint[], :clerk, now(), now(), 1
FROM generate_series(1, :jobs) n
""",
    """
INSERT INTO item (job_id, position, number, label, description, state, received_at, version)
SELECT id, 1, number || '-1', 'A', 'tile', 'received', now(), 1 FROM job
""",
    """
INSERT INTO line (job_id, item_id, laboratory_id, method_id, position, turnaround_days, number,
                  assigned_to_id, state, urgent,
                  due_on, ready, submitted_at, version)
SELECT i.job_id, i.id, CASE WHEN p % 2 = 0 THEN :tiles ELSE :lamps END,
       CASE WHEN p % 2 = 0 THEN :absorption ELSE :flux END, p, 3, i.number || '/' || p,
       CASE WHEN i.id % 500 = 0 THEN :technician END,
       CASE WHEN p = 5 THEN 'submitted' ELSE 'ordered' END, false, DATE '2026-01-01' + (i.id * 7919 % 400)::int,
       p < 5, CASE WHEN p = 5 THEN now() END, 1
FROM item i CROSS JOIN generate_series(1, 5) p WHERE p < 5 OR i.id % 2 = 0
""",
)


def timed(ask) -> float:
    """Return the median time of a question in milliseconds."""
    taken = []
    for _ in range(15):
        start = time.perf_counter()
        ask()
        taken.append((time.perf_counter() - start) * 1000)
    return median(taken)


def plan_of(session: Session, ask) -> str:
    """Return how PostgreSQL goes about the statement of a question."""
    seen: list[tuple] = []
    event.listen(session.get_bind(), "before_cursor_execute", lambda *given: seen.append(given[2:4]))
    ask()
    statement, parameters = seen[0]
    cursor = session.connection().connection.cursor()
    cursor.execute("EXPLAIN (ANALYZE, BUFFERS) " + statement, parameters)
    return "\n".join(row[0] for row in cursor.fetchall())


def test_the_worklist_of_100_000_lines_is_read_by_its_index(full: House, record_property) -> None:
    session, by = full.session, full.manager
    questions = {
        "worklist": lambda: queries.worklist(session, by=by),
        "worklist of one laboratory": lambda: queries.worklist(session, by=by, laboratory_id=full.tiles),
        "mine": lambda: queries.worklist(session, by=full.technician, person_id=full.technician.person_id),
        "review": lambda: queries.review_queue(session, by=by),
        "late": lambda: queries.late_count(session, by=by),
        "jobs": lambda: queries.jobs(session, by=by),
        "late jobs": lambda: queries.jobs(session, by=by, late=True),
    }
    last = queries.worklist(session, by=by).cursor
    for _ in range(3):
        last = queries.worklist(session, by=by, cursor=last, limit=200).cursor
    questions["a later page"] = lambda: queries.worklist(session, by=by, cursor=last)
    times = {name: timed(ask) for name, ask in questions.items()}
    for name, ask in questions.items():
        plan = plan_of(session, ask)
        assert "Seq Scan on line" not in plan, f"{name}\n{plan}"
    record_property("ms", times)
    assert max(times.values()) < 25, times


def test_registering_ten_items_with_thirty_lines(full: House, record_property) -> None:
    session, by = full.session, full.clerk
    job = full.new_job(*(full.new_item(f"A-{n}", "absorption", "strength", "flux") for n in range(10)))

    def register() -> None:
        operations.register_job(session, by=by, job=job, confirm=True)
        session.commit()

    per_item = timed(register) / 10
    record_property("ms", per_item)
    assert per_item <= 4 * 2  # the goal is 4 ms; twice that on a busy machine
