"""What is done about results: readings ordered, received, typed, discarded; computed, submitted, reviewed, held."""

from lims.results.operations.acquisitions import command, order_acquisition
from lims.results.operations.ends import report_state
from lims.results.operations.entries import LineEntry, Stored, enter_lines, enter_readings
from lims.results.operations.environment import take_room
from lims.results.operations.gates import override_gate
from lims.results.operations.holds import place_hold, release_hold
from lims.results.operations.lots import take_lot, take_lots
from lims.results.operations.preparing import prepare_lot
from lims.results.operations.readings import Accepted, Conflict, accept_readings, discard_reading, restore_reading
from lims.results.operations.results import Seen, evaluate, submit, submit_lines
from lims.results.operations.reviews import Reviewed, retest, retract, review, review_lines, send_back
from lims.results.operations.sent_files import bring_back, keep_sent_file, receive_file, set_aside, take_sent_file
from lims.results.operations.simulations import ask_again, simulate
from lims.results.operations.taking import take_result

__all__ = [
    "Accepted",
    "Conflict",
    "LineEntry",
    "Reviewed",
    "Seen",
    "Stored",
    "accept_readings",
    "ask_again",
    "bring_back",
    "command",
    "discard_reading",
    "enter_lines",
    "enter_readings",
    "evaluate",
    "keep_sent_file",
    "order_acquisition",
    "override_gate",
    "place_hold",
    "prepare_lot",
    "receive_file",
    "release_hold",
    "report_state",
    "restore_reading",
    "retest",
    "retract",
    "review",
    "review_lines",
    "send_back",
    "set_aside",
    "simulate",
    "submit",
    "submit_lines",
    "take_lot",
    "take_lots",
    "take_result",
    "take_room",
    "take_sent_file",
]
