"""What is asked about instruments: which can be used now, what their certificates say, whose bench a token is."""

from lims.instruments.queries.benches import BenchView, TokenView, bench, bench_by_token, bench_tokens, benches
from lims.instruments.queries.certificates import (
    CertificateView,
    CheckView,
    PointView,
    certificate,
    certificates,
    certificates_by_id,
    checks,
    correction,
)
from lims.instruments.queries.register import (
    InstrumentView,
    instrument,
    instrument_seen,
    instruments,
    instruments_at,
    kinds,
    of_bench,
    usable,
)
from lims.instruments.queries.seen_certificates import certificate_content, certificate_of
from lims.instruments.queries.upkeep import DoneView, PlanView, due, plans

__all__ = [
    "BenchView",
    "CertificateView",
    "CheckView",
    "DoneView",
    "InstrumentView",
    "PlanView",
    "PointView",
    "TokenView",
    "bench",
    "bench_by_token",
    "bench_tokens",
    "benches",
    "certificate",
    "certificate_content",
    "certificate_of",
    "certificates",
    "certificates_by_id",
    "checks",
    "correction",
    "due",
    "instrument",
    "instrument_seen",
    "instruments",
    "instruments_at",
    "kinds",
    "of_bench",
    "plans",
    "usable",
]
