"""The accounts of the demonstration, as the supervisor prints them. They work on this machine only."""

from __future__ import annotations

from lims.demo.people import PEOPLE

PASSWORD = "measure twice, sign once"  # noqa: S105 - known to all: the demonstration is for this machine only


def text() -> str:
    """Return the accounts, one a line, with the password that all of them have."""
    width = max(len(person.email) for person in PEOPLE)
    lines = [
        f"  {person.email:<{width}}  {person.name['en']} {person.name['zh_Hant_TW']}, "
        + ", ".join(str(role) for role, _, _ in person.roles)
        for person in PEOPLE
    ]
    return "\n".join(["Demonstration accounts, all with the password: " + PASSWORD, *lines])
