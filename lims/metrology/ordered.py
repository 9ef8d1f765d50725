"""The distribution of a quantity from its trials, kept in bounded memory: coverage intervals and a density.

As many trials as there is room for are kept and sorted, and give the intervals exactly as ordered values do. Of more,
the kept ones become the edges of narrow bins, each with about the same number of trials, and the rest is counted into
these. The ends of an interval then lie between two neighbouring edges, which are one in some ten thousand trials apart,
far closer than the trials determine them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
_BINS = 50_000


@dataclass(slots=True)
class Distributed:
    """Trials of one quantity, added block by block; `singular` are those without a finite value."""

    room: int
    singular: int = 0
    _blocks: list[Array] = field(default_factory=list)
    _held: int = 0
    _edges: Array | None = None
    _counts: NDArray[np.int64] | None = None
    _low: float = np.inf
    _high: float = -np.inf

    def add(self, trials: Array) -> None:
        """Add a block."""
        finite = np.isfinite(trials)
        if not finite.all():
            self.singular += int(trials.size - np.count_nonzero(finite))
            trials = trials[finite]
        if not trials.size:
            return
        if self._edges is None and self._held + trials.size <= self.room:
            self._blocks.append(trials)
            self._held += trials.size
            return
        if self._edges is None:
            self._begin_bins(trials)
        self._count(trials)

    def _begin_bins(self, trials: Array) -> None:
        kept = np.sort(np.concatenate(self._blocks) if self._blocks else trials)
        places = np.unique(np.linspace(0, kept.size - 1, min(_BINS, kept.size)).astype(np.int64))
        self._edges = np.unique(kept[places])
        self._counts = np.zeros(2 * self._edges.size + 1, dtype=np.int64)
        blocks, self._blocks, self._held = self._blocks, [], 0
        for block in blocks:
            self._count(block)

    def _count(self, trials: Array) -> None:
        """Count trials below each edge and on it: many may stand on one, where the model has a floor."""
        assert self._edges is not None and self._counts is not None  # noqa: S101, PT018 - set together, above
        place = np.searchsorted(self._edges, trials)
        on_edge = self._edges[np.minimum(place, self._edges.size - 1)] == trials
        self._counts += np.bincount(2 * place + on_edge, minlength=self._counts.size)
        self._low, self._high = min(self._low, float(trials.min())), max(self._high, float(trials.max()))

    def ordered(self) -> Ordered:
        """Return the trials in their order."""
        if self._edges is None or self._counts is None:
            values = np.sort(np.concatenate(self._blocks)) if self._blocks else np.empty(0)
            return Ordered(values=values, ranks=np.arange(values.size, dtype=np.float64), singular=self.singular)
        reached = np.cumsum(self._counts).astype(np.float64)
        below, upto = reached[:-1:2], reached[1::2]  # of each edge: trials below it, and those on it too
        alone = below == upto  # nobody on it: it lies between two trials
        first, last = np.where(alone, below - 0.5, below), np.where(alone, below - 0.5, upto - 1)
        ranks = np.concatenate([[0.0], np.stack([first, last], axis=1).ravel(), [reached[-1] - 1]])
        values = np.concatenate([[self._low], np.repeat(self._edges, 2), [self._high]])
        ranks = np.clip(ranks, 0.0, reached[-1] - 1)
        return Ordered(values=values, ranks=ranks, singular=self.singular, each=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordered:
    """Values in their order, each with its rank (from 0) among all finite trials; `each`: none lies between two."""

    values: Array
    ranks: Array
    singular: int
    each: bool = True

    @property
    def trials(self) -> int:
        """How many there were, singular ones too."""
        return (int(self.ranks[-1]) + 1 if self.ranks.size else 0) + self.singular

    def symmetric(self, probability: float) -> tuple[float, float] | None:
        """Give the interval that leaves as many trials below as above it.

        Singular trials count as outside. Without enough others there is none.

        Examples
        --------
        >>> Ordered(values=np.arange(100.0), ranks=np.arange(100.0), singular=0).symmetric(0.95)
        (2.0, 97.0)

        Source: JCGM 101, 7.7.2.
        """
        q, finite = self._inside(probability), self.trials - self.singular
        if q >= finite:
            return None
        r = max((finite - q + 1) // 2, 1)
        low, high = np.interp([r - 1, r - 1 + q], self.ranks, self.values)
        return float(low), float(high)

    def shortest(self, probability: float) -> tuple[float, float] | None:
        """Give the shortest interval that has the probability; singular trials count as outside.

        Source: JCGM 101, 7.7.4.
        """
        q, finite = self._inside(probability), self.trials - self.singular
        if q >= finite:
            return None
        last = np.searchsorted(self.ranks, self.ranks[-1] - q, side="right")
        low = self.values[:last]
        above = self.ranks[:last] + q
        high = self.values[q : q + last] if self.each else np.interp(above, self.ranks, self.values)
        place = int(np.argmin(high[: low.size] - low))
        return float(low[place]), float(high[place])

    def _inside(self, probability: float) -> int:
        return int(probability * self.trials + 0.5)

    def density(self, bins: int = 60) -> tuple[list[float], list[float]]:
        """Give (edges, probability density in each bin) over what 99.8 % of the finite trials span."""
        if self.values.size < 2 or self.values[0] == self.values[-1]:
            return [], []
        total = self.ranks[-1]
        low, high = np.interp([0.001 * total, 0.999 * total], self.ranks, self.values)
        edges = np.linspace(low, high, bins + 1)
        below = np.interp(edges, self.values, self.ranks)
        return edges.tolist(), (np.diff(below) / (self.trials * np.diff(edges))).tolist()


@dataclass(slots=True)
class Moments:
    """Means and covariance of several quantities over blocks of trials; a trial with a singular one is left out."""

    size: int
    together: bool
    n: int = 0
    mean: Array = field(init=False)
    _squares: Array = field(init=False)

    def __post_init__(self) -> None:
        self.mean = np.zeros(self.size)
        self._squares = np.zeros((self.size, self.size) if self.together else self.size)

    def add(self, block: Array) -> None:
        """Add trials, shape (quantities, trials)."""
        finite = np.isfinite(block).all(axis=0)
        found = block if finite.all() else block[:, finite]
        m = found.shape[1]
        if not m:
            return
        mean = found.mean(axis=1)
        deviations = found - mean[:, None]
        shift = mean - self.mean
        weight = self.n * m / (self.n + m)
        if self.together:
            self._squares += deviations @ deviations.T + weight * np.multiply.outer(shift, shift)
        else:
            self._squares += np.einsum("ij,ij->i", deviations, deviations) + weight * shift**2
        self.mean += shift * (m / (self.n + m))
        self.n += m

    @property
    def u(self) -> Array:
        """Standard deviations."""
        squares = self._squares.diagonal() if self.together else self._squares
        found: Array = np.sqrt(squares / max(self.n - 1, 1))
        return found

    def correlations(self) -> Sequence[Sequence[float]]:
        """Coefficients between the quantities, where these were asked for."""
        u = np.sqrt(self._squares.diagonal())
        scale = np.where(u > 0, u, np.inf)
        found: list[list[float]] = (self._squares / np.multiply.outer(scale, scale)).clip(-1, 1).tolist()
        return found
