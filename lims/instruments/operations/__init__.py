"""What is done to instruments: register, suspend, enter and accept certificates, check; benches and their tokens."""

from lims.instruments.operations.benches import create_bench, issue_bench_token, record_hello, revoke_bench_tokens
from lims.instruments.operations.certificate_files import keep_certificate_file
from lims.instruments.operations.certificates import (
    NewCertificate,
    NewPoint,
    accept_certificate,
    enter_certificate,
    record_certificate,
    refuse_certificate,
)
from lims.instruments.operations.checks import record_check
from lims.instruments.operations.register import (
    NewInstrument,
    change_instrument,
    move_instrument,
    register_instrument,
)
from lims.instruments.operations.upkeep import NewPlan, add_plan, end_plan, record_done

__all__ = [
    "NewCertificate",
    "NewInstrument",
    "NewPlan",
    "NewPoint",
    "accept_certificate",
    "add_plan",
    "change_instrument",
    "create_bench",
    "end_plan",
    "enter_certificate",
    "issue_bench_token",
    "keep_certificate_file",
    "move_instrument",
    "record_certificate",
    "record_check",
    "record_done",
    "record_hello",
    "refuse_certificate",
    "register_instrument",
    "revoke_bench_tokens",
]
