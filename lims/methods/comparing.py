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
    'U is on the safe side: its interval is 5.3 % longer.'
    >>> str(difference((-2.0, 2.0), (-2.1, 2.1)))
    'U covers less than it says: its interval is 4.8 % shorter.'

    Source: JCGM 101, 8.1.
    """
    if trials is None or not trials[1] > trials[0]:
        return None
    ratio = (first[1] - first[0]) / (trials[1] - trials[0]) - 1
    percent = {"percent": f"{100 * abs(ratio):.2g}"}
    if first[0] <= trials[0] and first[1] >= trials[1]:
        return Sentence("U is on the safe side: its interval is %(percent)s %% longer.", percent)
    if first[0] >= trials[0] and first[1] <= trials[1]:
        return Sentence("U covers less than it says: its interval is %(percent)s %% shorter.", percent)
    return Sentence("Not symmetric: value ± U says too little on one side.")
