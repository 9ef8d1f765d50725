"""What stands in the way of approving a document, found in the document alone. Pure."""

from __future__ import annotations

from lims.errors import Invalid, Refused
from lims.methods.fill import required_inputs
from lims.methods.procedure import Procedure
from lims.methods.tryout import try_out

FEW = 4
"""Readings below which the t distribution has no standard deviation (3 or fewer: 2 degrees of freedom or less)."""


def few_readings(procedure: Procedure) -> tuple[str, ...]:
    """Return the inputs whose scatter is to be found from two or three readings alone.

    Examples
    --------
    >>> from lims.methods.procedure import parse
    >>> few_readings(parse({"inputs": {"m": {"unit": "g"}}, "bindings": {"m": {"from": "reading", "repeats": 3}},
    ...     "outputs": {"y": {"unit": "g", "expression": "m"}}}))
    ('m',)

    Source: JCGM 101, 6.4.9.4.
    """
    points = {point.label: point for point in procedure.points}
    return tuple(
        dict.fromkeys(
            one.name
            for one in required_inputs(procedure)
            if 1 < one.repeats < FEW and procedure.inputs_at(points.get(one.point or ""))[one.name].pooled_sd is None
        )
    )


def refuse_unready(procedure: Procedure, reason: str) -> None:
    """Refuse a document that contradicts its own trial values, or has too few readings without a reason.

    Raises
    ------
    Refused
        The values under `dry_run` do not give what is expected.
    Invalid
        Inputs of two or three readings without a known standard deviation, and no reason is given.

    Source: ISO/IEC 17025, 7.2.1.5, 7.6.3.
    """
    if procedure.dry_run and not try_out(procedure).passed:
        raise Refused(
            "The document does not give what it expects of its own trial values.",
            rule="trial values",
            clause="ISO/IEC 17025, 7.2.1.5",
            remedy="Send it back: the model or the expected numbers are wrong.",
        )
    few = few_readings(procedure)
    if few and not reason.strip():
        raise Invalid(
            "%(inputs)s: fewer than 4 readings, and no standard deviation known beforehand.",
            {"reason": "Say why so few readings are enough."},
            inputs=", ".join(few),
        )
