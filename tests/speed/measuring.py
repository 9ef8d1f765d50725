"""One result, from typed readings to a frozen budget with its audit event; and the review of it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np
from sqlalchemy import insert, select

from lims.instruments.reading import GENESIS, as_json, seal
from lims.methods import evaluate
from lims.methods.procedure import parse
from lims.people import passwords
from lims.results import operations, queries
from lims.results.entry import Entered
from lims.results.records import Acquisition, Reading, Result
from lims.samples.records import Line
from lims.store.db import transaction
from tests.results.laboratory import PASSWORD, ROOM, reading, volts
from tests.speed.place import Place
from tests.speed.registering import register
from tests.speed.timing import Row, Times, times, times_of_each

RUNS = 60
BATCH = 200
ROW_FLOOR = "one reading and one result inserted by SQLAlchemy Core, one commit"
POINTS = ("-10 V", "-5 V", "0 V", "5 V", "10 V")


def rows(place: Place, runs: int = RUNS) -> Iterator[Row]:
    """Measure results, reviews, and readings as they come from a bench."""
    lines = weighing_lines(place, runs + 2)
    entered = times_of_each([partial(enter_mass, place, line) for line in lines])
    statements = place.counted(partial(enter_mass, place, weighing_lines(place, 1)[0]))
    (spare,) = weighing_lines(place, 1)
    enter_mass(place, spare)
    inserts = _bare_inserts(place, spare, runs)
    yield Row(work="enter one result: 4 readings typed, evaluated with budget, stored, audited", ours=entered.median,
              p95=entered.p95, floor=inserts.median, floor_is=ROW_FLOOR, target=5.0, statements=statements)  # fmt: skip
    yield from _evaluations(place, lines[0], runs)
    yield _many_points(place, runs // 3)
    yield from _reviews(place, lines, inserts)
    yield _batch(place, runs // 3)


def weighing_lines(place: Place, count: int) -> list[int]:
    """Register and receive items until there are so many lines to weigh."""
    job_ids = [register(place, received=True) for _ in range(-(-count // 10))]
    with transaction(place.sessions) as session:
        query = select(Line.id).where(Line.job_id.in_(job_ids), Line.method_id == place.bureau.methods["weighing"])
        return list(session.scalars(query.order_by(Line.id).limit(count)))


def enter_mass(place: Place, line_id: int) -> None:
    """Type three readings of a balance and the temperature of the room; the result comes with them."""
    with transaction(place.sessions) as session:
        by = place.actors["technician"]
        operations.enter_readings(session, by=by, line_id=line_id, entries=mass_entries(place))


def mass_entries(place: Place) -> list[Entered]:
    """Return three readings of a balance and the temperature of the room, as typed."""
    balance = place.bureau.instruments["BAL-1"]
    return [
        Entered(input="m", values=("102.4137", "102.4139", "102.4136"), unit="g", instrument_id=balance),
        Entered(input="room", values=("21.4",), unit="degC"),
    ]


def _result_of(place: Place, line_id: int) -> Result:
    with transaction(place.sessions) as session:
        return session.scalars(select(Result).where(Result.line_id == line_id).order_by(Result.id.desc())).first()


def _evaluations(place: Place, line_id: int, runs: int) -> Iterator[Row]:
    """The pure evaluation beside the same arithmetic written out in numpy."""
    filled = parse(_result_of(place, line_id).filled)
    pure = times(partial(evaluate.evaluate, filled), runs=5 * runs)
    assert abs(evaluate.evaluate(filled).outputs["M"].value - bare_mass()[0]) < 1e-9
    floor = times(bare_mass, runs=5 * runs)
    yield Row(work="… of it the evaluation alone", ours=pure.median, p95=pure.p95, floor=floor.median,
              floor_is="the bare arithmetic in numpy", target=5.0)  # fmt: skip


def bare_mass() -> tuple[float, float]:
    """Mean of three readings plus correction, and its standard uncertainty, written out by hand."""
    m = np.array([102.4137, 102.4139, 102.4136])
    u_m = np.sqrt(np.var(m, ddof=1) / m.size + (0.0001 / np.sqrt(12)) ** 2)
    return float(m.mean() + 0.01), float(np.hypot(u_m, 0.02 / 2))


def _many_points(place: Place, runs: int) -> Row:
    """A voltmeter at five points, ten readings each: 55 numbers."""
    lines = [_volts_line(place) for _ in range(runs + 2)]
    taken = times_of_each([partial(_enter_volts, place, line) for line in lines])
    with transaction(place.sessions) as session:
        stored = [
            {key: value for key, value in row.items() if key not in {"id", "entry_id"}}
            for row in session.execute(select(Reading.__table__).where(Reading.line_id == lines[0])).mappings()
        ]

    def bare() -> None:
        with place.engine.begin() as connection:
            connection.execute(insert(Reading.__table__), stored)

    floor = times(bare, runs=runs)
    return Row(work="enter one calibration: 5 points, 55 readings typed", ours=taken.median, p95=taken.p95,
               floor=floor.median, floor_is="the same 55 readings inserted, one commit")  # fmt: skip


def _volts_line(place: Place) -> int:
    job_id = register(place, received=True, items=1)
    with transaction(place.sessions) as session:
        query = select(Line.id).where(Line.job_id == job_id, Line.method_id == place.bureau.methods["volts"])
        return session.scalars(query).one()


def _enter_volts(place: Place, line_id: int) -> None:
    meter = place.bureau.instruments["DMM-1"]
    entries = [
        entered
        for point in POINTS
        for entered in (
            Entered(input="V_ref", point=point, values=tuple(volts(point.split()[0])), unit="V", instrument_id=meter),
            Entered(input="V_ind", point=point, values=(point.split()[0] + ".001",), unit="V"),
        )
    ]
    with transaction(place.sessions) as session:
        operations.enter_readings(session, by=place.actors["technician"], line_id=line_id, entries=[*entries, *ROOM])
    assert _result_of(place, line_id) is not None


def _bare_inserts(place: Place, line_id: int, runs: int) -> Times:
    with transaction(place.sessions) as session:
        reading_row = session.execute(select(Reading.__table__).where(Reading.line_id == line_id)).mappings().first()
        result_row = session.execute(select(Result.__table__).where(Result.line_id == line_id)).mappings().first()
    count = itertools.count(1000)

    def bare() -> None:
        with place.engine.begin() as connection:
            connection.execute(insert(Reading.__table__), _again(reading_row, entry_id=None))
            connection.execute(insert(Result.__table__), _again(result_row, number=next(count)))

    return times(bare, runs=runs)


def _again(row: Any, **changes: object) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key != "id"} | changes


def _reviews(place: Place, lines: list[int], inserts: Times) -> Iterator[Row]:
    """Submit and review one: all of it, the password's hash in it, and what is left."""
    submitted = times_of_each([partial(_submit, place, line) for line in lines])
    yield Row(work="submit one: gates asked and result computed again", ours=submitted.median, p95=submitted.p95)
    shown = [(line, *_as_shown(place, line)) for line in lines]
    statements = place.counted(partial(review, place, *shown.pop()))
    with hashing_timed() as hashing:
        all_of_it = times_of_each([partial(review, place, *one) for one in shown])
    words = tuple(hashing[2:])
    rest = Times(ms=tuple(whole - part for whole, part in zip(all_of_it.ms, words, strict=True)))
    yield Row(work="review one, the password's argon2 apart", ours=rest.median, p95=rest.p95, floor=inserts.median,
              floor_is=ROW_FLOOR, target=5.0, statements=statements)  # fmt: skip
    yield Row(work="… with argon2, slow by intent", ours=all_of_it.median, p95=all_of_it.p95,
              floor=Times(ms=words).median, floor_is="argon2id alone, 30 MiB, 2 rounds")  # fmt: skip


