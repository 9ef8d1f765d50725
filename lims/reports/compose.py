"""From facts to the frozen content of a report: ISO/IEC 17025, 7.8.2 to 7.8.8, in the report's language. Pure."""

from __future__ import annotations

from datetime import date
from typing import Any

from lims.reports import conformity, observations, tables, wording
from lims.reports.content import (
    FORMAT,
    Amendment,
    Client,
    Content,
    Laboratory,
    Section,
    Table,
    texts_in_columns,
)
from lims.reports.facts import InstrumentFacts, ItemFacts, LineFacts, ReportFacts
from lims.words import gettext_for

TEMPLATE = "report/1"
"""Name and version of the typst template that prints this content."""


def compose(facts: ReportFacts) -> Content:
    """Return everything the report says but its number, date and signature."""
    locale = facts.language
    _ = gettext_for(locale)
    subject = facts.lines[0].kind
    title = _("Calibration certificate") if subject == "calibration" else _("Test report")
    as_received = subject != "calibration" and not _by_us(facts)
    return Content(
        format=FORMAT,
        template=TEMPLATE,
        language=locale,
        kind=facts.kind.value,
        kind_word=wording.kind_word(facts.kind, locale),
        subject=subject,
        title=title,
        running_title=title,
        laboratory=Laboratory(
            name=facts.laboratory,
            branch=facts.branch,
            address=facts.address,
            accreditation=facts.accreditation if may_carry_mark(facts.lines) else "",
            accent=facts.accent,
        ),
        client=Client(
            name=facts.client, address=facts.client_address, reference=facts.reference, purpose=facts.purpose
        ),
        job={"number": facts.job_number},
        amendment=_amendment(facts),
        items=_items(facts.items, locale),
        sampling=_sampling(facts.sampling, locale),
        supplied=facts.supplied,
        sections=tuple(_section(line, facts, locale) for line in facts.lines),
        instruments=_instruments(facts.instruments, locale),
        traceability=wording.traceability(facts.instruments, max(line.performed_until for line in facts.lines), locale),
        opinion=facts.opinion,
        statements=(
            *_agreed(facts, locale),
            *wording.statements(facts.kind, subject=subject, as_received=as_received, locale=locale),
        ),
        footer=_("Not to be reproduced except in full without the written approval of the laboratory."),
        words=wording.labels(locale),
    )


def _agreed(facts: ReportFacts, locale: str) -> tuple[str, ...]:
    """Return what was agreed at the review of the request and belongs on the report (7.8.2.1 n, p)."""
    _ = gettext_for(locale)
    said = [
        (_("Deviations agreed: %(text)s"), facts.deviations),
        (_("Provided from outside the laboratory: %(text)s"), facts.outside_providers),
    ]
    return tuple(sentence % {"text": text} for sentence, text in said if text)


def _by_us(facts: ReportFacts) -> bool:
    """Tell whether the laboratory took the samples; where that is not plain, it did not."""
    who = facts.sampling.get("sampled_by", "").strip().casefold()
    return who in {"laboratory", "the laboratory", "實驗室", "本實驗室", facts.laboratory.casefold()}


def may_carry_mark(lines: tuple[LineFacts, ...]) -> bool:
    """Tell whether the accreditation mark may stand on it: accredited methods, no gate overridden, none simulated."""
    return all(line.accredited and not line.overrides and not line.simulated for line in lines)


def _amendment(facts: ReportFacts) -> Amendment | None:
    if facts.amends is None:
        return None
    return Amendment(
        number=facts.amends.number, replaces=wording.replaces(facts.amends, facts.language), reason=facts.amends.why
    )


def _items(items: tuple[ItemFacts, ...], locale: str) -> Table:
    """Return what was tested or calibrated; columns that nobody filled are left out."""
    _ = gettext_for(locale)
    columns = [
        (_("Item number"), [item.number for item in items]),
        (_("Client's mark"), [item.label for item in items]),
        (_("Description"), [item.description for item in items]),
        (_("Maker, model"), [_joined(item.maker, item.model) for item in items]),
        (_("Serial number"), [item.serial for item in items]),
        (_("Condition at receipt"), [_(item.condition) if item.condition else "" for item in items]),
        (_("Received"), [_day(item.received_on, locale, short=len(items) > 1) for item in items]),
    ]
    return texts_in_columns([column for column in columns if any(column[1])])


