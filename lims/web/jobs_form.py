"""The registration form: what stands in it, what was typed, and the job that it means."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from werkzeug.datastructures import MultiDict

from lims.errors import Invalid, LimsError
from lims.http.forms import LONGEST_NUMBER
from lims.people.queries import ClientView
from lims.samples.dates import parse_date
from lims.samples.queries import JobView
from lims.samples.request import MOST_ITEMS, NewItem, NewJob, NewLine, Receipt, RequestReview, Sampling

ITEM_FIELDS = ("label", "description", "maker", "model", "serial", "accessories")
SAMPLING_TEXTS = ("sampled_by", "sampled_where", "plan", "remark")
JOB_TEXTS = ("client_reference", "purpose", "contact", "client_supplied", "note")


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemTyped:
    """One item as typed: its texts and the services ticked."""

    texts: dict[str, str]
    services: tuple[int, ...]

    def is_empty(self) -> bool:
        """Tell whether nothing was typed for it."""
        return not any(self.texts.values()) and not self.services


@dataclass(frozen=True, slots=True, kw_only=True)
class FormTyped:
    """Everything on the registration page."""

    values: dict[str, str] = field(default_factory=dict)
    items: tuple[ItemTyped, ...] = ()
    same_services: bool = False

    def text(self, name: str, default: str = "") -> str:
        """Return what was typed into a field."""
        return self.values.get(name, default)

    def key(self, name: str) -> int:
        """Return the key of a chosen thing; 0, which nothing has, for anything else."""
        text = self.text(name).strip()
        return int(text) if text.isdecimal() and len(text) <= LONGEST_NUMBER else 0

    def ticked(self, name: str) -> bool:
        """Tell whether a box was ticked."""
        return bool(self.values.get(name))


def empty_item(services: tuple[int, ...] = ()) -> ItemTyped:
    """Return an item with nothing typed yet."""
    return ItemTyped(texts=dict.fromkeys(ITEM_FIELDS, ""), services=services)


def blank(*, branch_id: int, place: str = "") -> FormTyped:
    """Return the form as it is opened."""
    values = {"branch_id": str(branch_id), "after_testing": "return", "report_language": "", "place": place}
    return FormTyped(values=values, items=(empty_item(),), same_services=True)


def copy_of(job: JobView) -> FormTyped:
    """Return the form filled from an earlier job; what belongs to that one alone (reference, sampling) is left out."""
    items = tuple(
        ItemTyped(
            texts={name: getattr(item, name) or "" for name in ITEM_FIELDS},
            services=tuple(
                line.service_id for line in job.lines_of(item.id) if line.service_id and line.copy_of_id is None
            ),
        )
        for item in job.items
        if item.parent_id is None
    )
    values = {
        "branch_id": str(job.branch_id),
        "client": job.client.code,
        "after_testing": job.after_testing,
        "report_language": job.report_language,
        "purpose": job.purpose or "",
        "contact": job.contact or "",
        "copied_from_id": str(job.id),
    }
    return FormTyped(values=values, items=items or (empty_item(),))


def read(form: MultiDict[str, str]) -> FormTyped:
    """Return what was typed; nothing is refused yet."""
    numbers = sorted({int(name.split(".")[1]) for name in form if name.startswith("items.") and _number_in(name)})
    items = tuple(
        ItemTyped(
            texts={name: form.get(f"items.{n}.{name}", "") for name in ITEM_FIELDS},
            services=tuple(int(one) for one in form.getlist(f"items.{n}.services") if one.isdecimal()),
        )
        for n in numbers[:MOST_ITEMS]
    )
    values = {name: value for name, value in form.items() if not name.startswith("items.")}
    return FormTyped(values=values, items=items or (empty_item(),), same_services="same_services" in form)


def _number_in(name: str) -> bool:
    parts = name.split(".")
    return len(parts) == 3 and parts[1].isdecimal() and len(parts[1]) < 6


def with_items_added(typed: FormTyped, count: int) -> FormTyped:
    """Return the form with more items; they go on counting where the last label ends in a number."""
    items = list(typed.items)
    for _ in range(max(0, min(count, MOST_ITEMS - len(items)))):
        last = items[-1]
        texts = dict.fromkeys(ITEM_FIELDS, "") | {"label": next_label(last.texts["label"])}
        texts["description"] = last.texts["description"]
        items.append(ItemTyped(texts=texts, services=() if typed.same_services else last.services))
    return replace(typed, items=tuple(items))


def with_item_removed(typed: FormTyped, position: int) -> FormTyped:
    """Return the form without one of its items; one always stays."""
    kept = tuple(item for n, item in enumerate(typed.items) if n != position)
    return replace(typed, items=kept or (empty_item(),))


def next_label(label: str) -> str:
    """Return the label after this one.

    >>> next_label("T-09"), next_label("tile"), next_label("")
    ('T-10', '', '')
    """
    digits = len(label) - len(label.rstrip("0123456789"))
    if not digits or digits > 15:
        return ""
    stem, number = label[:-digits], label[-digits:]
    return f"{stem}{int(number) + 1:0{digits}d}"


def new_job(typed: FormTyped, find_clients: Callable[[str], Sequence[ClientView]], form_key: str) -> NewJob:
    """Return the job that the form means; refuse what can't be read, by the names of the fields."""
    faults: dict[str, LimsError | str] = {}
    client_id = _client(typed.text("client"), find_clients, faults)
    sampled_on = _day(typed, "sampling.sampled_on", faults)
    agreed = _day(typed, "agreed_due_on", faults)
    if faults:
        raise Invalid("The job can't be registered yet. Look at the marked places.", faults)
    shared = typed.items[0].services if typed.same_services else ()
    return NewJob(
        branch_id=typed.key("branch_id"),
        client_id=client_id,
        items=[_item(item, shared) for item in typed.items],
        **{name: typed.text(name) or None for name in JOB_TEXTS},
        report_language=typed.text("report_language", "zh_Hant_TW"),
        after_testing=typed.text("after_testing", "return"),
        urgent=typed.ticked("urgent"),
        agreed_due_on=agreed,
        request_review=review_of(typed),
        sampling=_sampling(typed, sampled_on),
        copied_from_id=typed.key("copied_from_id") or None,
        form_key=form_key or None,
    )


