"""The demonstration laboratory as it stood before its first job: places, people, clients, methods, instruments."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from importlib.resources import files
from zoneinfo import ZoneInfo

from lims import clock
from lims.demo.accounts import PASSWORD
from lims.demo.calendar import DAYS
from lims.demo.equipment import INSTRUMENTS, TRACEABILITY, InstrumentSeed
from lims.demo.method_editions import METHODS, MethodSeed
from lims.demo.people import BRANCHES, CLIENTS, LABORATORIES, PEOPLE, both
from lims.instruments import operations as instruments
from lims.methods import document
from lims.methods import operations as methods
from lims.people import operations as people
from lims.people import queries
from lims.people.rights import Actor, Grant, Right
from lims.samples import operations as samples
from lims.store.db import Session, Sessions, transaction

TAIPEI = ZoneInfo("Asia/Taipei")
FOUNDED = timedelta(days=400)
"""How long before today the laboratory was set up."""


@dataclass(slots=True, kw_only=True)
class Laboratory:
    """Keys of what was set up, by the codes of the seeds."""

    today: date
    branches: dict[str, int] = field(default_factory=dict)
    laboratories: dict[str, int] = field(default_factory=dict)
    people: dict[str, int] = field(default_factory=dict)
    clients: dict[str, int] = field(default_factory=dict)
    services: dict[str, int] = field(default_factory=dict)
    instruments: dict[str, int] = field(default_factory=dict)

    def actor(self, session: Session, account: str) -> Actor:
        """Return a person of the demonstration, as the application would see them."""
        return queries.actor(session, self.people[account], request_id="demonstration")


def founder() -> Actor:
    """Return who sets the demonstration up: nobody in particular, with every right."""
    return Actor(
        person_id=None,
        label="demonstration",
        request_id="demonstration",
        grants=frozenset(Grant(right=right) for right in Right),
    )


def at_hour(day: date, hour: float) -> datetime:
    """Return an hour of a day in the time zone of the laboratory."""
    return (datetime.combine(day, time(), TAIPEI) + timedelta(hours=hour)).astimezone(UTC)


def set_up(sessions: Sessions, *, today: date, bench: str, bench_token: str) -> Laboratory:
    """Enter everything that stands before the first job, each thing at its time."""
    house = Laboratory(today=today)
    by = founder()
    with clock.at(at_hour(today - FOUNDED, 9)), transaction(sessions) as session:
        _places(session, by, house)
        _people(session, by, house)
        _clients(session, by, house)
        for seed in METHODS:
            _method(session, by, house, seed)
    with clock.at(at_hour(today - FOUNDED, 10)), transaction(sessions) as session:
        _equipment(session, by, house, bench, bench_token)
    for instrument in INSTRUMENTS:
        calibrated = today - timedelta(days=instrument.calibrated_days_ago)
        with clock.at(at_hour(calibrated + timedelta(days=3), 11)), transaction(sessions) as session:
            _certificate(session, by, house, instrument, calibrated)
    return house


def _places(session: Session, by: Actor, house: Laboratory) -> None:
    for seed in BRANCHES:
        row = people.create_branch(session, by=by, code=seed.code, name=seed.name, address=seed.address)
        house.branches[seed.code] = row.id
        samples.set_days(session, by=by, branch_id=row.id, days=DAYS)
    for lab in LABORATORIES:
        made = people.create_laboratory(
            session,
            by=by,
            branch_id=house.branches[lab.branch],
            code=lab.code,
            name=lab.name,
            accent=lab.accent,
            accreditation=lab.accreditation,
        )
        house.laboratories[lab.code] = made.id


def _people(session: Session, by: Actor, house: Laboratory) -> None:
    for seed in PEOPLE:
        row = people.create_person(
            session,
            by=by,
            email=seed.email,
            name=seed.name,
            password=PASSWORD,
            title=seed.title,
            branch_id=house.branches.get(seed.branch or ""),
            laboratory_id=house.laboratories.get(seed.laboratory or ""),
            locale=seed.locale,
        )
        house.people[seed.email.split("@")[0]] = row.id
        for role, branch, laboratory in seed.roles:
            people.grant_role(
                session,
                by=by,
                person_id=row.id,
                role=role,
                branch_id=house.branches.get(branch or ""),
                laboratory_id=house.laboratories.get(laboratory or ""),
            )


def _clients(session: Session, by: Actor, house: Laboratory) -> None:
    for seed in CLIENTS:
        row = people.create_client(
            session,
            by=by,
            code=seed.code,
            name=seed.name,
            company_number=seed.company_number,
            address=seed.address,
            contact=seed.contact,
            report_language=seed.report_language,
        )
        house.clients[seed.code] = row.id


def _method(session: Session, by: Actor, house: Laboratory, seed: MethodSeed) -> None:
    laboratory_id = house.laboratories[seed.laboratory]
    method = methods.create_method(
        session,
        by=by,
        code=seed.code,
        title=seed.title,
        kind=seed.kind,
        laboratory_id=laboratory_id,
        accredited=seed.accredited,
    )
    _first_edition(session, house, seed, method.id)
    _authorisations(session, by, house, seed, method.id)
    service = methods.offer_service(
        session,
        by=by,
        code=seed.service,
        name=seed.service_name,
        method_id=method.id,
        laboratory_id=laboratory_id,
        turnaround_days=seed.turnaround_days,
        fee=seed.fee,
    )
    house.services[seed.service] = service.id


def _first_edition(session: Session, house: Laboratory, seed: MethodSeed, method_id: int) -> None:
    """Let the method's writer write its document, and another person approve it."""
    text = (files("lims.methods") / "library" / seed.document).read_text("utf-8")
    writer, approver = house.actor(session, seed.writer), house.actor(session, seed.approver)
    edition = methods.write_version(
        session, by=writer, method_id=method_id, edition="1", standard=seed.standard, document=document.load(text)
    )
    methods.move_version(
        session, by=writer, version_id=edition.id, name="send for review", seen_version=edition.version
    )
    methods.approve_version(
        session,
        by=approver,
        version_id=edition.id,
        password=PASSWORD,
        in_force_from=house.today - FOUNDED,
        seen_version=edition.version,
        seen_hash=edition.document_hash,
    )


