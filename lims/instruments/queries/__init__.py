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

__all__ = [
    "BenchView",
    "CertificateView",
    "CheckView",
    "InstrumentView",
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
    "instrument",
    "instrument_seen",
    "instruments",
    "instruments_at",
    "kinds",
    "of_bench",
    "usable",
]
