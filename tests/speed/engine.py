"""The measurement engine: one result, ten thousand at once, and stored results computed again."""

from __future__ import annotations

import gc
import math
import os
import random
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import numpy as np
from sqlalchemy import text

from lims.cli import recompute
from lims.methods.batch import evaluate_all
from lims.methods.document import load
from lims.methods.evaluate import evaluate
from lims.methods.procedure import parse
from lims.metrology.estimate import Estimate, Part
from lims.metrology.model import check
from lims.metrology.propagate import seeds, slopes, variance
from lims.metrology.variables import variables
from lims.results import operations, queries
from lims.results.entry import Entered
from lims.store.db import connect, transaction
from tests.speed.measuring import weighing_lines
from tests.speed.place import Place
from tests.speed.timing import Row, times

RUNS = 300
MANY = 10_000
DIFFERENT = 60
STORED = 12_000
FASTEST_ANCHOR = 1.2
"""The package uncertainties 3.2.3 takes 0.040 ms for the same (nine ufloats made, the expression, std_dev), the floor
0.033 ms beside it (2026-11-23); GTC 1.5.1 takes 0.099 ms, with degrees of freedom, k and budget."""
FASTER = 20.0
SECONDS_FOR_100_000 = 300.0
FLOOR = "value and u in numpy, slopes by central differences"
EXPRESSION = "l_s + d0 + d1 + d2 - l_s*(d_alpha*(theta_bar + Delta) + alpha_s*d_theta)"
# JCGM 100:2008, H.1: value, u, degrees of freedom, unit
END_GAUGE = {
    "l_s": (50000623.0, 25.0, 18.0, "nm"),
    "d0": (215.0, 5.8, 24.0, "nm"),
    "d1": (0.0, 3.9, 5.0, "nm"),
    "d2": (0.0, 6.7, 8.0, "nm"),
    "alpha_s": (1.15e-5, 2e-6 / math.sqrt(3), math.inf, "1/delta_degC"),
    "theta_bar": (-0.1, 0.2, math.inf, "delta_degC"),
    "Delta": (0.0, 0.5 / math.sqrt(2), math.inf, "delta_degC"),
    "d_alpha": (0.0, 1e-6 / math.sqrt(3), 50.0, "1/delta_degC"),
    "d_theta": (0.0, 0.05 / math.sqrt(3), 2.0, "delta_degC"),
}
MODEL = (("l", check(EXPRESSION, {name: row[3] for name, row in END_GAUGE.items()}, "nm")),)


def rows(place: Place, runs: int = RUNS, many: int = MANY, stored: int = STORED, workers: int = 2) -> Iterator[Row]:
    """Measure GUM H.1 by itself, then ten thousand of it at once, then stored results."""
    yield from _one(runs)
    yield from _many(many)
    yield _again(place, stored, workers)


def _one(runs: int) -> Iterator[Row]:
    value, u = first_order()
    assert (value, round(u, 6)) == (50000838.0, 31.663879)  # H.1.6
    ours, floor = times(first_order, runs=runs), times(bare, runs=runs)
    yield Row(work="GUM H.1 in first order: 9 estimates made, value, slopes, u", ours=ours.median,
              p95=ours.p95, floor=floor.median, floor_is=FLOOR, target=FASTEST_ANCHOR * floor.median)  # fmt: skip
    document = end_gauge()
    procedure = parse(document)
    whole = times(lambda: evaluate(procedure), runs=runs)
    yield Row(work="… its whole answer: budget, degrees of freedom, k, U, second order, as written", ours=whole.median,
              p95=whole.p95, floor=floor.median, floor_is=FLOOR)  # fmt: skip
    read = times(lambda: evaluate(parse(document)), runs=runs)
    yield Row(work="… and its document read and checked before", ours=read.median, p95=read.p95, floor=floor.median,
              floor_is=FLOOR)  # fmt: skip


def first_order() -> tuple[float, float]:
    """Value and u of GUM H.1, from nine numbers with theirs."""
    estimates = {
        name: Estimate(value=value, unit=unit, parts=(Part(name="", u=u, dof=dof),))
        for name, (value, u, dof, unit) in END_GAUGE.items()
    }
    known = variables(estimates)
    slope = slopes(MODEL, seeds(known), [])["l"]
    return slope.v, math.sqrt(variance(slope.g, known))


_VALUES = np.array([row[0] for row in END_GAUGE.values()])
_U = np.array([row[1] for row in END_GAUGE.values()])


def bare() -> tuple[float, float]:
    """The same value and u written out by hand."""
    c = np.array([_length(_VALUES + step) - _length(_VALUES - step) for step in np.diag(_U)]) / 2
    return float(_length(_VALUES)), math.sqrt(c @ c)


