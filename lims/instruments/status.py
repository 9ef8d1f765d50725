"""Whether an instrument may measure on a day, derived from its state and its certificates. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

DUE_SOON = timedelta(days=30)


class Status(StrEnum):
    """Derived, never stored: it moves by time alone."""

    VALID = "valid"
    DUE_SOON = "due soon"
    OVERDUE = "overdue"
    NO_CERTIFICATE = "no certificate"
    NOT_IN_SERVICE = "not in service"
    NOT_NEEDED = "no calibration needed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Validity:
    """The days on which an accepted certificate counts: from its calibration to its last day, both included."""

    certificate_id: int
    number: str
    calibrated_on: date
    valid_until: date


def status_on(
    day: date, validities: Iterable[Validity], *, in_service: bool, needs_calibration: bool
) -> tuple[Status, Validity | None]:
    """Return the status of an instrument on a day, and the certificate that counts, the latest calibration first.

    Of two certificates of one calibration the one entered last counts: it corrects the other.

    Parameters
    ----------
    day : the day in the time zone of the laboratory
    validities : of the accepted certificates
    in_service : whether nobody suspended it or took it out of service
    needs_calibration : False for equipment that influences no result (ISO/IEC 17025, 6.4.6)

    Examples
    --------
    >>> june = Validity(certificate_id=1, number="C1", calibrated_on=date(2026, 6, 1), valid_until=date(2027, 5, 31))
    >>> status_on(date(2027, 5, 31), [june], in_service=True, needs_calibration=True)[0].value
    'due soon'
    >>> status_on(date(2027, 6, 1), [june], in_service=True, needs_calibration=True)[0].value
    'overdue'

    Source: ISO/IEC 17025:2017, 6.4.4, 6.4.7, 6.4.8.
    """
    begun = [validity for validity in validities if validity.calibrated_on <= day]
    latest = max(begun, key=lambda validity: (validity.calibrated_on, validity.certificate_id), default=None)
    if not in_service:
        return Status.NOT_IN_SERVICE, latest
    if not needs_calibration:
        return Status.NOT_NEEDED, latest
    if latest is None:
        return Status.NO_CERTIFICATE, None
    if latest.valid_until < day:
        return Status.OVERDUE, latest
    if latest.valid_until - day < DUE_SOON:
        return Status.DUE_SOON, latest
    return Status.VALID, latest
