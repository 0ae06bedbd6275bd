"""Human ratings per cell and query: several raters, seeds and clips are averaged first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import fmean
from typing import NamedTuple

import numpy as np

from popcorn_bench.leaderboard.query import CellKey
from popcorn_bench.leaderboard.statistics.interval import Floats
from popcorn_bench.leaderboard.trust.ratings.file import Ratings
from popcorn_bench.leaderboard.trust.ratings.names import Known, Reader


class _Maker(NamedTuple):
    """What was rated, but for its query; `video_id` is '' for a brief alone."""

    task_id: str
    llm_id: str
    mode: str
    video_id: str


_ByQuery = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Rated:
    """Mean rating per maker and query; `n` counts the ratings of the file."""

    n: int
    means: Mapping[_Maker, _ByQuery]

    def of(self, cell: CellKey, query_ids: Iterable[str]) -> Floats:
        """Ratings of one cell in the order of `query_ids`, NaN where there is none.

        A cell whose metric does not see the video takes the ratings of all clips of a brief, and
        those of the brief itself, with equal weight.
        """
        found = [
            by_query
            for maker, by_query in self.means.items()
            if maker[:3] == (cell.task_id, cell.llm_id, cell.mode)
            and cell.video_id in {"", maker.video_id}
        ]
        given = ([b[query] for b in found if query in b] for query in query_ids)
        return np.array([fmean(values) if values else np.nan for values in given])


def resolve(ratings: Ratings, known: Known) -> Rated:
    """Find what every row of the file is about.

    Ratings of one unit by one rater are averaged, then raters, then the seeds of a query.

    Raises:
        FileError: for a name or query that is not in the index.
    """
    reader = Reader(known, ratings)
    units: dict[tuple[_Maker, str], dict[str, dict[str, list[float]]]] = {}
    for rating in ratings.rows:
        task_id, query_id = reader.query(rating)
        llm, mode, video = (reader.id_of(rating, field) for field in ("llm", "mode", "video"))
        by_seed = units.setdefault((_Maker(task_id, llm, mode, video), query_id), {})
        by_seed.setdefault(rating.seed, {}).setdefault(rating.rater, []).append(rating.rating)
    means: dict[_Maker, dict[str, float]] = {}
    for (maker, query_id), by_seed in units.items():
        of_seeds = (_over_raters(by_rater) for by_rater in by_seed.values())
        means.setdefault(maker, {})[query_id] = fmean(of_seeds)
    return Rated(len(ratings.rows), means)


def _over_raters(by_rater: Mapping[str, list[float]]) -> float:
    """Ratings without a rater are each somebody's own: they count as one group of strangers."""
    return fmean(fmean(given) for given in by_rater.values())
