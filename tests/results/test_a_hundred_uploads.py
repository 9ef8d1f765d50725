"""Uploads that come twice, in another order, in part and late, a hundred times: each reading once, in one chain."""

from __future__ import annotations

import random

import pytest

from lims import clock
from lims.instruments.reading import GENESIS, as_json, seal
from lims.results import operations
from lims.results.queries.readings import readings_of
from lims.results.records import Acquisition
from tests.results.laboratory import reading

READINGS = 12


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100))
def test_duplicated_and_reordered_uploads_store_each_reading_once(bureau, volts_line, seed):
    chance = random.Random(seed)  # noqa: S311
    key = bureau.order(volts_line)
    plan = bureau.session.get_one(Acquisition, key).plan
    bodies, head = [], GENESIS
    for seq in range(1, READINGS + 1):
        step = clock.now()
        with clock.at(step.replace(microsecond=seq)):
            sealed = seal(head, reading(key, plan, seq, f"10.0000{seq % 10}"))
        head = sealed.hash
        bodies.append(as_json(sealed))
    acknowledged: set[int] = set()
    tries = 0
    while len(acknowledged) < READINGS or tries < 40:
        tries += 1
        first = chance.randrange(READINGS)
        batch = bodies[first : first + chance.randint(1, 5)] * chance.randint(1, 2)
        chance.shuffle(batch)
        answer = operations.accept_readings(bureau.session, bench=bureau.bench_view, acquisition_id=key, readings=batch)
        assert set(answer.acknowledged) <= set(range(1, answer.received + 1))
        acknowledged |= set(answer.acknowledged)

    stored = [row for row in readings_of(bureau.session, volts_line) if row.run == key]
    assert [row.seq for row in stored] == list(range(1, READINGS + 1))
    assert [row.value for row in stored] == [body["value"] for body in bodies]
    assert bureau.session.get_one(Acquisition, key).head == head
