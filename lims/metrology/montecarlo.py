"""Propagation of distributions by the Monte Carlo method: a fixed number of trials, or as many as the digits need."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from lims.errors import Invalid
from lims.metrology.ordered import Distributed, Moments, Ordered

Array = NDArray[np.float64]
Model = Callable[[np.random.Generator, int], Array]
"""Draws trials of all outputs, shape (outputs, trials)."""

MOST_TRIALS = 100_000_000
_LEAST_TRIALS = 100
_BLOCK = 20_000
_ADAPTIVE_BLOCK = 10_000
_ROOM = 12_000_000
"""Values kept over all outputs before they are counted into bins: 100 MB, and as much again to sort them."""
_TOGETHER = 20
"""Outputs whose correlations are computed: their matrix is made in every block."""
_OTHER_ORDER = 100  # tolerances are powers of ten, and a fifth of one may be wanted: u differs tenfold at least
_THREADS = 2  # numpy draws and computes without the interpreter's lock


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is wanted of an output: coverage probability, and the tolerance of its digits (adaptive procedure)."""

    probability: float
    tolerance: float
    least_dof: float = math.inf


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What the trials say of one output; None where it does not exist (a t of two degrees of freedom has no u)."""

    mean: float | None
    u: float | None
    interval: tuple[float, float] | None
    shortest: tuple[float, float] | None
    singular: int
    density: tuple[list[float], list[float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One Monte Carlo computation; `settled` says that the adaptive procedure came to its end, `by_own_digits` for
    which outputs it looked at the digits of the trials, because the tolerance wanted is of another order."""

    trials: int
    seed: int
    outputs: tuple[Trial, ...]
    correlations: Sequence[Sequence[float]]
    settled: bool
    by_own_digits: tuple[bool, ...] = ()


