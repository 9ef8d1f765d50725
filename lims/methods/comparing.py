"""What it means for a reader that the Monte Carlo method does not bear out a first-order interval. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from lims.metrology.sentence import Sentence


def difference(first: Sequence[float], trials: Sequence[float] | None) -> Sentence | None:
    """Say how the first-order interval of an output differs from that of the trials; None where there is none.

    Parameters
    ----------
    first : (float, float)
        Ends of value - U, value + U.
    trials : (float, float) or None
        Ends of the symmetric interval by the Monte Carlo method.

    Examples
    --------
    >>> str(difference((-2.0, 2.0), (-1.9, 1.9)))
    'The interval of the first order encloses that of the trials and is 5.3 % longer: U is on the safe side.'
    >>> str(difference((-2.0, 2.0), (-2.1, 2.1)))
    'The interval of the first order is 4.8 % shorter than that of the trials: U covers less than it says.'

    Source: JCGM 101, 8.1.
    """
    if trials is None or not trials[1] > trials[0]:
        return None
    ratio = (first[1] - first[0]) / (trials[1] - trials[0]) - 1
    percent = {"percent": f"{100 * abs(ratio):.2g}"}
    if first[0] <= trials[0] and first[1] >= trials[1]:
        return Sentence(
            "The interval of the first order encloses that of the trials and is %(percent)s %% longer: U is on the "
            "safe side.",
            percent,
        )
    if first[0] >= trials[0] and first[1] <= trials[1]:
        return Sentence(
            "The interval of the first order is %(percent)s %% shorter than that of the trials: U covers less than it "
            "says.",
            percent,
        )
    return Sentence(
        "The interval of the trials lies to one side of that of the first order: the distribution is not symmetric, "
        "and value ± U says too little on one side."
    )
