"""A laboratory in which results come about: methods of the library, instruments with certificates, a bench, people."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

import lims.methods
from lims import clock
from lims.instruments import operations as instruments
from lims.instruments import queries as instrument_queries
from lims.instruments.operations import NewCertificate, NewInstrument, NewPoint
from lims.instruments.reading import GENESIS, Reading, as_json, seal
from lims.methods import document
from lims.methods.operations.versions import _frozen
from lims.methods.records import Competence, Method, MethodVersion, Service
from lims.people import passwords
from lims.people.records import Branch, Client, Laboratory, Person, RoleHeld
from lims.people.rights import Actor, Role, grants_of
from lims.results import operations
from lims.results.entry import Entered
from lims.results.records import Acquisition
from lims.samples import operations as samples
from lims.samples.records import Job, Line
from lims.samples.request import NewItem, NewJob, NewLine, Receipt, RequestReview

LIBRARY = Path(lims.methods.__file__).parent / "library"
MONDAY = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)  # 10:00 in Taipei
PASSWORD = "correct horse battery"  # as in tests/web/desk.py
# one balance, one correction: its numbers are worked out by hand in the tests
WEIGHING = {
    "title": {"en": "Weighing"},
    "inputs": {"m": {"unit": "g"}, "c": {"unit": "g"}, "room": {"unit": "degC"}},
    "outputs": {"M": {"unit": "g", "expression": "m + c", "title": {"en": "Mass"}}},
    "bindings": {
        "m": {"from": "reading", "kind": "balance", "quantity": "mass", "repeats": 3},
        "c": {"from": "certificate", "kind": "balance", "quantity": "mass", "at": "m"},
        "room": {"from": "environment"},
    },
    "checks": [{"title": {"en": "Room"}, "expression": "room", "min": "15 [degC]", "max": "25 [degC]"}],
    "specifications": {"M": {"name": {"en": "Limit"}, "lower": 100, "unit": "g", "rule": "guard_band", "multiple": 1}},
    "coverage": {"k": 2},
}
METHODS = {
    "tiles": ("ceramic_tile_water_absorption", "testing"),
    "volts": ("dc_voltmeter_calibration", "calibration"),
    "lamp": ("lamp_luminous_flux_efficacy", "testing"),
}


@cache
def hashed() -> str:
    """Return the hash of everybody's password, made once."""
    return passwords.hash_password(PASSWORD)


@dataclass
class Bureau:
    """Keys of what was set up, and shorthands for what most tests do first."""

    session: Session
    branch: int
    laboratory: int
    client: int
    bench: int = 0
    bench_token: str = ""
    methods: dict[str, int] = field(default_factory=dict)
    editions: dict[str, int] = field(default_factory=dict)
    services: dict[str, int] = field(default_factory=dict)
    instruments: dict[str, int] = field(default_factory=dict)
    people: dict[str, int] = field(default_factory=dict)

    def actor(self, name: str, role: Role) -> Actor:
        """Return an actor for a person, made at first mention, with a role in the laboratory."""
        if name not in self.people:
            person = Person(
                email=f"{name}@example.org", name={"en": name.title()}, session_key=name,
                password_hash=hashed(), locale="en",
                laboratory_id=self.laboratory, branch_id=self.branch,
            )  # fmt: skip
            self.session.add(person)
            self.session.flush()
            self.people[name] = person.id
            self.session.add(RoleHeld(person_id=person.id, role=role, laboratory_id=self.laboratory))
        grants = grants_of(role, branch_id=self.branch, laboratory_id=self.laboratory)
        return Actor(person_id=self.people[name], label=name, grants=grants)

    @property
    def clerk(self) -> Actor:
        found = self.actor("clerk", Role.CLERK)
        return Actor(person_id=found.person_id, label="clerk", grants=grants_of(Role.CLERK, branch_id=self.branch))

    @property
    def technician(self) -> Actor:
        return self.actor("technician", Role.TECHNICIAN)

    @property
    def colleague(self) -> Actor:
        return self.actor("colleague", Role.TECHNICIAN)

    @property
    def reviewer(self) -> Actor:
        return self.actor("reviewer", Role.REVIEWER)

    @property
    def manager(self) -> Actor:
        return self.actor("manager", Role.MANAGER)

    @property
    def bench_view(self):
        return instrument_queries.bench(self.session, self.bench)

    def job(self, *codes: str, received: bool = True, items: int = 1) -> list[int]:
        """Register, confirm and receive a job of items with these services; return the ids of its lines."""
        lines = tuple(NewLine(service_id=self.services[code]) for code in codes)
        new = NewJob(
            branch_id=self.branch,
            client_id=self.client,
            items=tuple(NewItem(label=f"A-{n}", description="What was sent", lines=lines) for n in range(items)),
            request_review=RequestReview(capability=True, method_agreed=True),
        )
        receipt = Receipt(place="Shelf 1") if received else None
        job_id = samples.register_job(self.session, by=self.clerk, job=new, confirm=True, receipt=receipt)
        query = select(Line.id).join(Job, Job.id == Line.job_id).where(Job.id == job_id).order_by(Line.id)
        return list(self.session.scalars(query))

    def order(self, line_id: int, input: str = "V_ref", point: str | None = "10 V", **more) -> UUID:
        """Order ten readings of the multimeter."""
        values = {"by": self.technician, "instrument_id": self.instruments["DMM-1"]} | more
        return operations.order_acquisition(self.session, line_id=line_id, input=input, point=point, **values)

    def send(self, acquisition: UUID, values: list[str], **more):
        """Send readings of a run as its bench would; return what the server answers."""
        return operations.accept_readings(
            self.session,
            bench=self.bench_view,
            acquisition_id=acquisition,
            readings=batch(self.session, acquisition, values, **more),
        )

    def finish(self, acquisition: UUID, state: str = "complete", reason: str = "") -> None:
        """Tell the end of a run as its bench would."""
        row = self.session.get(Acquisition, acquisition, populate_existing=True)
        operations.report_state(
            self.session, bench=self.bench_view, acquisition_id=acquisition, state=state, count=row.received,
            head=row.head, reason=reason,
        )  # fmt: skip

    def acquire(
        self, line_id: int, values: list[str], input: str = "V_ref", point: str | None = "10 V", **more
    ) -> UUID:
        """Order, send and finish a run."""
        acquisition = self.order(line_id, input, point, **more)
        self.send(acquisition, values)
        self.finish(acquisition)
        return acquisition


