"""The human row: held-out human videos of the same topics under the same evaluator."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from popcorn_bench.leaderboard.statistics.interval import Estimate, weighted_interval
from popcorn_bench.leaderboard.statistics.mixture import mixture_quantiles
from popcorn_bench.types import Anchor

_EVERY_TOPIC = "*"


@dataclass(frozen=True, slots=True)
class HumanScores:
    """Topic-weighted mean with its interval, and percentiles 10, 50 and 90."""

    estimate: Estimate
    p10: float
    p50: float
    p90: float


def human_scores(anchors: Mapping[str, Anchor], topics: Sequence[str]) -> HumanScores | None:
    """Weigh the anchors by how many queries have each topic.

    Args:
        anchors: per topic; `*` stands in for a topic without its own.
        topics: the topic of each query.

    Returns:
        None if some topic has no anchor: a comparison with other topics would mislead.
    """
    found = Counter(topic if topic in anchors else _EVERY_TOPIC for topic in topics)
    if not found or not anchors.keys() >= found.keys():
        return None
    chosen = [anchors[topic] for topic in sorted(found)]
    weights = np.array([found[anchor.topic] for anchor in chosen]) / len(topics)
    estimate = weighted_interval(
        np.array([anchor.mean for anchor in chosen]),
        np.array([anchor.sd for anchor in chosen]),
        np.array([anchor.n for anchor in chosen], dtype=np.float64),
        weights,
    )
    tables = [np.array(anchor.quantiles) for anchor in chosen]
    return HumanScores(estimate, *mixture_quantiles(tables, weights.tolist(), (0.1, 0.5, 0.9)))
