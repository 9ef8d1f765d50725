"""The sentences of a report in its language: uncertainty, decision rules, traceability, what every report must say."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from babel.dates import format_date, get_timezone_gmt

from lims.metrology.units import display_unit
from lims.reports.facts import AmendmentFacts, EnvironmentFacts, InstrumentFacts
from lims.reports.numbers import GAP, unsigned_zero, with_minus
from lims.reports.states import ReportKind
from lims.samples.dates import roc_year
from lims.words import gettext_for


def day(moment: date, locale: str) -> str:
    """Return a day in words.

    >>> day(date(2026, 11, 23), "en")
    '23 November 2026'
    """
    return (
        format_date(moment, "d MMMM y", locale="en_GB")
        if locale == "en"
        else format_date(moment, "long", locale=locale)
    )


def day_of_issue(moment: date, locale: str) -> str:
    """Return the day that dates the report: in Chinese with the year of the Republic of China beside it.

    >>> day_of_issue(date(2026, 11, 23), "zh_Hant_TW"), day_of_issue(date(2026, 11, 23), "en")
    ('2026年11月23日（民國115年）', '23 November 2026')
    """
    said = day(moment, locale)
    return said if locale == "en" else f"{said}（{roc_year(moment)}）"


def days(first: date, last: date, locale: str) -> str:
    """Return a day, or the first and the last day."""
    if first == last:
        return day(first, locale)
    return gettext_for(locale)("%(first)s to %(last)s") % {"first": day(first, locale), "last": day(last, locale)}


def signed(at: datetime, time_zone: str, locale: str) -> str:
    """Return the line of the signature box: when, in the branch's own time."""
    local = at.astimezone(ZoneInfo(time_zone))
    return gettext_for(locale)("Approved and electronically signed on %(day)s at %(time)s (%(zone)s)") % {
        "day": day(local.date(), locale),
        "time": local.strftime("%H:%M"),
        "zone": get_timezone_gmt(local, locale="en").replace("GMT", "UTC"),
    }


def labels(locale: str) -> dict[str, str]:
    """Return the fixed words of the printed page."""
    _ = gettext_for(locale)
    return {
        "page": _("Page %(page)s of %(pages)s"),
        "number": _("Number"),
        "issued_on": _("Date of issue"),
        "job": _("Job"),
        "check_code": _("Check code"),
        "client": _("Client"),
        "name": _("Name"),
        "address": _("Address"),
        "reference": _("Client's reference"),
        "purpose": _("Purpose"),
        "items_tested": _("Items tested"),
        "items_calibrated": _("Items calibrated"),
        "supplied": _("Stated by the client"),
        "supplied_note": _("The laboratory does not answer for what the client stated."),
        "conformity": _("Statement of conformity"),
        "instruments": _("Measuring equipment and traceability"),
        "opinion": _("Opinions and interpretations"),
        "opinion_note": _("An opinion is no result of measurement and not part of a statement of conformity."),
        "statements": _("Remarks"),
        "signed_by": _("Authorised signatory"),
        "verify": _("Check that this document is genuine and current:"),
        "content_hash": _("SHA-256 of the approved content"),
        "end": _("End of document"),
        "attachment": _("The content of this document as data"),
        "draft": _("DRAFT"),
        "qr_alt": _("QR code of the address where this document can be checked"),
    }


def kind_word(kind: ReportKind, locale: str) -> str:
    """Return what a report is besides final."""
    _ = gettext_for(locale)
    return {
        ReportKind.FINAL: "",
        ReportKind.PRELIMINARY: _("Preliminary report"),
        ReportKind.AMENDED: _("Amended report"),
        ReportKind.SUPPLEMENTARY: _("Supplement to a report"),
    }[kind]


def replaces(amends: AmendmentFacts, locale: str) -> str:
    """Say which report this one replaces (7.8.8.3)."""
    return gettext_for(locale)("This document replaces number %(number)s of %(day)s, which is no longer valid.") % {
        "number": amends.number,
        "day": day(amends.issued_on, locale),
    }


def probability(p: float) -> str:
    """Return a probability as a percentage, without digits that say nothing.

    >>> probability(0.95), probability(0.9545)
    ('95\\xa0%', '95.45\\xa0%')
    """
    return f"{100 * p:.2f}".rstrip("0").rstrip(".") + GAP + "%"


