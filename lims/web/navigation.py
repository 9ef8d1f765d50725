"""The main menu: what concerns a person and would let them in, and the key that opens it (after g)."""

from __future__ import annotations

from flask import current_app
from flask_babel import lazy_gettext

from lims.http.person import current_actor
from lims.people.rights import Actor, Right

Entry = tuple[str, object, str, tuple[Right, ...]]

MENU: tuple[Entry, ...] = (
    ("home.index", lazy_gettext("Today"), "t", (Right.READ, Right.ADMINISTER)),
    ("worklist.index", lazy_gettext("Worklist"), "w", (Right.ENTER_READINGS, Right.REVIEW)),
    ("jobs.index", lazy_gettext("Jobs"), "j", (Right.READ,)),
    ("review.index", lazy_gettext("Review"), "r", (Right.REVIEW,)),
    ("reports.index", lazy_gettext("Reports"), "p", (Right.READ,)),
    ("instruments.index", lazy_gettext("Instruments"), "i", (Right.READ,)),
    ("methods.index", lazy_gettext("Methods"), "m", (Right.READ,)),
    (
        "nonconformities.index",
        lazy_gettext("Nonconforming work"),
        "n",
        (Right.FOLLOW_UP, Right.MANAGE_INSTRUMENTS, Right.AUDIT),
    ),
    ("clients.index", lazy_gettext("Clients"), "c", (Right.REGISTER,)),
    ("people.index", lazy_gettext("People"), "e", (Right.MANAGE_PEOPLE, Right.AUDIT)),
    ("laboratories.index", lazy_gettext("Laboratories"), "l", (Right.ADMINISTER,)),
    ("audit.index", lazy_gettext("Audit trail"), "a", (Right.AUDIT,)),
    ("upkeep.jobs", lazy_gettext("Upkeep"), "u", (Right.ADMINISTER,)),
)


def navigation() -> list[Entry]:
    """Return the entries that the person may open."""
    actor = current_actor()
    if actor is None:
        return []
    known = current_app.view_functions
    return [entry for entry in MENU if entry[0] in known and _opens(actor, known[entry[0]], entry[3])]


def _opens(actor: Actor, view: object, rights: tuple[Right, ...]) -> bool:
    """Whether an entry concerns the person, and its page would let them in."""
    declared: tuple[str, ...] = getattr(view, "needs", ())
    asked = [Right(word) for word in declared if word in set(Right)]
    return any(actor.may(right) for right in rights) and (not asked or any(actor.may(right) for right in asked))