def run(
    model: Model,
    wanted: Sequence[Wanted],
    *,
    trials: int,
    least: int | None = None,
    seed: int = 1,
    adaptive: bool = False,
) -> Run:
    """Run trials; with `adaptive`, blocks of them until the results stand still within the tolerances.

    The same model, seed and number of trials give the same numbers, on however many threads.

    Parameters
    ----------
    model : Model
    wanted : sequence of Wanted
        One for each output.
    trials : int
        Their number; the largest one where the procedure is adaptive.
    least : int, optional
        Their smallest number where the procedure is adaptive.
    seed : int
    adaptive : bool

    Raises
    ------
    Invalid
        Too few or too many trials, a negative seed.

    Examples
    --------
    >>> found = run(lambda rng, n: rng.standard_normal((1, n)), [Wanted(probability=0.95, tolerance=0.05)], trials=1000)
    >>> found.trials, round(found.outputs[0].u, 1)
    (1000, 1.0)

    Source: JCGM 101, 7.2 to 7.9.
    """
    _refuse(trials if least is None else least, seed)
    _refuse(trials, seed)
    kept = [Distributed(room=_ROOM // max(len(wanted), 1)) for _ in wanted]
    moments = Moments(size=len(wanted), together=1 < len(wanted) <= _TOGETHER)
    steady = _Steady(wanted) if adaptive else None
    done = 0
    for block in _blocks(model, seed, list(_sizes(trials, wanted, adaptive=adaptive))):
        for one, row in zip(kept, block, strict=True):
            one.add(np.ascontiguousarray(row))
        moments.add(block)
        done += block.shape[1]
        if steady is not None:
            steady.add(block)
            if done >= (least or 0) and steady.reached():
                break
    ordered = [one.ordered() for one in kept]
    return Run(
        trials=done,
        seed=seed,
        outputs=tuple(_trial(*row, moments) for row in zip(count(), wanted, ordered, strict=False)),
        correlations=moments.correlations() if moments.together else (),
        settled=steady is None or steady.reached(),
        by_own_digits=() if steady is None else steady.by_own_digits(),
    )


def _refuse(trials: int, seed: int) -> None:
    if not _LEAST_TRIALS <= trials <= MOST_TRIALS:
        raise Invalid(
            "The number of Monte Carlo trials lies between %(least)s and %(most)s; it is %(given)s.",
            least=_LEAST_TRIALS, most=MOST_TRIALS, given=trials,
        )  # fmt: skip
    if seed < 0:
        raise Invalid("The seed of the Monte Carlo trials is not negative; it is %(given)s.", given=seed)


def _sizes(trials: int, wanted: Sequence[Wanted], *, adaptive: bool) -> Iterator[int]:
    size = _BLOCK
    if adaptive:
        size = max(_ADAPTIVE_BLOCK, *(math.ceil(round(100 / (1 - one.probability), 6)) for one in wanted))
    while trials > 0:
        yield min(size, trials)
        trials -= size


def _blocks(model: Model, seed: int, sizes: Sequence[int]) -> Iterator[Array]:
    """Blocks in their order, each with a generator of its own, some computed ahead."""
    generators = (np.random.Generator(np.random.SFC64(np.random.SeedSequence((seed, place)))) for place in count())
    if len(sizes) == 1:
        yield model(next(generators), sizes[0])
        return
    with ThreadPoolExecutor(_THREADS) as threads:
        ahead: list[Future[Array]] = []
        try:
            for size in sizes:
                ahead.append(threads.submit(_quiet, model, next(generators), size))
                if len(ahead) > 2 * _THREADS:
                    yield ahead.pop(0).result()
            for one in ahead:
                yield one.result()
        finally:
            for one in ahead:
                one.cancel()


def _quiet(model: Model, rng: np.random.Generator, n: int) -> Array:
    with np.errstate(all="ignore"):  # the state is a thread's own; singular trials are counted
        return model(rng, n)


def _trial(place: int, wanted: Wanted, ordered: Ordered, moments: Moments) -> Trial:
    whole = ordered.singular == 0 and moments.n > 1
    return Trial(
        mean=float(moments.mean[place]) if whole and wanted.least_dof > 1 else None,
        u=float(moments.u[place]) if whole and wanted.least_dof > 2 else None,
        interval=ordered.symmetric(wanted.probability),
        shortest=ordered.shortest(wanted.probability),
        singular=ordered.singular,
        density=ordered.density(),
    )


class _Steady:
    """Whether the results of the blocks so far agree within the tolerances: twice their standard deviation of the mean.

    Source: JCGM 101, 7.9.4.
    """

    def __init__(self, wanted: Sequence[Wanted]) -> None:
        self._wanted = wanted
        self._h = 0
        self._mean = np.zeros((len(wanted), 4))
        self._squares = np.zeros((len(wanted), 4))

    def add(self, block: Array) -> None:
        """Take one block's mean, u and interval of each output."""
        rows = np.array([self._row(one, row) for one, row in zip(self._wanted, block, strict=True)])
        self._h += 1
        shift = rows - self._mean
        self._mean += shift / self._h
        self._squares += shift * (rows - self._mean)

    @staticmethod
    def _row(wanted: Wanted, trials: Array) -> list[float]:
        finite = np.sort(trials[np.isfinite(trials)])
        ordered = Ordered(
            values=finite, ranks=np.arange(finite.size, dtype=np.float64), singular=trials.size - finite.size
        )
        ends = ordered.symmetric(wanted.probability) or (math.nan, math.nan)
        if wanted.least_dof <= 2:  # neither has a limit
            return [0.0, 0.0, *ends]
        return [float(finite.mean()), float(finite.std(ddof=1)), *ends] if finite.size > 1 else [math.nan] * 4

    def reached(self) -> bool:
        """Whether there are two blocks at least, and they agree."""
        if self._h < 2:
            return False
        spread = 2 * np.sqrt(self._squares / (self._h * (self._h - 1)))
        limits = np.array(
            [one.tolerance if own is None else own for one, own in zip(self._wanted, self._own(), strict=True)]
        )
        return bool((np.isnan(spread) | (spread <= limits[:, None])).all())  # NaN: an output without an interval

    def by_own_digits(self) -> tuple[bool, ...]:
        """Whether the tolerance of each output is that of its trials, since nothing is left to compare."""
        return tuple(own is not None for own in self._own())

    def _own(self) -> Iterator[float | None]:
        """The tolerance of two digits of the trials' own, where it is of another order than the one wanted: of their u,
        or where they have none, of half the width of their interval."""
        for one, (_, u, low, high) in zip(self._wanted, self._mean.tolist(), strict=True):
            half = (high - low) / 2
            scale = half / float(stdtrit(one.least_dof, (1 + one.probability) / 2)) if one.least_dof <= 2 else u
            other = math.isfinite(scale) and tolerance_of(scale) > _OTHER_ORDER * one.tolerance
            yield tolerance_of(half if one.least_dof <= 2 else u) if other else None


def tolerance_of(u: float, digits: int = 2) -> float:
    """Give the numerical tolerance of a standard uncertainty: half a unit of its last significant digit.

    Examples
    --------
    >>> tolerance_of(0.0293), tolerance_of(1.0)
    (0.0005, 0.05)

    Source: JCGM 101, 7.9.2.
    """
    if not u:
        return 0.0
    exponent = math.floor(math.log10(u)) - (digits - 1)
    if round(u / 10.0**exponent) >= 10**digits:  # 0.0996 is written 0.10
        exponent += 1
    return 0.5 * 10.0**exponent
