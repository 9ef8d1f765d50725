"""Pages of people: the list, an invitation, one person with roles held in places, competence and what happened."""

from __future__ import annotations

from flask import Blueprint, flash, render_template, request, session, url_for
from flask_babel import gettext

from lims import clock
from lims.errors import Invalid
from lims.http.fields import texts, word
from lims.http.forms import Answer, act, seen_version
from lims.http.rights import needs, signed_in_actor
from lims.http.session import house, open_transaction
from lims.methods import queries as methods
from lims.people import operations, queries
from lims.people.rights import ROLES, Actor, Right, Role
from lims.samples.calendar import local_date
from lims.store import audit
from lims.store.db import Session
from lims.web.display import text
from lims.words import LOCALES

bp = Blueprint("people", __name__)

PAGE = 50
Place = tuple[int | None, int | None]


@bp.get("/people")
@needs(Right.MANAGE_PEOPLE, Right.AUDIT)
def index() -> str:
    """List staff; words, branch and closed accounts live in the address."""
    by, words = signed_in_actor(), request.args.get("words", "")
    branch_id = request.args.get("branch", type=int)
    closed = request.args.get("closed") == "1"
    with open_transaction() as db:
        found = queries.people(
            db,
            words=words,
            branch_id=branch_id,
            active=not closed,
            after=request.args.get("cursor", 0, type=int),
            limit=PAGE + 1,
        )
        places = _Places(db)
        invitations = queries.open_invitations(db, by=by) if by.may(Right.MANAGE_PEOPLE) else []
    return render_template(
        "people/list.html",
        people=found[:PAGE],
        cursor=str(found[PAGE - 1].id) if len(found) > PAGE else None,
        words=words,
        branch_id=branch_id,
        closed=closed,
        places=places,
        invitations=invitations,
        new_link=session.pop("new_link", None),
    )


@bp.get("/people/invite")
@needs(Right.MANAGE_PEOPLE)
def new() -> str:
    """Show an empty invitation."""
    with open_transaction() as db:
        places = _Places(db)
    return render_template("people/invite.html", places=places, roles=_roles(), rights=ROLES)


@bp.post("/people/invite")
@needs(Right.MANAGE_PEOPLE)
def invite() -> Answer:
    """Invite somebody; the link goes by mail, or is shown once where no mail server is set."""
    by, mails = signed_in_actor(), bool(house().settings.mail_host)

    def do(db: Session) -> None:
        branch_id, laboratory_id = _place(db)
        made = operations.invite(
            db,
            by=by,
            email=word("email"),
            name=texts("name"),
            role=_role(),
            branch_id=branch_id,
            laboratory_id=laboratory_id,
            base_url=house().settings.base_url if mails else "",
            language=word("language") if word("language") in LOCALES else "zh_Hant_TW",
        )
        _tell(made, word("email"), mails=mails)

    return act(do, done=url_for("people.index"), again=new)


@bp.post("/people/invitations/<int:invitation_id>/withdraw")
@needs(Right.MANAGE_PEOPLE)
def withdraw(invitation_id: int) -> Answer:
    """End an invitation."""
    by = signed_in_actor()
    return act(
        lambda db: operations.withdraw_invitation(db, by=by, invitation_id=invitation_id), done=url_for("people.index")
    )


@bp.get("/people/<int:person_id>")
@needs(Right.MANAGE_PEOPLE, Right.AUDIT)
def show(person_id: int) -> str:
    """Show one person."""
    by = signed_in_actor()
    with open_transaction() as db:
        person = queries.person(db, person_id)
        places = _Places(db)
        competences = methods.competences(db, person_id=person_id)
        events = audit.time_line(db, "person", person_id, limit=50)
        may_change = _may_change(by, person.branch_id) and person_id != by.person_id
        tokens = queries.tokens(db, person_id) if may_change else []
    today = local_date(clock.now(), by.time_zone)
    return render_template(
        "people/show.html",
        person=person,
        places=places,
        roles=_roles(),
        competences=[(one, one.valid(today)) for one in competences],
        events=events,
        may_change=may_change,
        tokens=tokens,
        now=clock.now(),
        revoke_address=lambda token_id: url_for("people.revoke_token", person_id=person_id, token_id=token_id),
        new_link=session.pop("new_link", None),
    )


@bp.post("/people/<int:person_id>")
@needs(Right.MANAGE_PEOPLE)
def change(person_id: int) -> Answer:
    """Change name, title or place."""
    by = signed_in_actor()

    def do(db: Session) -> None:
        branch_id, laboratory_id = _place(db)
        changes = {
            "name": texts("name"),
            "title": texts("title") or None,
            "branch_id": branch_id,
            "laboratory_id": laboratory_id,
        }
        operations.change_person(db, by=by, person_id=person_id, seen_version=seen_version(), changes=changes)

    return act(do, done=_address(person_id), again=lambda: show(person_id))


@bp.post("/people/<int:person_id>/roles")
@needs(Right.MANAGE_PEOPLE)
def grant(person_id: int) -> Answer:
    """Give a role in a place."""
    by = signed_in_actor()

    def do(db: Session) -> None:
        branch_id, laboratory_id = _place(db)
        operations.grant_role(
            db, by=by, person_id=person_id, role=_role(), branch_id=branch_id, laboratory_id=laboratory_id
        )

    return act(do, done=_address(person_id), again=lambda: show(person_id))


