"""How held-out human videos score: what a score is compared with."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from pydantic import Field

from popcorn_bench.evaluators.measures.categories import large
from popcorn_bench.evaluators.measures.topics import EVERY, OTHERS
from popcorn_bench.evaluators.plain import Plain
from popcorn_bench.types import Anchor

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Humans(Plain):
    """Scores of held-out human videos: their 101 percentiles 0..100, mean and sd."""

    n: int
    mean: float
    sd: float
    quantiles: tuple[float, ...] = Field(min_length=101, max_length=101)

    def percentile(self, score: float) -> float:
        """Place of a score among them, 0..100; in a run of equals the middle one."""
        left, right = bisect_left(self.quantiles, score), bisect_right(self.quantiles, score)
        if left < right:
            return (left + right - 1) / 2
        if left in (0, len(self.quantiles)):
            return 0.0 if left == 0 else 100.0
        below, above = self.quantiles[left - 1], self.quantiles[left]
        return round(left - 1 + (score - below) / (above - below), 2)


def humans(scores: NDArray[np.float64], categories: Sequence[str]) -> dict[str, Humans]:
    """Their scores: overall (`*`) and in each category of at least 20 rows."""
    by_name = {name: _described(scores[at]) for name, at in large(categories).items()}
    return {EVERY: _described(scores)} | by_name


def humans_of(tables: Mapping[str, Humans], category: str) -> Humans:
    """Those of a category, or of all videos where it is small or none.

    A topic without a category of its own is compared with all human videos: those under `Others`
    are no more like it than any, and are few.
    """
    return tables[EVERY] if category == OTHERS else tables.get(category, tables[EVERY])


def anchors(
    metric: str, tables: Mapping[str, Humans], topics: Mapping[str, str]
) -> Iterator[Anchor]:
    """What the board is told of them; `topics` maps each topic to its category."""
    for topic, category in topics.items():
        found = humans_of(tables, category)
        yield Anchor(
            metric=metric,
            topic=topic,
            n=found.n,
            mean=found.mean,
            sd=found.sd,
            quantiles=found.quantiles,
        )


def _described(scores: NDArray[np.float64]) -> Humans:
    import numpy as np

    return Humans(
        n=len(scores),
        mean=round(float(scores.mean()), 6),
        sd=round(float(scores.std(ddof=1)), 6),
        quantiles=tuple(round(float(q), 4) for q in np.percentile(scores, np.arange(101))),
    )
