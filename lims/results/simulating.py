"""The Monte Carlo check of a frozen result: its filled document propagated by trials, as it is stored. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lims.errors import LimsError
from lims.methods.drawn import densities_of
from lims.methods.montecarlo import MonteCarlo, simulate
from lims.methods.procedure import parse
from lims.metrology.sentence import Sentence
from lims.store import canonical

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulated:
    """What is stored: the answer as JSON, and whether every interval of the first order was borne out.

    None where nothing could be computed; the answer then says why under `fault`.
    """

    trials: int
    seed: int
    validated: bool | None
    answer: str

    @property
    def content_hash(self) -> str:
        """SHA-256 over trials, seed and answer."""
        return canonical.digest(f"{self.trials}\n{self.seed}\n{self.validated}\n{self.answer}")


def seed_of(content_hash: str) -> int:
    """Return the seed that a result has for ever: from its hash.

    >>> seed_of("0000002a" + "0" * 56)
    42
    """
    return int(content_hash[:8], 16)


def simulated(filled: str, *, content_hash: str, trials: int) -> Simulated:
    """Simulate a filled document with the seed of its result; what can't be simulated says why.

    Source: JCGM 101, 7 and 8.
    """
    seed = seed_of(content_hash)
    procedure = parse(json.loads(filled))
    if not procedure.outputs:
        return Simulated(trials=0, seed=seed, validated=None, answer="{}")
    try:
        found = simulate(procedure, trials=trials, seed=seed)
    except LimsError as fault:
        answer = {"fault": {"id": fault.id, "data": {name: str(value) for name, value in fault.data.items()}}}
        return Simulated(trials=0, seed=seed, validated=None, answer=_text(answer))
    validated = all(one.gum_validated for one in found.every().values())
    return Simulated(trials=found.trials, seed=seed, validated=validated, answer=_text(_answer(found)))


def _answer(found: MonteCarlo) -> Json:
    """The block of `lims evaluate --json`, its notes to be translated, and densities in few digits: for a picture."""
    densities = {
        one.title: {"low": one.edges[0], "high": one.edges[-1], "height": [float(f"{y:.4g}") for y in one.height]}
        for one in densities_of(found)
    }
    return {**found.as_json(), "sentences": [_said(note) for note in found.notes], "densities": densities}


def _said(sentence: Sentence) -> Json:
    return {"id": sentence.id, "data": {name: str(value) for name, value in sentence.data.items()}}


def _text(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
