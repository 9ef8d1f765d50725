"""A line measured at the simulated bench: instruments read by acquisitions, the rest written down by hand."""

from __future__ import annotations

from lims import clock
from lims.demo.measuring import Scene, chained
from lims.instruments import queries as instruments
from lims.instruments.driverfile import shipped
from lims.instruments.plan import Plan
from lims.methods.beside import OF_CALIBRATION
from lims.methods.fill import RequiredInput, required_inputs
from lims.methods.procedure import parse
from lims.methods.queries import version_in_force
from lims.people.rights import Actor
from lims.results import operations, queries
from lims.results.entry import Entered
from lims.samples.queries import LineView, line_view
from lims.store.db import Session


def measure_line(session: Session, *, by: Actor, line_id: int, scene: Scene, share: float) -> None:
    """Fill a share of what the method asks for (1: all); results come by themselves once all is there."""
    line = line_view(session, by=by, line_id=line_id)
    version = version_in_force(session, line.method_id, clock.now().date())
    assert version is not None  # noqa: S101 - the demonstration's methods are in force
    required = [one for one in required_inputs(parse(version.document)) if one.source not in OF_CALIBRATION]
    remembered: dict[str, float] = {}
    for one in required[: max(1, round(share * len(required)))]:
        values = scene.values(one, remembered)
        if one.kind:
            _read(session, by, line, one, values)
        else:
            _write_down(session, by, line, one, values)


def _read(session: Session, by: Actor, line: LineView, one: RequiredInput, values: list[str]) -> None:
    (view, *_) = instruments.usable(session, laboratory_id=line.laboratory_id, kind=one.kind)
    acquisition = operations.order_acquisition(
        session, by=by, line_id=line.id, input=one.name, point=one.point, instrument_id=view.id, repeats=len(values)
    )
    bench = instruments.bench(session, view.bench_id or 0)
    driver = shipped(view.driver or "")
    (order,) = [order for order in queries.orders(session, bench.id) if order.acquisition == acquisition]
    plan = Plan.from_json(order.plan)
    begun = clock.now()
    bodies = list(chained(plan, view, driver, acquisition=str(acquisition), values=values, begun=begun))
    operations.report_state(
        session, bench=bench, acquisition_id=acquisition, state="running", count=0, head="", reason=""
    )
    operations.accept_readings(session, bench=bench, acquisition_id=acquisition, readings=bodies)
    operations.report_state(
        session,
        bench=bench,
        acquisition_id=acquisition,
        state="complete",
        count=len(bodies),
        head=bodies[-1]["hash"],
        reason="",
    )


def _write_down(session: Session, by: Actor, line: LineView, one: RequiredInput, values: list[str]) -> None:
    uncertain = {"V": "0.2", "theta_a": "0.4", "theta_room": "0.5", "rh_room": "3", "t": "0.01"}.get(one.name, "")
    entered = Entered(
        input=one.name, point=one.point, values=tuple(values), unit=one.unit, U=uncertain, k="2" if uncertain else ""
    )
    operations.enter_readings(session, by=by, line_id=line.id, entries=[entered])