def _submit(place: Place, line_id: int) -> None:
    with transaction(place.sessions) as session:
        operations.submit(session, by=place.actors["technician"], line_id=line_id, seen_version=None, seen_hash=None)


def checked(place: Place, line_ids: list[int]) -> None:
    """Do what the worker does after results were made, so that they can be reviewed; few trials."""
    with transaction(place.sessions) as session:
        result_ids = session.scalars(select(Result.id).where(Result.line_id.in_(line_ids))).all()
        operations.simulate(session, result_ids=result_ids, trials=100)


def _as_shown(place: Place, line_id: int) -> tuple[int, str]:
    checked(place, [line_id])
    with transaction(place.sessions) as session:
        page = queries.review_page(session, by=place.actors["reviewer"], line_id=line_id)
        return page.work.line.version, page.shown


def review(place: Place, line_id: int, version: int, shown: str) -> None:
    """Sign what was shown."""
    with transaction(place.sessions) as session:
        operations.review(session, by=place.actors["reviewer"], line_id=line_id, seen_version=version, seen_hash=shown,
                          password=PASSWORD)  # fmt: skip


@contextmanager
def hashing_timed() -> Iterator[list[float]]:
    """Note how long each check of a password takes."""
    taken: list[float] = []
    matches = passwords.matches

    def timed(stored: str | None, password: str) -> bool:
        found = False

        def check() -> None:
            nonlocal found
            found = matches(stored, password)

        taken.extend(times(check, runs=1, warm=0).ms)
        return found

    passwords.matches = timed
    try:
        yield taken
    finally:
        passwords.matches = matches


def _batch(place: Place, runs: int) -> Row:
    """Two hundred readings as a bench sends them: each checked in its chain and stored once."""
    acquisition = _ordered(place)
    with transaction(place.sessions) as session:
        plan = session.get_one(Acquisition, acquisition).plan
    head, batches = GENESIS, []
    for start in range(1, (runs + 2) * BATCH, BATCH):
        batch = []
        for seq in range(start, start + BATCH):
            sealed = seal(head, reading(acquisition, plan, seq, "10.00002"))
            head = sealed.hash
            batch.append(as_json(sealed))
        batches.append(batch)

    def accept(batch: list[dict[str, Any]]) -> None:
        with transaction(place.sessions) as session:
            bench = place_bench(place, session)
            done = operations.accept_readings(session, bench=bench, acquisition_id=acquisition, readings=batch)
            assert len(done.acknowledged) == BATCH

    taken = times_of_each([partial(accept, batch) for batch in batches])
    with transaction(place.sessions) as session:
        query = select(Reading.__table__).where(Reading.acquisition_id == acquisition).limit(BATCH)
        stored = [_again(row, acquisition_id=None, source="manual") for row in session.execute(query).mappings()]

    def bare() -> None:
        with place.engine.begin() as connection:
            connection.execute(insert(Reading.__table__), stored)

    floor = times(bare, runs=runs)
    return Row(work="take 200 readings from a bench: parsed, chain checked, stored once", ours=taken.median,
               p95=taken.p95, floor=floor.median, floor_is="the same 200 rows inserted, one commit")  # fmt: skip


def _ordered(place: Place) -> Any:
    line = _volts_line(place)
    with transaction(place.sessions) as session:
        return operations.order_acquisition(
            session, by=place.actors["technician"], line_id=line, input="V_ref", point="10 V",
            instrument_id=place.bureau.instruments["DMM-1"],
        )  # fmt: skip


def place_bench(place: Place, session: Any) -> Any:
    """Return the bench of the laboratory."""
    from lims.instruments import queries as instruments

    return instruments.bench(session, place.bureau.bench)