def _length(x: Any) -> Any:
    l_s, d0, d1, d2, alpha_s, theta_bar, delta, d_alpha, d_theta = x
    return l_s + d0 + d1 + d2 - l_s * (d_alpha * (theta_bar + delta) + alpha_s * d_theta)


def end_gauge() -> dict[str, Any]:
    """The published case as a document."""
    return load((files("lims.methods") / "golden" / "gum_h1_end_gauge.yaml").read_text("utf-8"))["document"]


def filled(number: int) -> list[dict[str, Any]]:
    """So many documents of the case, each with other values."""
    document, draw = end_gauge(), random.Random(1)  # noqa: S311 - numbers for a measurement of speed
    return [
        {
            **document,
            "inputs": {
                name: {**entry, "value": entry["value"] + draw.gauss(0, END_GAUGE[name][1])}
                for name, entry in document["inputs"].items()
            },
        }
        for _ in range(number)
    ]


def _many(number: int) -> Iterator[Row]:
    """From documents to budgets: all at once, and a few of them one by one in the same run."""
    documents = filled(number)
    few = documents[: max(3, number // 20)]
    gc.collect()
    gc.freeze()  # so many documents would be searched through for garbage with each new object
    together = times(lambda: [group.columns for group in evaluate_all(documents).groups], runs=3, warm=1)
    one_by_one = times(lambda: [evaluate(document) for document in few], runs=3, warm=1).per(len(few))
    gc.unfreeze()
    assert not evaluate_all(documents).alone
    each = together.per(number)
    yield Row(work=f"GUM H.1, {number:,} documents at once, each", ours=each.median, floor=one_by_one.median,
              floor_is="one by one", target=one_by_one.median / FASTER)  # fmt: skip


def _again(place: Place, number: int, workers: int) -> Row:
    """Results of a balance, entered as a person does, and copied in the database with numbers of their own."""
    draw, before = random.Random(2), _count(place)  # noqa: S311 - numbers for a measurement of speed
    for line in weighing_lines(place, DIFFERENT):
        _enter(place, line, draw)
    _copy(place, before, number)
    os.environ["LIMS_DATABASE_URL"], kept = place.url, os.environ.get("LIMS_DATABASE_URL")
    try:
        with transaction(place.sessions) as session:
            parts = list(queries.result_parts(session, most=recompute.PART, largest=recompute.LARGEST))
        found: list[tuple[int, list[str]]] = []
        taken = times(lambda: found.extend(recompute.computed(iter(parts), workers)), runs=1, warm=0)
    finally:
        os.environ.pop("LIMS_DATABASE_URL")
        if kept is not None:
            os.environ["LIMS_DATABASE_URL"] = kept
    assert [fault for _, faults in found for fault in faults] == []
    done = sum(each for each, _ in found)
    assert done == _count(place) >= number
    return Row(work=f"stored results computed again from their raw readings ({done:,}, {workers} processes)",
               ours=1000 * done / taken.ms[0], unit="1/s", target=100_000 / SECONDS_FOR_100_000,
               more_is_better=True)  # fmt: skip


def _count(place: Place) -> int:
    with transaction(place.sessions) as session:
        return queries.result_count(session)


def _enter(place: Place, line_id: int, draw: random.Random) -> None:
    readings = tuple(f"{102.4137 + draw.gauss(0, 1e-4):.4f}" for _ in range(3))
    entries = [
        Entered(input="m", values=readings, unit="g", instrument_id=place.bureau.instruments["BAL-1"]),
        Entered(input="room", values=(f"{draw.uniform(20, 22):.1f}",), unit="degC"),
    ]
    with transaction(place.sessions) as session:
        operations.enter_readings(session, by=place.actors["technician"], line_id=line_id, entries=entries)


def _copy(place: Place, before: int, number: int) -> None:
    """Further versions of the results that were entered last, as many as are wanted."""
    engine = connect(place.owner_url)
    with engine.begin() as connection:
        columns = "SELECT column_name FROM information_schema.columns WHERE table_name = 'result'"
        names = [name for name in connection.scalars(text(columns)) if name not in {"id", "number"}]
        listed = ", ".join(names)
        newest = f"(SELECT * FROM result ORDER BY id DESC LIMIT {DIFFERENT})"  # noqa: S608 - a number of ours
        times_each = -(-(number - before) // DIFFERENT) - 1
        connection.execute(
            text(
                f"INSERT INTO result (number, {listed}) SELECT 1000 + n, {listed} "  # noqa: S608 - names of the table
                f"FROM {newest} kept, generate_series(1, {times_each}) n ORDER BY n, kept.id"
            )
        )
    engine.dispose()
