"""States of a method version and of a person's competence, and who may move them."""

from __future__ import annotations

from enum import StrEnum


class VersionState(StrEnum):
    """Stored states; 'in force' and 'superseded' follow from dates of approved versions."""

    DRAFT = "draft"
    IN_REVIEW = "in review"
    APPROVED = "approved"
    WITHDRAWN = "withdrawn"


class CompetenceState(StrEnum):
    """How far a person is authorised for a method (6.2.5, 6.2.6)."""

    TRAINEE = "trainee"
    AUTHORISED = "authorised"
    SUSPENDED = "suspended"


class Activity(StrEnum):
    """What a competence is for."""

    PERFORM = "perform"
    REVIEW = "review"
    SIGN = "sign"
