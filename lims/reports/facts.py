"""The plain facts that a report is made of, as the database and the frozen results give them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from lims.reports.states import ReportKind


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemFacts:
    """One item as registered and received (7.8.2.1 g, h)."""

    number: str
    label: str
    description: str
    maker: str = ""
    model: str = ""
    serial: str = ""
    condition: str = ""
    received_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InstrumentFacts:
    """One instrument or lot that was used, with the certificate that counted then (7.8.4.1 c, 6.5)."""

    number: str
    name: str
    maker: str
    model: str
    serial: str
    certificate: str = ""
    issued_by: str = ""
    calibrated_on: date | None = None
    valid_until: date | None = None
    traceable: bool = True  # its certificate says to what, or is under an accreditation


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentFacts:
    """A condition while it was measured, lowest and highest as recorded (7.8.3.1 a, 7.8.4.1 b)."""

    name: str
    lowest: str
    highest: str
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementFacts:
    """A statement of conformity as the result froze it (7.8.6). `about` names the quantity, `where` the specimen;
    `name` and `source` the specification; `acceptance` holds the limits with the guard band in them.
    """

    about: str
    where: str
    lower: float | None
    upper: float | None
    unit: str
    rule: str
    outcome: str
    multiple: float | None = None
    width: float | None = None
    compare: str = "full"
    step: float | None = None
    max_ratio: float | None = None
    name: dict[str, str] | str = ""
    source: str = ""
    acceptance: tuple[float | None, float | None] = (None, None)
    text: str = ""
    max_pfa: float | None = None
    max_pfr: float | None = None
    skewed: bool = False  # held against the ends of an interval that is not symmetric


@dataclass(frozen=True, slots=True, kw_only=True)
class LineFacts:
    """One reviewed test line with its reported result."""

    number: str
    item_number: str
    kind: str
    method_code: str
    method_title: str
    edition: str
    standard: str
    accredited: bool
    performed_from: date
    performed_until: date
    document: dict[str, Any]
    evaluation: dict[str, Any]
    filled: dict[str, Any] = field(default_factory=dict)
    statements: tuple[StatementFacts, ...] = ()
    environment: tuple[EnvironmentFacts, ...] = ()
    overrides: tuple[str, ...] = ()
    retest_of: str = ""
    simulated: bool = False  # a reading came from a simulator: the result says nothing of the item
    result_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AmendmentFacts:
    """What is amended, and why (7.8.8)."""

    number: str
    issued_on: date
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFacts:
    """Everything that one report speaks of."""

    kind: ReportKind
    language: str
    laboratory: str
    branch: str
    address: str
    accreditation: str
    accent: str
    client: str
    client_address: str
    reference: str
    purpose: str
    job_number: str
    job_received_on: date | None
    items: tuple[ItemFacts, ...]
    lines: tuple[LineFacts, ...]
    instruments: tuple[InstrumentFacts, ...]
    sampling: dict[str, str] = field(default_factory=dict)
    supplied: str = ""
    deviations: str = ""
    outside_providers: str = ""
    opinion: str = ""
    amends: AmendmentFacts | None = None
