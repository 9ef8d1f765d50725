"""A filled method document as a model of Monte Carlo trials: all its outputs, at all points and over them, at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lims.methods.places import Place, Work, used_variables
from lims.methods.procedure import Procedure
from lims.methods.trials_over_points import Rows, Wide, behind_curves, fewest_dof, over_points
from lims.metrology.arrays import Trials, trials_of
from lims.metrology.sampling import Sampler, sampler
from lims.metrology.sentence import Sentence
from lims.metrology.variables import Variables

Array = NDArray[np.float64]
_MOST_VALUES = 4_000_000
"""Values drawn at a time: of many inputs fewer trials at once."""


@dataclass(slots=True, kw_only=True)
class Simulated:
    """Draws trials of every output; `keys` are (point's label or None, output) in their order."""

    keys: tuple[tuple[str | None, str], ...]
    least_dofs: tuple[float, ...]
    remarks: tuple[Sentence, ...]
    places: Sequence[Place]
    wide: Sequence[Wide]
    inputs: Sampler

    def __call__(self, rng: np.random.Generator, n: int) -> Array:
        """Trials of all outputs, shape (outputs, n)."""
        size = max(1, min(n, _MOST_VALUES // max(1, len(self.inputs.values) + len(self.keys))))
        if size >= n:
            return self._block(rng, n)
        return np.concatenate([self._block(rng, min(size, n - done)) for done in range(0, n, size)], axis=1)

    def _block(self, rng: np.random.Generator, n: int) -> Array:
        drawn = self.inputs.draw(rng, n)
        rows = [_outputs(place, drawn.whole) for place in self.places]
        frozen: Rows = ()
        if any(one.frozen for one in self.wide):
            shared = {name: drawn.shared[name] if "/" in name else drawn.whole[name] for name in drawn.whole}
            frozen = [_outputs(place, shared) for place in self.places]
        found = [row[name] for row, place in zip(rows, self.places, strict=True) for name, _ in place.checked]
        over: dict[str, Trials] = {}
        for one in self.wide:
            over[one.name] = one.compute(frozen if one.frozen else rows, over, rng, n)
            found.append(over[one.name])
        block = np.empty((len(found), n))
        for place_in_block, row in zip(block, found, strict=True):
            place_in_block[:] = row
        return block


def _outputs(place: Place, inputs: Mapping[str, Trials]) -> dict[str, Trials]:
    known = {symbol: inputs[variable] for symbol, variable in place.names.items() if variable in inputs}
    for name, checked in place.checked:
        known[name] = trials_of(checked, known)
    return known


def simulated(found: Procedure, known: Variables, places: Sequence[Place]) -> Simulated:
    """Prepare the trials of a document.

    Parameters
    ----------
    found : Procedure
    known : Variables
        Its inputs.
    places : sequence of Place

    Raises
    ------
    Invalid
        A correlation that the distributions can't have.

    Source: JCGM 101, 7.2 to 7.4; JCGM 102, 7.
    """
    used = [used_variables(place) for place in places]
    acting = {name for place in used for names in place.values() for name in names}
    inputs = sampler(known, acting | behind_curves(found, places, used))
    keys: list[tuple[str | None, str]] = []
    least: list[float] = []
    for place, names in zip(places, used, strict=True):
        for name, _ in place.checked:
            keys.append((place.point.label if place.point else None, name))
            least.append(fewest_dof(known, names[name]))
    wide = list(over_points(Work(found), known, places, used))
    return Simulated(
        keys=(*keys, *((None, one.name) for one in wide)),
        least_dofs=(*least, *(one.least_dof for one in wide)),
        remarks=tuple(inputs.remarks),
        places=places,
        wide=wide,
        inputs=inputs,
    )
