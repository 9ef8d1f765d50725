"""Who may see which jobs and lines, and whose client's name (ISO/IEC 17025 4.1.1, 4.2)."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import ARRAY, BigInteger, ColumnElement, cast, false, func, or_, select, true
from sqlalchemy.orm import aliased

from lims.people.records import Laboratory
from lims.people.rights import Actor, Right
from lims.samples.records import Job, Line

_Lab = aliased(Laboratory)

NAMES_CLIENTS = (Right.REGISTER, Right.REVIEW, Right.APPROVE_REPORT, Right.ISSUE, Right.AUDIT)
"""Rights whose holders see a client's name; others see the client's code, so that nobody measures for a name."""


def jobs_seen(by: Actor, right: Right = Right.READ) -> ColumnElement[bool]:
    """Return the condition on jobs: of a branch where the right is held, or with a line in such a laboratory."""
    branches, laboratories = by.branches(right), by.laboratories(right)
    if branches is None:
        return true()
    seen: list[ColumnElement[bool]] = []
    if branches:
        seen.append(Job.branch_id.in_(sorted(branches)))
        inside = select(func.array_agg(_Lab.id)).where(_Lab.branch_id.in_(sorted(branches))).scalar_subquery()
        seen.append(Job.laboratory_ids.bool_op("&&")(inside))
    if laboratories:
        seen.append(Job.laboratory_ids.bool_op("&&")(cast(sorted(laboratories), ARRAY(BigInteger))))
    return or_(*seen) if seen else false()


def lines_seen(by: Actor, right: Right = Right.READ) -> ColumnElement[bool]:
    """Return the condition on lines joined with job and laboratory: of the job's branch or the laboratory's."""
    branches, laboratories = by.branches(right), by.laboratories(right)
    if branches is None:
        return true()
    seen: list[ColumnElement[bool]] = []
    if branches:
        seen += [Job.branch_id.in_(sorted(branches)), Laboratory.branch_id.in_(sorted(branches))]
    if laboratories:
        seen.append(Line.laboratory_id.in_(sorted(laboratories)))
    return or_(*seen) if seen else false()


def names_client(by: Actor, branch_id: int, laboratory_ids: Iterable[int]) -> bool:
    """Tell whether the person may see the client's name of a job of this branch with lines in these laboratories."""
    places = [(branch_id, None), *((branch_id, laboratory_id) for laboratory_id in laboratory_ids)]
    return any(by.may(right, branch_id=b, laboratory_id=lab) for right in NAMES_CLIENTS for b, lab in places)
