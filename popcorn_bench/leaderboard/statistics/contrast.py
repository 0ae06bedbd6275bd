"""Whether one system gains more from a change than another one."""

from __future__ import annotations

from popcorn_bench.leaderboard.statistics.interval import CONFIDENCE, Floats
from popcorn_bench.leaderboard.statistics.paired import PairedDifference, paired_difference


def difference_in_differences(
    changed: tuple[Floats, Floats], other: tuple[Floats, Floats], confidence: float = CONFIDENCE
) -> PairedDifference:
    """(after - before) of one system minus (after - before) of the other, within queries.

    Two uplifts that are compared by eye, one significant and one not, prove no difference between
    them (Gelman and Stern, 2006); this is the test of that difference.

    Args:
        changed: (after, before) of one system, each of shape (Q,), NaN where missing.
        other: the same of the other system, for the same queries.
        confidence: two-sided coverage of the interval.

    Raises:
        ValueError: if no query has all four.
    """
    return paired_difference(changed[0] - changed[1], other[0] - other[1], confidence)
