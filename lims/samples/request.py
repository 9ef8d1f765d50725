"""What a client asks for, as written down at the desk, and all that can be checked of it without tables. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

from lims.errors import Invalid, LimsError
from lims.samples.custody import Condition, Rejection
from lims.words import LOCALES

MOST_ITEMS = 500
"""Items of one job; more are several jobs."""
MOST_LINES = 5000
LONGEST = 2000
"""Characters of a remark."""
LONGEST_NAME = 200
"""Characters of a label, a maker, a place."""
AFTER_TESTING = ("return", "dispose")


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestReview:
    """Review of the request, tender or contract before the work is promised (7.1.1, 7.1.3)."""

    capability: bool = False
    method_agreed: bool = False
    conformity_asked: bool = False
    decision_rule_agreed: bool = False
    outside_providers: str = ""
    deviations: str = ""
    remark: str = ""

    def missing(self) -> list[str]:
        """Return what must still be agreed before the job can be confirmed, as sentences.

        >>> RequestReview(capability=True, method_agreed=True).missing()
        []

        Source: ISO/IEC 17025, 7.1.1 and 7.1.3.
        """
        asked = {
            "Say that the laboratory can do it: people, equipment, time.": self.capability,
            "Say that the method is agreed with the client.": self.method_agreed,
            "A statement of conformity is asked for: agree the decision rule with the client.": (
                self.decision_rule_agreed or not self.conformity_asked
            ),
        }
        return [sentence for sentence, given in asked.items() if not given]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """Who took the items from what, where and when (7.3.3)."""

    sampled_by: str = ""
    sampled_where: str = ""
    sampled_on: date | None = None
    plan: str = ""
    remark: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLine:
    """One service of the catalogue for one item; limits and rule only where they differ from the method's."""

    service_id: int
    specification: Mapping[str, Any] | None = None
    assigned_to_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewItem:
    """One thing to be tested or calibrated."""

    label: str
    description: str
    maker: str | None = None
    model: str | None = None
    serial: str | None = None
    accessories: str | None = None
    lines: Sequence[NewLine] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """How items were received; `fit` is False with a coded reason for one that can't be tested (7.4.3)."""

    place: str
    condition: str = Condition.GOOD
    fit: bool = True
    reason: str | None = None
    remark: str = ""
    from_party: str = ""

    def check(self) -> None:
        """Refuse a receipt that says too little."""
        faults: dict[str, LimsError | str] = {}
        _text(faults, "place", self.place, needed="Say where the item is put.")
        if self.condition not in set(Condition):
            faults["condition"] = "Choose a condition from the list."
        if not self.fit and self.reason not in set(Rejection):
            faults["reason"] = "Say why it is not fit for testing; choose a reason from the list."
        if self.condition == Condition.OTHER and not self.remark.strip():
            faults["remark"] = "Write what is wrong with it."
        _text(faults, "remark", self.remark, longest=LONGEST)
        _text(faults, "from_party", self.from_party)
        if faults:
            raise Invalid("The receipt is not complete. Look at the marked places.", faults)


DAY_IS_OVER = "This day is over. Agree on one that is still to come."