def reading(acquisition: UUID, plan: dict, seq: int, value: str | None, **more) -> Reading:
    """Return a reading as the bench makes it."""
    values = {
        "acquisition": str(acquisition), "seq": seq, "quantity": plan["quantity"], "value": value,
        "unit": {"dc_voltage": "V", "mass": "g", "luminous_flux": "lm", "active_power": "W"}[plan["quantity"]],
        "at": clock.now(), "raw": value, "fault": None, "instrument": plan["instrument"], "serial": plan["serial"],
        "idn": "Keysight Technologies,34465A", "resource": "TCPIP0::192.0.2.11::5025::SOCKET",
        "driver": f"{plan['driver']}/1", "driver_hash": "d" * 64, "settings": plan["settings"], "flags": (),
        "stable": None, "counts": value is not None, "latency_ms": 12, "elapsed_ms": 500 * seq,
        "clock_offset_ms": 0, "bench": "B1", "agent": "test",
    }  # fmt: skip
    return Reading(**(values | more))


def batch(
    session: Session, acquisition: UUID, values: list[str | None], *, after: int | None = None, **more
) -> list[dict]:
    """Return the next readings of a run in the form of the wire, chained to what is stored."""
    row = session.get(Acquisition, acquisition, populate_existing=True)
    previous, seq = row.head or GENESIS, row.received if after is None else after
    found = []
    for value in values:
        seq += 1
        sealed = seal(previous, reading(acquisition, row.plan, seq, value, **more))
        previous = sealed.hash
        found.append(as_json(sealed))
    return found


def volts(value: str = "10.0000", n: int = 10) -> list[str]:
    """Return n readings that scatter a little about a value."""
    return [str(Decimal(value) + Decimal(k % 4) * Decimal("0.00001")) for k in range(n)]


ROOM = (
    Entered(input="theta_room", values=("23.1",), unit="degC"),
    Entered(input="rh_room", values=("51",), unit="percent"),
)
"""The room of a calibration, as it is written down."""


