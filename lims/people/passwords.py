"""Passwords: argon2id hashes and the rule for new ones. Pure."""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import Literal

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from lims.errors import Invalid

NORMAL_FORM: Literal["NFKC"] = "NFKC"
"""The same password typed on two keyboards may come as different characters; this form is hashed and compared."""
DEMONSTRATION = "lims.example"
"""Domain of the addresses of the demonstration's accounts, whose password everybody knows."""

MEMORY_KIB, PASSES, LANES = 30 * 1024, 2, 1
"""What a password costs to try: half as much again as OWASP's least (19 MiB, 2, 1); docs/decisions/0011 says why."""

SHORTEST = 12
SHORTEST_NAME = 4
"""Letters of a name that a password may not hold; shorter ones stand in many words by chance."""
LONGEST = 200

# beginnings that guessing programs try first; the length alone does not stop them
_COMMON = (
    "password",
    "12345678",
    "qwertyui",
    "administrator",
    "letmein",
    "welcome",
    "iloveyou",
    "abcdefgh",
    "11111111",
)


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=LANES)


def hash_password(password: str) -> str:
    """Return the argon2id hash to store."""
    return _hasher().hash(_normal(password))


def _normal(password: str) -> str:
    return unicodedata.normalize(NORMAL_FORM, password)


def matches(stored: str | None, password: str) -> bool:
    """Tell whether a password is the stored one; without a stored one it takes as long and says no."""
    try:
        return _hasher().verify(stored or _nobody(), _normal(password)) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobody() -> str:
    """Return a hash that nobody has the password of, so that an unknown account costs the same time."""
    return _hasher().hash("nobody has this password")


def check_new(password: str, *, name: str) -> None:
    """Refuse a new password that is short, or that a guesser tries first.

    Raises
    ------
    Invalid
        With a sentence on the field `password`.

    >>> check_new("correct horse battery", name="a@b.example")
    """
    if not SHORTEST <= len(password) <= LONGEST:
        raise Invalid(
            "A password has 12 to 200 characters.",
            {"password": "Take 12 characters or more; a short sentence is good."},
        )
    low, own = password.lower(), name.split("@", maxsplit=1)[0].lower()
    if low.startswith(_COMMON) or (len(own) >= SHORTEST_NAME and own in low) or len(set(low)) < 5:
        raise Invalid("This password is easy to guess.", {"password": "Choose words that do not belong together."})