@dataclass(frozen=True, slots=True, kw_only=True)
class NewJob:
    """A whole job as it comes from a page or a call."""

    branch_id: int
    client_id: int
    items: Sequence[NewItem]
    client_reference: str | None = None
    purpose: str | None = None
    contact: str | None = None
    report_language: str = "zh_Hant_TW"
    after_testing: str = "return"
    urgent: bool = False
    agreed_due_on: date | None = None
    request_review: RequestReview | None = None
    sampling: Sampling | None = None
    client_supplied: str | None = None
    note: str | None = None
    copied_from_id: int | None = None
    form_key: str | None = field(default=None)

    def check(self, today: date) -> None:
        """Refuse what can't be a job, with all places that are wrong at once.

        Raises
        ------
        Invalid
            `fields` is keyed by place: "items.0.label", "sampling.sampled_on".
        """
        faults: dict[str, LimsError | str] = {}
        for name in ("client_reference", "contact"):
            _text(faults, name, getattr(self, name))
        for name in ("purpose", "client_supplied", "note"):
            _text(faults, name, getattr(self, name), longest=LONGEST)
        if self.report_language not in LOCALES:
            faults["report_language"] = "Choose a language of the list."
        if self.after_testing not in AFTER_TESTING:
            faults["after_testing"] = "Say whether items are returned or disposed of after testing."
        if self.sampling and self.sampling.sampled_on and self.sampling.sampled_on > today:
            faults["sampling.sampled_on"] = "This day has not come yet. Give the day on which the sample was taken."
        if self.agreed_due_on and self.agreed_due_on < today:
            faults["agreed_due_on"] = DAY_IS_OVER
        faults.update(_item_faults(self.items))
        if faults:
            raise Invalid("The job can't be registered yet. Look at the marked places.", faults)


def _item_faults(items: Sequence[NewItem]) -> Iterator[tuple[str, LimsError | str]]:
    if not items:
        yield "items", "Give at least one item."
    if len(items) > MOST_ITEMS or sum(len(item.lines) for item in items) > MOST_LINES:
        yield (
            "items",
            Invalid(
                "One job has at most %(most)s items and %(lines)s tests. Make several jobs.",
                most=MOST_ITEMS,
                lines=MOST_LINES,
            ),
        )
    seen: set[str] = set()
    for n, item in enumerate(items):
        faults: dict[str, LimsError | str] = {}
        _text(faults, "label", item.label, needed="Give the client's mark of this item.")
        _text(faults, "description", item.description, needed="Say what this item is.")
        for name in ("maker", "model", "serial"):
            _text(faults, name, getattr(item, name))
        _text(faults, "accessories", item.accessories, longest=LONGEST)
        if not item.lines:
            faults["lines"] = "Choose at least one test or calibration for this item."
        elif len({line.service_id for line in item.lines}) < len(item.lines):
            faults["lines"] = "A test is chosen twice for this item."
        label = plain(item.label)
        if label and label in seen:
            faults["label"] = Invalid(
                "The label '%(label)s' is used twice in this job. Give each item its own.", label=item.label
            )
        seen.add(label)
        yield from ((f"items.{n}.{name}", fault) for name, fault in faults.items())


def _text(
    faults: dict[str, LimsError | str], name: str, value: str | None, *, needed: str = "", longest: int = LONGEST_NAME
) -> None:
    if needed and not plain(value or ""):
        faults[name] = needed
    elif value and len(value) > longest:
        faults[name] = Invalid("This is too long: at most %(longest)s characters.", longest=longest)
    elif value and any(unicodedata.category(sign) == "Cc" and sign not in "\r\n\t" for sign in value):
        faults[name] = "There is a character in it that can't be stored. Type it again."


def plain(text: str) -> str:
    """Return the text without outer spaces, in composed form; rare characters stay as they are.

    >>> plain("  A-1 ")
    'A-1'
    """
    return unicodedata.normalize("NFC", text).strip()


def as_stored(value: RequestReview | Sampling | None) -> dict[str, Any] | None:
    """Return the value as the JSON that is stored; dates as ISO text.

    >>> as_stored(Sampling(sampled_by="client", sampled_on=date(2026, 3, 2)))["sampled_on"]
    '2026-03-02'
    """
    if value is None:
        return None
    return {name: part.isoformat() if isinstance(part, date) else part for name, part in asdict(value).items()}


def needed(text: str, name: str, sentence: str) -> str:
    """Return what has to be said, such as a place, tidied; refuse it, with the sentence, when empty or too long."""
    given = plain(text)
    if not given:
        raise Invalid(sentence, {name: sentence})
    if len(given) > 200:
        raise Invalid("This is too long: at most %(longest)s characters.", {name: sentence}, longest=200)
    return given