def build(session: Session) -> Bureau:
    """Set the laboratory up."""
    branch = Branch(code="N", name={"en": "North"})
    client = Client(code="C001", name={"en": "Fair Meters Ltd"}, company_number="04595257")
    session.add_all([branch, client])
    session.flush()
    laboratory = Laboratory(branch_id=branch.id, code="LAB", name={"en": "Laboratory"})
    session.add(laboratory)
    session.flush()
    bureau = Bureau(session=session, branch=branch.id, laboratory=laboratory.id, client=client.id)
    for code, (file, kind) in METHODS.items():
        offer(bureau, code, document.load((LIBRARY / f"{file}.yaml").read_text("utf-8")), kind)
    offer(bureau, "weighing", WEIGHING)
    _equipment(bureau)
    for name in ("technician", "reviewer", "manager", "colleague"):
        authorise(bureau, getattr(bureau, name))
    return bureau


def offer(bureau: Bureau, code: str, found: dict, kind: str = "testing") -> None:
    """Offer a method by its document."""
    text, digest = _frozen(found)
    method = Method(code=f"M-{code}", title=found["title"], kind=kind, laboratory_id=bureau.laboratory)
    bureau.session.add(method)
    bureau.session.flush()
    edition = MethodVersion(
        method_id=method.id, edition="1", standard="as in the library", document=text, document_hash=digest,
        state="approved", in_force_from=date(2020, 1, 1),
    )  # fmt: skip
    service = Service(
        code=code, name=found["title"], method_id=method.id, laboratory_id=bureau.laboratory, turnaround_days=5
    )
    bureau.session.add_all([edition, service])
    bureau.session.flush()
    bureau.methods[code], bureau.editions[code], bureau.services[code] = method.id, edition.id, service.id


def authorise(
    bureau: Bureau, who: Actor, *, state: str = "authorised", supervisor_id: int | None = None, **days
) -> None:
    """Let a person perform and review every method."""
    for method_id in bureau.methods.values():
        for activity in ("perform", "review"):
            bureau.session.add(
                Competence(
                    person_id=who.person_id, method_id=method_id, activity=activity, state=state,
                    supervisor_id=supervisor_id, **({"valid_from": date(2020, 1, 1)} | days),
                )
            )  # fmt: skip
    bureau.session.flush()


def _equipment(bureau: Bureau) -> None:
    session, manager = bureau.session, bureau.manager
    bench = instruments.create_bench(
        session, by=manager, laboratory_id=bureau.laboratory, code="B1", name={"en": "Bench 1"}
    )
    bureau.bench = bench.id
    bureau.bench_token = instruments.issue_bench_token(session, by=manager, bench_id=bench.id)
    today = clock.now().date()
    valid, over = today + timedelta(days=200), today - timedelta(days=7)
    for number, serial, kind, driver, quantity, until in (  # serials are those of the demonstration's simulator
        ("DMM-1", "MY60001001", "multimeter", "keysight-34465a", "dc_voltage", valid),
        ("DMM-2", "MY60001002", "multimeter", "keysight-34465a", "dc_voltage", over),
        ("BAL-1", "B234567890", "balance", "mettler-toledo-mt-sics", "mass", valid),
        ("PHO-1", "72140012", "photometer", "photo-research-pr-7xx", "luminous_flux", valid),
        ("PWR-1", "C2WG12345E", "power meter", "yokogawa-wt310e", "active_power", valid),
    ):
        new = NewInstrument(
            number=number, laboratory_id=bureau.laboratory, name={"en": number}, kind=kind, maker="Maker", model=kind,
            serial=serial, bench_id=bench.id, driver=driver, resource="ASRL1::INSTR",
        )  # fmt: skip
        row = instruments.register_instrument(session, by=manager, instrument=new)
        bureau.instruments[number] = row.id
        certify(bureau, number, quantity, until)


def certify(bureau: Bureau, number: str, quantity: str, until: date) -> int:
    """Give an instrument an accepted certificate that ends on a day; return its id."""
    unit = {"dc_voltage": "V", "mass": "g", "luminous_flux": "lm", "active_power": "W"}[quantity]
    low, correction, expanded = (-1000.0, -0.000018, 0.00009) if unit == "V" else (0.0, 0.01, 0.02)
    points = [
        NewPoint(quantity=quantity, unit=unit, indication=indication, correction=correction, U=expanded)
        for indication in (low, 2000.0)
    ]
    new = NewCertificate(
        number=f"C-{number}-{until:%Y%m%d}", issued_by="National laboratory", calibrated_on=until - timedelta(days=365),
        valid_until=until, points=points,
    )  # fmt: skip
    row = instruments.enter_certificate(
        bureau.session, by=bureau.manager, instrument_id=bureau.instruments[number], certificate=new
    )
    instruments.accept_certificate(bureau.session, by=bureau.manager, certificate_id=row.id, seen_version=row.version)
    return row.id