def review_of(typed: FormTyped) -> RequestReview:
    """Return the review of the request as ticked and written."""
    return RequestReview(
        capability=typed.ticked("review.capability"),
        method_agreed=typed.ticked("review.method_agreed"),
        conformity_asked=typed.ticked("review.conformity_asked"),
        decision_rule_agreed=typed.ticked("review.decision_rule_agreed"),
        outside_providers=typed.text("review.outside_providers"),
        deviations=typed.text("review.deviations"),
        remark=typed.text("review.remark"),
    )


def receipt_of(typed: FormTyped) -> Receipt | None:
    """Return the receipt, where the items are at the desk."""
    if not typed.ticked("here"):
        return None
    return Receipt(
        place=typed.text("place"),
        condition=typed.text("condition"),
        remark=typed.text("condition_remark"),
        from_party=typed.text("from_party"),
    )


def _item(item: ItemTyped, shared: tuple[int, ...]) -> NewItem:
    services = item.services or shared
    texts = {name: item.texts[name] or None for name in ITEM_FIELDS[2:]}
    lines = tuple(NewLine(service_id=service_id) for service_id in services)
    return NewItem(label=item.texts["label"], description=item.texts["description"], lines=lines, **texts)


def _sampling(typed: FormTyped, sampled_on: date | None) -> Sampling | None:
    texts = {name: typed.text(f"sampling.{name}").strip() for name in SAMPLING_TEXTS}
    if not any(texts.values()) and sampled_on is None:
        return None
    return Sampling(**texts, sampled_on=sampled_on)


def _day(typed: FormTyped, name: str, faults: dict[str, LimsError | str]) -> date | None:
    text = typed.text(name).strip()
    if not text:
        return None
    try:
        return parse_date(text)
    except Invalid as refused:
        faults[name] = refused
        return None


def _client(text: str, find_clients: Callable[[str], Sequence[ClientView]], faults: dict[str, LimsError | str]) -> int:
    """Return the one client that a text means: "C001", "C001 · Fair Tiles", a company number, or a part of the name."""
    words = text.split("·", maxsplit=1)[0].strip()
    found = [client for client in find_clients(words) if client.active] if words else []
    exact = [client for client in found if words.casefold() in {client.code.casefold(), client.company_number}]
    named = [client for client in found if words in client.name.values()]
    for hits in (exact, named, found):
        if len(hits) == 1:
            return hits[0].id
    if not words:
        faults["client"] = "Say who orders the work: code, company number or a part of the name."
    elif found:
        codes = ", ".join(client.code for client in found[:5])
        faults["client"] = Invalid("Several clients are called that: %(codes)s. Give the code of one.", codes=codes)
    else:
        faults["client"] = "There is no such client. Check the spelling, or register the client first."
    return 0