@bp.post("/people/<int:person_id>/roles/<int:role_held_id>/revoke")
@needs(Right.MANAGE_PEOPLE)
def revoke(person_id: int, role_held_id: int) -> Answer:
    """Take a role away."""
    by = signed_in_actor()
    return act(
        lambda db: operations.revoke_role(db, by=by, role_held_id=role_held_id),
        done=_address(person_id),
        again=lambda: show(person_id),
    )


@bp.post("/people/<int:person_id>/tokens/<int:token_id>/revoke")
@needs(Right.MANAGE_PEOPLE)
def revoke_token(person_id: int, token_id: int) -> Answer:
    """End a token of somebody whom one manages."""
    by = signed_in_actor()
    return act(
        lambda db: operations.revoke_token(db, by=by, token_id=token_id),
        done=_address(person_id),
        again=lambda: show(person_id),
    )


@bp.post("/people/<int:person_id>/sessions")
@needs(Right.MANAGE_PEOPLE)
def end_sessions(person_id: int) -> Answer:
    """End every session of a person."""
    by = signed_in_actor()
    return act(lambda db: operations.end_sessions(db, by=by, person_id=person_id), done=_address(person_id))


@bp.post("/people/<int:person_id>/password")
@needs(Right.MANAGE_PEOPLE)
def offer_password(person_id: int) -> Answer:
    """Send a link to choose a new password."""
    by, mails = signed_in_actor(), bool(house().settings.mail_host)

    def do(db: Session) -> None:
        base_url = house().settings.base_url if mails else ""
        made = operations.offer_new_password(db, by=by, person_id=person_id, base_url=base_url)
        _tell(made, queries.person(db, person_id).email, mails=mails)

    return act(do, done=_address(person_id), again=lambda: show(person_id))


@bp.post("/people/<int:person_id>/<any(close, open):way>")
@needs(Right.MANAGE_PEOPLE)
def close_or_open(person_id: int, way: str) -> Answer:
    """Close an account, or open it again, with a reason."""
    by = signed_in_actor()
    operation = operations.deactivate_person if way == "close" else operations.reactivate_person
    return act(
        lambda db: operation(db, by=by, person_id=person_id, why=word("why")),
        done=_address(person_id),
        again=lambda: show(person_id),
    )


class _Places:
    """Branches and laboratories, as choices and as names."""

    def __init__(self, db: Session) -> None:
        self.branches = queries.branches(db)
        self.laboratories = queries.laboratories(db)

    def choices(self) -> list[tuple[str, str]]:
        """Return the whole bureau, each branch, and its laboratories."""
        found = [("bureau", gettext("the whole bureau"))]
        for branch in self.branches:
            found.append((f"b{branch.id}", text(branch.name)))
            own = (one for one in self.laboratories if one.branch_id == branch.id)
            found += [(f"l{one.id}", f"{text(branch.name)} · {text(one.name)}") for one in own]
        return found

    def branch_choices(self) -> list[tuple[int, str]]:
        """Return the branches only."""
        return [(branch.id, text(branch.name)) for branch in self.branches]

    def chosen(self, branch_id: int | None, laboratory_id: int | None) -> str:
        """Return the choice that a place is."""
        if laboratory_id is not None:
            return f"l{laboratory_id}"
        return "bureau" if branch_id is None else f"b{branch_id}"

    def name(self, branch_id: int | None, laboratory_id: int | None) -> str:
        """Return the name of a place."""
        return dict(self.choices()).get(self.chosen(branch_id, laboratory_id), "")


def _place(db: Session) -> Place:
    """Return the branch and the laboratory that were chosen."""
    chosen = word("place")
    if chosen == "bureau":
        return None, None
    kind, key = chosen[:1], chosen[1:]
    if kind == "b" and key.isdecimal():
        return int(key), None
    found = {f"l{one.id}": one for one in queries.laboratories(db)}.get(chosen)
    if found is None:
        raise Invalid("A place is not chosen yet.", {"place": "Choose from the list."})
    return found.branch_id, found.id


def _role() -> Role:
    try:
        return Role(word("role"))
    except ValueError:
        raise Invalid("A role is not chosen yet.", {"role": "Choose from the list."}) from None


def _roles() -> list[tuple[str, str]]:
    return [(str(role), gettext(str(role))) for role in Role]


def _may_change(by: Actor, branch_id: int | None) -> bool:
    managed = by.branches(Right.MANAGE_PEOPLE)
    return managed is None or branch_id in managed


def _tell(made: str, email: str, *, mails: bool) -> None:
    """Say where the link went; without a mail server it is shown once, for the administrator to hand over."""
    if mails:
        flash(gettext("The link goes by mail to %(email)s.", email=email))
    else:
        session["new_link"] = f"{house().settings.base_url.rstrip('/')}/invitation/{made}"


def _address(person_id: int) -> str:
    return url_for("people.show", person_id=person_id)
