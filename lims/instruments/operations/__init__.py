"""What is done to instruments: register, suspend, enter and accept certificates, check; benches and their tokens."""

from lims.instruments.operations.benches import create_bench, issue_bench_token, record_hello, revoke_bench_tokens
from lims.instruments.operations.certificate_files import keep_certificate_file, keep_source_file
from lims.instruments.operations.certificates import (
    NewCertificate,
    NewPoint,
    accept_certificate,
    enter_certificate,
    record_certificate,
    refuse_certificate,
)
from lims.instruments.operations.checks import record_check
from lims.instruments.operations.criteria import NewCriterion, enter_criterion
from lims.instruments.operations.environment import (
    LogStored,
    NewLogged,
    map_logger,
    store_log_file,
    store_logged,
    unmap_logger,
)
from lims.instruments.operations.lots import (
    accept_edition,
    enter_edition,
    enter_lot,
    move_lot,
    open_lot,
    refuse_edition,
    take_out,
)
from lims.instruments.operations.lots_checked import NewEdition, NewLot, NewParent, NewShare, NewValue
from lims.instruments.operations.register import (
    NewInstrument,
    change_instrument,
    move_instrument,
    register_instrument,
)
from lims.instruments.operations.upkeep import NewPlan, add_plan, end_plan, record_done

__all__ = [
    "LogStored",
    "NewCertificate",
    "NewCriterion",
    "NewEdition",
    "NewInstrument",
    "NewLogged",
    "NewLot",
    "NewParent",
    "NewPlan",
    "NewPoint",
    "NewShare",
    "NewValue",
    "accept_certificate",
    "accept_edition",
    "add_plan",
    "change_instrument",
    "create_bench",
    "end_plan",
    "enter_certificate",
    "enter_criterion",
    "enter_edition",
    "enter_lot",
    "issue_bench_token",
    "keep_certificate_file",
    "keep_source_file",
    "map_logger",
    "move_instrument",
    "move_lot",
    "open_lot",
    "record_certificate",
    "record_check",
    "record_done",
    "record_hello",
    "refuse_certificate",
    "refuse_edition",
    "register_instrument",
    "revoke_bench_tokens",
    "store_log_file",
    "store_logged",
    "take_out",
    "unmap_logger",
]