def _instruments(instruments: tuple[InstrumentFacts, ...], locale: str) -> Table:
    _ = gettext_for(locale)
    return texts_in_columns(
        [
            (_("Instrument"), [f"{i.number} {i.name}".strip() for i in instruments]),
            (_("Maker, model, serial"), [_joined(i.maker, i.model, i.serial) for i in instruments]),
            (_("Certificate"), [_joined(i.certificate, i.issued_by) for i in instruments]),
            (_("Calibrated"), [_day(i.calibrated_on, locale, short=True) for i in instruments]),
        ]
    )


def _joined(*parts: str) -> str:
    return ", ".join(part for part in parts if part)


def _day(moment: date | None, locale: str, *, short: bool) -> str:
    """Return a day, short where it stands in a table."""
    if moment is None:
        return ""
    return moment.isoformat() if short else wording.day(moment, locale)


def _sampling(sampling: dict[str, str], locale: str) -> tuple[tuple[str, str], ...]:
    """Return who sampled where and when (7.8.5)."""
    _ = gettext_for(locale)
    names = {
        "sampled_by": _("Sampled by"),
        "sampled_where": _("Place of sampling"),
        "sampled_on": _("Date of sampling"),
        "plan": _("Sampling plan"),
        "remark": _("Remark on the sampling"),
    }
    said = {"client": _("the client"), "laboratory": _("the laboratory")}
    if on := sampling.get("sampled_on"):
        said[on] = wording.day(date.fromisoformat(on), locale)
    return tuple((name, said.get(sampling[key], sampling[key])) for key, name in names.items() if sampling.get(key))


def _section(line: LineFacts, facts: ReportFacts, locale: str) -> Section:
    _ = gettext_for(locale)
    dates = _("Date of calibration") if line.kind == "calibration" else _("Date of testing")
    item = f" · {line.item_number}" if len(facts.items) > 1 else ""
    same = [
        other
        for other in facts.lines
        if (other.item_number, other.method_title) == (line.item_number, line.method_title)
    ]
    which = f" ({line.number})" if len(same) > 1 else ""
    return Section(
        line=line.number,
        item=line.item_number,
        heading=line.method_title + item + which,
        facts=(
            (_("Method"), _("%(code)s, edition %(edition)s") % {"code": line.method_code, "edition": line.edition}),
            (_("Standard"), line.standard),
            (dates, wording.days(line.performed_from, line.performed_until, locale)),
            (_("Environment"), wording.environment(line.environment, locale)),
        ),
        tables=(*tables.tables(line, locale), *observations.tables(line, locale)),
        sentences=(
            *wording.uncertainty(tables.factors(line), locale),
            *wording.intervals(tables.skewed(line), locale),
        ),
        conformity=conformity.table(line, locale),
        rules=conformity.rules(line, locale),
        notes=_notes(line, facts, locale),
        numbers={**tables.numbers(line), **_observed(line), "conformity": conformity.numbers(line)},
        result_hash=line.result_hash,
    )


def _observed(line: LineFacts) -> dict[str, Any]:
    """Return what was observed as data; lines that observe nothing do not speak of it."""
    found = observations.numbers(line)
    return {"characteristics": found} if found else {}


def _notes(line: LineFacts, facts: ReportFacts, locale: str) -> tuple[str, ...]:
    """Return what the reader of this result must know beside it."""
    _ = gettext_for(locale)
    notes = []
    if line.simulated:
        notes.append(_("Made with simulated instruments: these numbers say nothing of the item."))
    if line.retest_of:
        notes.append(
            _("This is a retest of %(line)s; the first result stays valid and stands beside it.")
            % {"line": line.retest_of}
        )
    if facts.accreditation and not line.accredited:
        notes.append(_("This result is outside the laboratory's scope of accreditation."))
    notes += conformity.refused(line, locale)
    notes += [_("Departure from the procedure: %(text)s") % {"text": override} for override in line.overrides]
    return tuple(notes)
