"""What a signature of a result is bound to, whatever its texts have in them."""

from __future__ import annotations

from dataclasses import asdict

from hypothesis import given
from hypothesis import strategies as st

from lims.results.freezing import Frozen
from lims.store import canonical

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


@given(TEXT, TEXT, st.lists(st.integers(1, 2**53 - 1), max_size=4), st.none() | TEXT)
def test_the_hash_is_over_the_canonical_json(filled, evaluation, ids, outcome):
    """RFC 8785, written by another program."""
    frozen = Frozen(
        method_hash="a", code_version="1", filled=filled, evaluation=evaluation, statements="[]",
        reading_ids=tuple(ids), certificate_ids=(), summary="not part of it", outcome=outcome,
    )  # fmt: skip
    parts = {name: value for name, value in asdict(frozen).items() if name != "summary"}
    assert frozen.content_hash == canonical.digest(canonical.to_text(parts))
