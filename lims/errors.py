"""The errors this system raises on purpose.

They carry an id and data; `lims.words` makes the sentence and one table in `lims.http.errors` maps each to a page or
a problem+json answer.

    LimsError
    ├── Invalid            422  what was given can't be used (fields says which and why)
    │   ├── WrongDimension      units do not fit together
    │   ├── TooFewData          not enough observations
    │   ├── NotConverged        an iteration did not settle
    │   └── NotACovariance      correlations that no joint distribution has
    ├── NotFound           404
    ├── NotAllowed         403  the person lacks a right here
    ├── Refused            409  a rule of the work says no (rule, clause, remedy)
    ├── Stale              409  somebody changed it since the page was shown
    └── Unavailable        503  something we need does not answer
        ├── NoAnswer            an instrument or server is silent
        ├── BadAnswer           it answers what can't be understood
        └── Busy                it is held by somebody else
"""

from __future__ import annotations

from collections.abc import Mapping


class LimsError(Exception):
    """A refusal that a user can act on.

    `id` is the key of a sentence in the catalogue (English text with %(name)s places), `data` fills its places.
    """

    status = 500

    def __init__(self, id: str, /, **data: object) -> None:
        super().__init__(id)
        self.id = id
        self.data = data

    def __str__(self) -> str:
        return self.id % self.data if self.data else self.id


class Invalid(LimsError):
    """What was given can't be used; `fields` maps a field's name to the reason (a LimsError or a sentence's id)."""

    status = 422

    def __init__(self, id: str, /, fields: Mapping[str, LimsError | str] | None = None, **data: object) -> None:
        super().__init__(id, **data)
        self.fields = dict(fields or {})


class WrongDimension(Invalid):
    """Units that do not fit together."""


class TooFewData(Invalid):
    """Not enough observations for the statistic asked for."""


class NotConverged(Invalid):
    """An iteration that did not settle."""


class NotACovariance(Invalid):
    """Correlations that no joint distribution can have."""


class NotFound(LimsError):
    """There is no such thing, or the person may not know of it."""

    status = 404


class NotAllowed(LimsError):
    """The person lacks a right at this branch or laboratory."""

    status = 403


class Refused(LimsError):
    """A rule of the work says no. `rule` names it, `clause` is its source, `remedy` is the id of what to do."""

    status = 409

    def __init__(self, id: str, /, *, rule: str, clause: str = "", remedy: str = "", **data: object) -> None:
        super().__init__(id, **data)
        self.rule = rule
        self.clause = clause
        self.remedy = remedy


class Stale(LimsError):
    """Somebody changed it since it was shown."""

    status = 409


class Unavailable(LimsError):
    """Something that is needed does not answer."""

    status = 503


class NoAnswer(Unavailable):
    """Silence, or a broken connection."""


class BadAnswer(Unavailable):
    """An answer that can't be understood; never taken for a value."""


class Busy(Unavailable):
    """Held by somebody else."""
