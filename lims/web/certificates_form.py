"""What is typed of a calibration certificate: its head, and as many rows of points as there are."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from werkzeug.datastructures import MultiDict

from lims.errors import Invalid, LimsError
from lims.http.fields import day, number, texts, word
from lims.instruments.driverfile import shipped
from lims.instruments.kinds import Quantity
from lims.instruments.operations import NewCertificate, NewPoint
from lims.instruments.queries import CertificateView, InstrumentView
from lims.instruments.states import Phase

Row = dict[str, str]
NAMES = ("quantity", "unit", "indication", "correction", "U", "k", "dof", "range", "phase")
MEASURED = ("indication", "correction", "U")
"""A row in which none of these is typed is empty; the others are prefilled."""

EMPTY_ROWS = 6
_FIELD = re.compile(r"points\.(\d{1,5})\.(\w+)")


def typed_rows(form: MultiDict[str, str]) -> list[Row]:
    """Return the rows that are not empty, in their order on the page; their places count from 0."""
    rows: dict[int, Row] = {}
    for name, value in form.items():
        if found := _FIELD.fullmatch(name):
            rows.setdefault(int(found[1]), dict.fromkeys(NAMES, ""))[found[2]] = value.strip()
    return [rows[place] for place in sorted(rows) if any(rows[place][name] for name in MEASURED)]


def rows_to_type(rows: list[Row], like: Row, more: int = EMPTY_ROWS) -> list[Row]:
    """Return what was typed and some empty rows after it, with quantity, unit, k and range as in the last one."""
    last = rows[-1] if rows else like
    blank = {name: "" if name in {*MEASURED, "dof"} else last[name] for name in NAMES}
    return rows + [dict(blank) for _ in range(more)]


def beginning(instrument: InstrumentView, certificates: Iterable[CertificateView]) -> Row:
    """Return the row to begin with: as the last certificate had it, or else as the driver names its first quantity."""
    row = dict.fromkeys(NAMES, "") | {"k": "2", "phase": Phase.AS_LEFT}
    points = next((one.points for one in certificates if one.points), ())
    if points:
        return row | {"quantity": points[0].quantity, "unit": points[0].unit, "range": points[0].range or ""}
    if instrument.driver:
        quantity = shipped(instrument.driver).quantities[0]
        return row | {"quantity": quantity.name, "unit": quantity.unit}
    return row


def quantities(instrument: InstrumentView, certificates: Iterable[CertificateView]) -> list[str]:
    """Return names of quantities to choose from: the driver's, or else the usual; and those of earlier certificates."""
    driver = shipped(instrument.driver) if instrument.driver else None
    own = [one.name for one in driver.quantities] if driver else [str(one) for one in Quantity]
    return sorted({*own, *(point.quantity for one in certificates for point in one.points)})


def head_like(certificates: Sequence[CertificateView]) -> dict[str, str]:
    """Return the head to begin with: what the last certificate had and the next may have again."""
    if not certificates:
        return {}
    last = certificates[0]
    head = {name: getattr(last, name) or "" for name in ("issued_by", "accreditation", "conditions")}
    return head | {f"traceability-{locale}": text for locale, text in (last.traceability or {}).items()}


def certificate_of(
    form: MultiDict[str, str], file_digest: bytes | None = None, source_digest: bytes | None = None
) -> NewCertificate:
    """Return the certificate that was typed.

    Raises
    ------
    Invalid
        With a sentence for each field that can't be read, rows by their place ("points.0.U").
    """
    faults: dict[str, LimsError | str] = {}
    points = [_point(row, f"points.{place}", faults) for place, row in enumerate(typed_rows(form))]
    days = {}
    for name in ("calibrated_on", "valid_until"):
        try:
            days[name] = day(name)
        except Invalid as error:
            faults |= error.fields
    if faults:
        raise Invalid("The certificate can't be read yet. Look at the marked places.", faults)
    return NewCertificate(
        number=word("number"),
        issued_by=word("issued_by"),
        accreditation=word("accreditation") or None,
        conditions=word("conditions") or None,
        traceability=texts("traceability") or None,
        points=[point for point in points if point],
        file_digest=file_digest,
        source_digest=source_digest,
        other_serial=word("other_serial") or None,
        **days,  # type: ignore[arg-type]  # both days are there, or it was refused
    )


def _point(row: Mapping[str, str], place: str, faults: dict[str, LimsError | str]) -> NewPoint | None:
    numbers: dict[str, float] = {}
    for name in ("indication", "correction", "U", "k", "dof"):
        if name == "dof" and not row[name]:
            continue
        try:
            numbers[name] = number(row[name], f"{place}.{name}")
        except Invalid as error:
            faults |= error.fields
    if any(fault.startswith(f"{place}.") for fault in faults):
        return None
    return NewPoint(
        quantity=row["quantity"],
        unit=row["unit"],
        range=row["range"] or None,
        phase=row["phase"] or Phase.AS_LEFT,
        **numbers,
    )