def uncertainty(found: Sequence[tuple[str, float]], locale: str) -> tuple[str, ...]:
    """Say what U, k and the coverage probability mean (7.8.3.1 c, 7.8.4.1 a; GUM, 7.2.3)."""
    _ = gettext_for(locale)
    if not found:
        return ()
    chances = {p for _k, p in found}
    chance = " / ".join(probability(p) for p in sorted(chances))
    if len({k for k, _p in found}) == 1:
        text = _(
            "The reported expanded uncertainty U is the combined standard uncertainty multiplied by the coverage "
            "factor k = %(k)s, which gives a coverage probability of approximately %(probability)s."
        )
        text = text.replace("k = ", f"k{GAP}={GAP}") % {"k": found[0][0], "probability": chance}
    else:
        text = _(
            "The reported expanded uncertainty U is the combined standard uncertainty multiplied by the coverage "
            "factor k given with each result. Each k is taken from the t-distribution for the effective degrees of "
            "freedom, so that the coverage probability is approximately %(probability)s."
        ) % {"probability": chance}
    return (text, _("The uncertainty was evaluated as in JCGM 100 (GUM)."))


def intervals(probabilities: Sequence[float], locale: str) -> tuple[str, ...]:
    """Say what the two numbers in place of U mean (GUM, 7.2.2; JCGM 101, 5.5)."""
    if not probabilities:
        return ()
    chance = " / ".join(probability(p) for p in probabilities)
    return (
        gettext_for(locale)(
            "Two numbers in place of U are the distances from the value down and up to the ends of its coverage "
            "interval, which has a coverage probability of approximately %(probability)s. It was found by the Monte "
            "Carlo method (JCGM 101)."
        )
        % {"probability": chance},
    )


def note(word: str, locale: str) -> str:
    """Return a note of a point (its range, as found or as left) in this language; what is no word of ours stays.

    >>> note("as_found", "en"), note("20 V", "en")
    ('as found', '20 V')
    """
    _ = gettext_for(locale)
    known = {
        "range": _("Range"),
        "phase": _("Phase"),
        "function": _("Function"),
        "frequency": _("Frequency"),
        "as found": _("as found"),
        "as left": _("as left"),
    }
    plain = word.replace("_", " ")
    return known.get(plain, plain)


def environment(conditions: Sequence[EnvironmentFacts], locale: str) -> str:
    """Return the environment in one line."""
    _ = gettext_for(locale)
    parts = []
    for condition in conditions:
        unit = f"{GAP}{display_unit(condition.unit)}" if condition.unit not in {"", "1"} else ""
        lowest, highest = (with_minus(unsigned_zero(text)) + unit for text in (condition.lowest, condition.highest))
        spread = lowest if lowest == highest else _("%(lower)s to %(upper)s") % {"lower": lowest, "upper": highest}
        parts.append(f"{condition.name} {spread}")
    return _("; ").join(parts)


def traceability(instruments: Sequence[InstrumentFacts], last_day: date, locale: str) -> tuple[str, ...]:
    """Say how the results are traceable (7.8.4.1 c; 6.5), and never more than the certificates bear out."""
    _ = gettext_for(locale)
    calibrated = [one for one in instruments if one.certificate and one.traceable]
    expired = [one.number for one in calibrated if one.valid_until is not None and one.valid_until < last_day]
    if not calibrated:
        return ()
    said = [
        _(
            "The results are metrologically traceable to the International System of Units (SI) through the "
            "calibrations listed here."
        )
    ]
    if expired:
        said.append(
            _("The calibration of %(instruments)s was older than its interval when it was used.")
            % {"instruments": _(", ").join(expired)}
        )
    return tuple(said)


def statements(kind: ReportKind, *, subject: str, as_received: bool, locale: str) -> tuple[str, ...]:
    """Return what must be said (7.8.2.1 l, p; 7.8.2.2)."""
    _ = gettext_for(locale)
    found = []
    if kind is ReportKind.PRELIMINARY:
        found.append(_("This report is preliminary. A final report will replace it; its results may differ."))
    found.append(
        _("The results hold for the calibrated items only, at the time and under the conditions of calibration.")
        if subject == "calibration"
        else _("The results relate only to the items tested.")
    )
    if as_received:
        found.append(_("The laboratory did not take the samples: the results apply to the items as received."))
    found.append(
        _("This document shall not be reproduced except in full without the written approval of the laboratory.")
    )
    return tuple(found)
