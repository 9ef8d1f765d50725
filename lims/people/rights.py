"""Rights, the roles that bundle them, and the plain actor that carries them. Pure.

A right is held in the whole bureau, in a branch, or in one laboratory (ISO/IEC 17025 5.5, 6.2.6).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from lims.errors import NotAllowed


class Right(StrEnum):
    """What a person may do; workflows.md lists them."""

    READ = "read"
    REGISTER = "register"
    RECEIVE = "receive"
    ENTER_READINGS = "enter readings"
    OVERRIDE_GATE = "override an instrument gate"
    SUBMIT = "submit"
    REVIEW = "review"
    RETRACT = "retract"
    APPROVE_REPORT = "approve report"
    ISSUE = "issue"
    AMEND = "amend"
    WITHDRAW = "withdraw"
    MANAGE_METHODS = "manage methods"
    APPROVE_METHODS = "approve methods"
    MANAGE_INSTRUMENTS = "manage instruments"
    RUN_ROUNDS = "run rounds"
    UNBLIND = "unblind participants"
    FOLLOW_UP = "follow up"
    MANAGE_PEOPLE = "manage people"
    ADMINISTER = "administer"
    AUDIT = "audit"


class Role(StrEnum):
    """A bundle of rights, as people are known by in the house."""

    CLERK = "reception clerk"
    TECHNICIAN = "technician"
    REVIEWER = "reviewer"
    MANAGER = "laboratory manager"
    QUALITY = "quality staff"
    METHOD_OWNER = "method owner"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


R = Right
ROLES: dict[Role, frozenset[Right]] = {
    Role.CLERK: frozenset({R.READ, R.REGISTER, R.RECEIVE, R.ISSUE}),
    Role.TECHNICIAN: frozenset({R.READ, R.RECEIVE, R.ENTER_READINGS, R.SUBMIT}),
    Role.REVIEWER: frozenset({R.READ, R.ENTER_READINGS, R.SUBMIT, R.REVIEW}),
    Role.MANAGER: frozenset(
        {
            R.READ, R.REGISTER, R.RECEIVE, R.REVIEW, R.RETRACT, R.APPROVE_REPORT, R.ISSUE, R.AMEND, R.WITHDRAW,
            R.OVERRIDE_GATE, R.MANAGE_INSTRUMENTS, R.MANAGE_METHODS, R.APPROVE_METHODS,
        }
    ),
    Role.QUALITY: frozenset({R.READ, R.RUN_ROUNDS, R.FOLLOW_UP, R.RETRACT, R.WITHDRAW, R.AUDIT}),
    Role.METHOD_OWNER: frozenset({R.READ, R.MANAGE_METHODS, R.MANAGE_INSTRUMENTS}),
    Role.AUDITOR: frozenset({R.READ, R.AUDIT}),
    Role.ADMINISTRATOR: frozenset({R.ADMINISTER, R.MANAGE_PEOPLE}),  # no laboratory authority
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """A right in a place: both None is the whole bureau; a branch alone covers its laboratories."""

    right: Right
    branch_id: int | None = None
    laboratory_id: int | None = None

    def covers(self, branch_id: int | None, laboratory_id: int | None) -> bool:
        """Tell whether this grant reaches the place; a place of None is 'anywhere at all'."""
        if self.laboratory_id is not None:
            return laboratory_id == self.laboratory_id or (laboratory_id is None and branch_id is None)
        if self.branch_id is not None:
            return branch_id in {self.branch_id, None}
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who acts, as operations and queries see it: a plain value, made by the face or the command."""

    person_id: int | None
    label: str
    locale: str = "en"
    time_zone: str = "Asia/Taipei"
    request_id: str = ""
    address: str = ""
    accent: str = ""  # colour of the person's own laboratory
    grants: frozenset[Grant] = field(default_factory=frozenset)

    def may(self, right: Right | str, *, branch_id: int | None = None, laboratory_id: int | None = None) -> bool:
        """Tell whether the right is held at this place. Give a laboratory with its branch; no place asks 'anywhere'."""
        return any(grant.right == right and grant.covers(branch_id, laboratory_id) for grant in self.grants)

    def must(self, right: Right | str, *, branch_id: int | None = None, laboratory_id: int | None = None) -> None:
        """Raise NotAllowed, naming the right, unless it is held at this place."""
        if not self.may(right, branch_id=branch_id, laboratory_id=laboratory_id):
            raise NotAllowed(
                "You need the right to %(right)s here. Ask the manager of the laboratory or the administrator.",
                right=str(right),
            )

    def must_at(self, right: Right | str, *, branch_id: int | None, laboratory_id: int | None = None) -> None:
        """Raise NotAllowed unless the right is held at this very place; both None is the whole bureau here."""
        self.must(right, branch_id=branch_id, laboratory_id=laboratory_id)
        if branch_id is None and laboratory_id is None and self.branches(right) is not None:
            raise NotAllowed("You need the right to %(right)s in the whole bureau for this.", right=str(right))

    def branches(self, right: Right | str) -> frozenset[int] | None:
        """Return branches where the right is held as a whole; None is every branch."""
        held = [grant for grant in self.grants if grant.right == right and grant.laboratory_id is None]
        if any(grant.branch_id is None for grant in held):
            return None
        return frozenset(grant.branch_id for grant in held if grant.branch_id is not None)

    def laboratories(self, right: Right | str) -> frozenset[int]:
        """Return single laboratories where the right is held beside `branches`."""
        return frozenset(
            grant.laboratory_id for grant in self.grants if grant.right == right and grant.laboratory_id is not None
        )


def grants_of(role: Role | str, *, branch_id: int | None = None, laboratory_id: int | None = None) -> frozenset[Grant]:
    """Return what a role held at a place gives."""
    return frozenset(
        Grant(right=right, branch_id=branch_id, laboratory_id=laboratory_id) for right in ROLES[Role(role)]
    )
