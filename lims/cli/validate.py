"""`lims validate [--sign EMAIL]`: the published cases on this installation, and a signed record of it (7.11.2)."""

from __future__ import annotations

import argparse
import getpass
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from lims.errors import LimsError

if TYPE_CHECKING:
    from lims.methods.validation import Compared


def validate(argv: list[str]) -> int:
    """Compute the published cases; 0 when every printed number is met, 1 when not, 2 when the record was not signed."""
    parser = argparse.ArgumentParser(
        prog="lims validate", description="Compute the published cases on this installation and compare (7.11.2)."
    )
    parser.add_argument("--sign", metavar="EMAIL", help="store a record, signed by this person; asks for the password")
    parser.add_argument("--password-stdin", action="store_true", help="read the password from standard input")
    parser.add_argument("--all", action="store_true", help="print every number, not only those that are not met")
    given = parser.parse_args(argv)
    from lims.methods.validation import validate as compute

    compared = compute()
    _print(compared, everything=given.all)
    if given.sign:
        try:
            print(_signed(compared, given.sign, given.password_stdin))
        except LimsError as error:
            print(f"lims validate: {error}", file=sys.stderr)
            return 2
    return 0 if all(one.passed for one in compared) else 1


def _print(compared: Sequence[Compared], *, everything: bool) -> None:
    for one in compared:
        if everything or not one.passed:
            mark = "as printed" if one.passed else "DIFFERS"
            print(f"{one.case:<40} {one.quantity:<24} {one.printed:<14.10g} {one.computed!s:<24} {mark}")
    cases = len({one.case for one in compared})
    met = sum(one.passed for one in compared)
    print(f"{cases} published cases and examples, {met} of {len(compared)} printed numbers met")


def _signed(compared: Sequence[Compared], email: str, from_stdin: bool) -> str:
    from lims import config
    from lims.methods.operations import record_validation
    from lims.people import queries
    from lims.store.db import connect, sessions, transaction

    password = sys.stdin.readline().rstrip("\n") if from_stdin else getpass.getpass("Password: ")
    with transaction(sessions(connect(config.read().database_url))) as session:
        account = queries.account_by_email(session, email)
        by = queries.actor(session, account.id if account else 0, request_id="lims validate")
        row = record_validation(session, by=by, password=password, compared=compared)
        return f"Record {row.id} of version {row.code_version}, signed by {by.label}"


VERBS = {"": validate}