def _authorisations(session: Session, by: Actor, house: Laboratory, seed: MethodSeed, method_id: int) -> None:
    for account, activity in seed.authorisations():
        methods.authorise(
            session,
            by=by,
            person_id=house.people[account],
            method_id=method_id,
            activity=activity,
            valid_from=house.today - FOUNDED,
            valid_until=house.today + timedelta(days=500),
            evidence="Training and three supervised tests, file of the person",
        )


def _equipment(session: Session, by: Actor, house: Laboratory, bench: str, bench_token: str) -> None:
    row = instruments.create_bench(
        session,
        by=by,
        laboratory_id=house.laboratories["ELE"],
        code=bench,
        name=both("Demonstration bench (simulated)", "示範量測站（模擬）"),
    )
    instruments.issue_bench_token(session, by=by, bench_id=row.id, token=bench_token, valid_for=timedelta(days=3 * 365))
    for seed in INSTRUMENTS:
        registered = instruments.register_instrument(
            session,
            by=by,
            instrument=instruments.NewInstrument(
                number=seed.number,
                laboratory_id=house.laboratories[seed.laboratory],
                name=seed.name,
                kind=seed.kind,
                maker=seed.maker,
                model=seed.model,
                serial=seed.serial,
                bench_id=row.id,
                driver=seed.driver,
                resource=seed.resource,
                location=seed.location,
            ),
        )
        house.instruments[seed.number] = registered.id


def _certificate(session: Session, by: Actor, house: Laboratory, seed: InstrumentSeed, calibrated: date) -> None:
    instruments.record_certificate(
        session,
        by=by,
        instrument_id=house.instruments[seed.number],
        certificate=instruments.NewCertificate(
            number=seed.certificate,
            issued_by="Demonstration Calibration Laboratory (DEMO-0001)",
            accreditation="DEMO-0001",
            calibrated_on=calibrated,
            valid_until=calibrated + timedelta(days=seed.valid_days),
            traceability=TRACEABILITY,
            conditions="23 °C ± 1 °C, 50 % ± 10 %",
            points=[
                instruments.NewPoint(
                    quantity=seed.quantity, unit=seed.unit, indication=p.indication, correction=p.correction, U=p.U
                )
                for p in seed.points
            ],
        ),
    )
