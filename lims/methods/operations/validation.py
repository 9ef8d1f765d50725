"""The record that the published cases were met on this installation (7.11.2)."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from dataclasses import asdict
from importlib import metadata

from sqlalchemy.orm import Session

from lims import clock
from lims.methods.records import Validation
from lims.methods.validation import Compared
from lims.people.operations import sign
from lims.people.rights import Actor, Right
from lims.store import audit, canonical


def record_validation(session: Session, *, by: Actor, password: str, compared: Sequence[Compared]) -> Validation:
    """Store what the published cases gave on this installation, signed (7.11.2); a failed run is stored as failed."""
    by.must(Right.APPROVE_METHODS)
    protocol = canonical.to_text([asdict(one) for one in compared])
    row = Validation(
        at=clock.now(),
        code_version=metadata.version("lims"),
        platform=f"{platform.platform()}; Python {platform.python_version()}; numpy {metadata.version('numpy')}",
        cases=len({one.case for one in compared}),
        passed=all(one.passed for one in compared),
        protocol=protocol,
        protocol_hash=canonical.digest(protocol),
    )
    row.signature_id = sign(
        session,
        by=by,
        password=password,
        meaning="validated",
        thing="validation",
        thing_id=row.code_version,
        content_hash=row.protocol_hash,
    )
    session.add(row)
    session.flush()
    audit.record(
        session,
        by=by,
        thing="validation",
        thing_id=row.id,
        action="validate",
        branch_id=None,
        new={"version": row.code_version, "cases": row.cases, "passed": row.passed, "protocol": row.protocol_hash},
    )
    return row
