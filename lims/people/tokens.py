"""Tokens of persons and benches: long random words of which only a hash is kept. Pure."""

from __future__ import annotations

import hashlib
import secrets


def new_token(prefix: str) -> str:
    """Return a token of 256 random bits; the prefix tells a person what it is for."""
    return f"{prefix}_{secrets.token_urlsafe(32)}"


def hash_of_token(token: str) -> str:
    """Return what is stored of a token. Random tokens need no slow hash.

    >>> hash_of_token("bench_x")[:8]
    'a17d10e5'
    """
    return hashlib.sha256(token.encode()).hexdigest()
