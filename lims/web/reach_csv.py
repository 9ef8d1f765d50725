"""What an instrument's readings went into, as a table for a spreadsheet: one row for each result and report."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import datetime

from lims.quality.reached import Reached, ReachedReport
from lims.words import text_in

COLUMNS = (
    "line",
    "line_state",
    "job",
    "laboratory",
    "client_code",
    "client",
    "way",
    "through",
    "readings",
    "first_reading",
    "last_reading",
    "result_version",
    "result",
    "retracted",
    "held",
    "report",
    "report_state",
    "issued",
    "recipients",
    "reading_ids",
)
BEGINS_A_FORMULA = ("=", "+", "@", "\t", "\r")


def as_csv(rows: Iterable[Reached], locale: str = "en") -> str:
    """Return the table with its head, in UTF-8 with the mark by which spreadsheets know it."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for row in rows:
        for report in row.reports or (None,):
            writer.writerow([_safe(cell) for cell in _cells(row, report, locale)])
    return "\ufeff" + out.getvalue()


def _cells(row: Reached, report: ReachedReport | None, locale: str) -> Iterator[str]:
    yield from (row.line_number or str(row.line_id), row.line_state, row.job_number or "")
    yield from (text_in(row.laboratory, locale), row.client_code, text_in(row.client, locale))
    yield from (str(row.way), row.through, str(len(row.reading_ids)), _at(row.first_at), _at(row.last_at))
    yield from (str(row.result_number or ""), row.summary, _yes(row.retracted), _yes(row.held))
    if report is None:
        yield from ("", "", "", "")
    else:
        yield from (report.number or "", report.state, _at(report.issued_at))
        yield "; ".join(f"{one.name} ({one.how} {_at(one.at)})" for one in report.recipients)
    yield " ".join(str(key) for key in row.reading_ids)


def _at(at: datetime | None) -> str:
    return at.isoformat(timespec="seconds") if at else ""


def _yes(said: bool) -> str:
    return "yes" if said else "no"


def _safe(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula.

    >>> _safe("=1+1"), _safe("-12.3 mg")
    ("'=1+1", '-12.3 mg')
    """
    formula = cell.startswith(BEGINS_A_FORMULA) or (cell[:1] == "-" and not cell[1:2].isdigit())
    return f"'{cell}" if formula else cell
