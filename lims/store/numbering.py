"""Numbers without gaps or races, and check codes that nobody guesses.

The counter's row is locked until the transaction ends, so the number is taken last: never around a render.
"""

from __future__ import annotations

import secrets

from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Mapped, Session, mapped_column

from lims.store.db import Base

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O, U."""

CODE_LENGTH = 12

_LOOK_ALIKES = str.maketrans("OIL", "011")


class Counter(Base):
    """The last number given in a scope, such as "job:N:2026"."""

    __tablename__ = "counter"

    scope: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[int]


def next_number(session: Session, scope: str) -> int:
    """Return the next number of a scope, from 1; a rolled back transaction gives it back."""
    statement = upsert(Counter).values(scope=scope, value=1)
    statement = statement.on_conflict_do_update(index_elements=[Counter.scope], set_={"value": Counter.value + 1})
    return session.execute(statement.returning(Counter.value)).scalar_one()


def numbered(prefix: str, branch: str, year: int, number: int) -> str:
    """Return a number as people read it; its check digit finds one wrong digit, and nearly always two swapped ones.

    >>> numbered("J", "N", 2026, 123)
    'JN-2026-000123-7'
    """
    digits = f"{year:04d}{number:06d}"
    return f"{prefix}{branch}-{year:04d}-{number:06d}-{check_digit(digits)}"


def check_digit(digits: str) -> str:
    """Return the check digit of a row of digits.

    >>> check_digit("0794")
    '5'

    Source: ISO/IEC 7064, MOD 11,10.
    """
    product = 10
    for digit in digits:
        total = (product + int(digit)) % 10 or 10
        product = (2 * total) % 11
    return str((11 - product) % 10)


def has_right_check_digit(number: str) -> bool:
    """Tell whether a number made by `numbered` was typed as it is.

    >>> has_right_check_digit("jn-2026-000123-7"), has_right_check_digit("JN-2026-000132-7")
    (True, False)
    """
    digits = "".join(letter for letter in number if letter in "0123456789")
    return len(digits) > 1 and check_digit(digits[:-1]) == digits[-1]


def new_check_code() -> str:
    """Return 60 random bits, such as 'K7Q2-9XWM-4TDA', that stand beside a number where the public may look."""
    letters = "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))
    return "-".join(letters[start : start + 4] for start in range(0, CODE_LENGTH, 4))


def read_check_code(text: str) -> str:
    """Return a typed check code in its one form; letters that are easily taken for digits are put right.

    >>> read_check_code("k7q2 9xwm 4tda")
    'K7Q2-9XWM-4TDA'
    """
    letters = "".join(letter for letter in text.upper() if letter.isalnum()).translate(_LOOK_ALIKES)
    return "-".join(letters[start : start + 4] for start in range(0, len(letters), 4))


def same_code(stored: str, typed: str) -> bool:
    """Compare check codes in a time that tells nothing."""
    return secrets.compare_digest(stored.encode(), read_check_code(typed).encode())
