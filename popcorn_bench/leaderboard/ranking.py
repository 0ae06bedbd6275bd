"""Which rows may be ranked against each other, and their rank ranges."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from popcorn_bench.leaderboard.draft import Draft, most_asked
from popcorn_bench.leaderboard.statistics.marginal import complete_cases
from popcorn_bench.leaderboard.statistics.ranks import rank_sets
from popcorn_bench.types import Direction

_ENOUGH = 2  # queries below which nothing is known of the spread


@dataclass(frozen=True, slots=True)
class Ranking:
    """Rank ranges per draft (None: not ranked) and the queries that they rest on."""

    ranges: tuple[tuple[int, int] | None, ...]
    queries: int
    dropped: int


def rank(drafts: Sequence[Draft], direction: Direction) -> Ranking:
    """Rank the drafts that cover their plan, on the queries that all of those share."""
    none = unranked(drafts)
    most = most_asked(drafts)
    chosen = [i for i, draft in enumerate(drafts) if _eligible(draft, most)]
    if direction is Direction.NONE or not chosen:
        return none
    values = np.stack([drafts[i].values for i in chosen])
    z = complete_cases(values)
    dropped = int(np.isfinite(values).any(axis=0).sum()) - len(z)
    if len(z) < _ENOUGH:
        return Ranking(none.ranges, len(z), dropped)
    sets = rank_sets(z, higher=direction is Direction.HIGHER)
    ranges = dict(zip(chosen, zip(sets.low.tolist(), sets.high.tolist(), strict=True), strict=True))
    return Ranking(tuple(ranges.get(i) for i in range(len(drafts))), len(z), dropped)


def unranked(drafts: Sequence[Draft]) -> Ranking:
    """No ranks at all."""
    return Ranking((None,) * len(drafts), 0, 0)


def _eligible(draft: Draft, most: int) -> bool:
    fair = draft.covered and draft.balanced and not draft.fewer_queries(most)
    return fair and not draft.part
