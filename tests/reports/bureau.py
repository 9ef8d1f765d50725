"""A small bureau for tests of reports: one laboratory, its people, and jobs whose lines are reviewed already."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy.orm import Session

from lims.instruments.records import Certificate, Instrument
from lims.methods.records import Competence, Method, MethodVersion
from lims.people import passwords
from lims.people.records import Branch, Client, Laboratory, Person, RoleHeld
from lims.people.rights import Actor, Role, grants_of
from lims.results.records import Reading, Result, ResultMove, Review
from lims.samples.records import Item, Job, Line
from lims.store.numbering import new_check_code
from tests.reports.examples import tile_line, volt_line

PASSWORD = "correct horse battery"
_HASH = passwords.hash_password(PASSWORD)
_count = itertools.count(1)
MEASURED = datetime(2026, 11, 3, 1, 30, tzinfo=UTC)


@dataclass
class Bureau:
    """Keys of what was set up."""

    branch: int
    other_branch: int
    laboratory: int
    other_laboratory: int
    client: int
    methods: dict[str, int]
    editions: dict[str, int]
    balance: int
    certificate: int
    people: dict[str, int] = field(default_factory=dict)
    signatories: set[str] = field(default_factory=set)

    def actor(self, session: Session, name: str, role: Role, *, elsewhere: bool = False) -> Actor:
        """Return an actor with a role in our branch, or in the other one; the person is made at first mention."""
        branch = self.other_branch if elsewhere else self.branch
        if name not in self.people:
            person = Person(
                email=f"{name.replace(' ', '-')}.{next(_count)}@example.org",
                name={"en": name.title(), "zh_Hant_TW": "林美華"},
                title={"en": "Laboratory manager", "zh_Hant_TW": "實驗室主管"},
                session_key=f"{name}-{next(_count)}",
                password_hash=_HASH,
                locale="en",
            )
            session.add(person)
            session.flush()
            session.add(RoleHeld(person_id=person.id, role=role, branch_id=branch))
            session.flush()
            self.people[name] = person.id
        return Actor(
            person_id=self.people[name],
            label=name,
            grants=grants_of(role, branch_id=branch),
            request_id="test",
            address="192.0.2.1",
        )

    def manager(self, session: Session, name: str = "manager") -> Actor:
        """Return a manager who may sign for every method."""
        actor = self.actor(session, name, Role.MANAGER)
        if name not in self.signatories:
            self.signatories.add(name)
            for method in self.methods.values():
                session.add(
                    Competence(
                        person_id=actor.person_id,
                        method_id=method,
                        activity="sign",
                        state="authorised",
                        valid_from=date(2020, 1, 1),
                    )
                )
            session.flush()
        return actor


def build(session: Session) -> Bureau:
    """Set the bureau up."""
    n = next(_count)
    branches = [
        Branch(
            code=f"{letter}{n}",
            name={"en": f"{name} Branch", "zh_Hant_TW": f"{chinese}分局"},
            address={"en": "No. 109, Section 2, Minzu Road, Hsinchu", "zh_Hant_TW": "新竹市民族路 109 號"},
        )
        for letter, name, chinese in (("N", "North", "北部"), ("S", "South", "南部"))
    ]
    client = Client(
        code=f"C{n:04}",
        name={"en": "Fair Tiles Ltd", "zh_Hant_TW": "公平磁磚有限公司"},
        address={"en": "1 Kiln Road"},
    )
    session.add_all([*branches, client])
    session.flush()
    laboratories = [
        Laboratory(
            branch_id=branch.id,
            code=f"LAB{n}{branch.code}",
            name={"en": f"Laboratory {branch.code}", "zh_Hant_TW": "實驗室"},
            accreditation="ISO/IEC 17025 · no. 1234",
        )
        for branch in branches
    ]
    session.add_all(laboratories)
    session.flush()
    methods, editions = {}, {}
    for code, line in (("tiles", tile_line()), ("volts", volt_line())):
        method = Method(
            code=f"{line.method_code}.{n}",
            title={"en": line.method_title, "zh_Hant_TW": "吸水率試驗"},
            kind=line.kind,
            laboratory_id=laboratories[0].id,
            accredited=True,
        )
        session.add(method)
        session.flush()
        edition = MethodVersion(
            method_id=method.id,
            edition="3",
            standard=line.standard,
            document=json.dumps(line.document),
            document_hash="0",
            state="approved",
            in_force_from=date(2020, 1, 1),
        )
        session.add(edition)
        session.flush()
        methods[code], editions[code] = method.id, edition.id
    balance = Instrument(
        number=f"BAL-{n}",
        laboratory_id=laboratories[0].id,
        name={"en": "Balance"},
        kind="balance",
        maker="Mettler Toledo",
        model="XPR204",
        serial=f"B{n}",
    )
    session.add(balance)
    session.flush()
    certificate = Certificate(
        instrument_id=balance.id,
        number=f"M26{n:04}",
        issued_by="National Measurement Laboratory",
        calibrated_on=date(2026, 2, 1),
        valid_until=date(2027, 1, 31),
        state="accepted",
    )
    session.add(certificate)
    session.flush()
    return Bureau(
        branch=branches[0].id,
        other_branch=branches[1].id,
        laboratory=laboratories[0].id,
        other_laboratory=laboratories[1].id,
        client=client.id,
        methods=methods,
        editions=editions,
        balance=balance.id,
        certificate=certificate.id,
    )


def job(
    session: Session, bureau: Bureau, *, lines: int = 1, kind: str = "tiles", reviewed: bool = True, **changes: Any
) -> int:
    """Enter a confirmed job with one item and lines whose results are reviewed."""
    n = next(_count)
    person = bureau.actor(session, "technician", Role.TECHNICIAN)
    row = Job(
        **{
            "number": f"JN-2026-{n:06}-1",
            "check_code": new_check_code(),
            "branch_id": bureau.branch,
            "client_id": bureau.client,
            "report_language": "en",
            "purpose": "Type test",
            "client_reference": "PO 4711",
            "sampling": {"sampled_by": "client"},
            "state": "confirmed",
            "phase": "to report",
            "laboratory_ids": [bureau.laboratory],
            "registered_by_id": person.person_id,
            "registered_at": MEASURED,
            "confirmed_at": MEASURED,
            **changes,
        }
    )
    session.add(row)
    session.flush()
    item = Item(
        job_id=row.id,
        position=1,
        number=f"{row.number}-1",
        label="A-1",
        description="Glazed wall tile",
        condition="undamaged",
        received_at=MEASURED,
        state="received",
    )
    session.add(item)
    session.flush()
    for position in range(1, lines + 1):
        line(session, bureau, row, item, position, kind=kind, state="reviewed" if reviewed else "submitted")
    return row.id


def line(
    session: Session,
    bureau: Bureau,
    job: Job,
    item: Item,
    position: int,
    *,
    kind: str = "tiles",
    **changes: Any,
) -> Line:
    """Enter a line with its readings, result and review."""
    row = Line(
        **{
            "job_id": job.id,
            "item_id": item.id,
            "laboratory_id": bureau.laboratory,
            "method_id": bureau.methods[kind],
            "method_version_id": bureau.editions[kind],
            "position": position,
            "turnaround_days": 5,
            "number": f"{item.number}/{position}",
            "state": "reviewed",
            "started_at": MEASURED,
            **changes,
        }
    )
    session.add(row)
    session.flush()
    result = measure(session, bureau, row, kind)
    reviewer = bureau.actor(session, "reviewer", Role.REVIEWER)
    session.add(
        Review(
            line_id=row.id,
            result_id=result.id,
            decision="reviewed",
            reason="",
            content_hash="0",
            at=MEASURED,
            by_id=reviewer.person_id,
        )
    )
    session.flush()
    return row


def measure(session: Session, bureau: Bureau, row: Line, kind: str = "tiles", number: int = 1) -> Result:
    """Enter a reading and a result of a line."""
    facts = tile_line(3) if kind == "tiles" else volt_line()
    reading = Reading(
        line_id=row.id,
        input="m_dry",
        source="manual",
        seq=1,
        value="812.41",
        unit="g",
        at=MEASURED,
        instrument_id=bureau.balance,
        certificate_id=bureau.certificate,
        body="{}",
        previous_hash="",
        hash="",
        flags=[],
        counts=True,
    )
    session.add(reading)
    session.flush()
    statement = {
        "output": "E_mean",
        "point": None,
        "specification": {"upper": 0.5, "unit": "percent", "rule": "guard_band", "multiple": 1},
        "statement": {"outcome": "pass", "rule": "guard_band", "text": "pass"},
    }
    result = Result(
        line_id=row.id,
        number=number,
        method_version_id=bureau.editions[kind],
        method_hash="0",
        code_version="test",
        filled="{}",
        evaluation=json.dumps(facts.evaluation),
        statements=json.dumps([statement] if kind == "tiles" else []),
        reading_ids=[reading.id],
        certificate_ids=[],
        content_hash=f"{number:064}",
        summary="0.330 ± 0.018 %",
        outcome="pass",
        reason="",
        at=MEASURED,
        by_id=bureau.people["technician"],
    )
    session.add(result)
    session.flush()
    session.add(
        ResultMove(result_id=result.id, line_id=row.id, kind="reported", at=MEASURED, by_id=bureau.people["technician"])
    )
    session.flush()
    return result
