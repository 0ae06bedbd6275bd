"""What altered inputs do to a metric, with how much certainty."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np

from popcorn_bench.leaderboard.catalog import MetricCard
from popcorn_bench.leaderboard.statistics.interval import CONFIDENCE, t_quantile
from popcorn_bench.leaderboard.trust.probing.read import Audited, Audits, Probed
from popcorn_bench.types import Direction

_PAIR = 2  # samples below which nothing is known of the spread


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeEffect:
    """One probe of one metric: on all titles, or on the clips of the generator `video`.

    `change` is altered - original in the metric's unit, with its standard error and 95 % interval
    over the `n` samples that were scored both ways. `refused` altered samples are such as a run
    gives no score; what the evaluator itself would give them is in `altered` all the same. `share`
    is how much of what lies between the score and the metric's worst value is lost; it is negative
    where the alteration betters the score, None without such a value.
    """

    probe: str
    video: str | None
    n: int
    refused: int
    original: float | None = None
    altered: float | None = None
    change: float | None = None
    se: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    share: float | None = None


def effects(audits: Audits, card: MetricCard, videos: Mapping[str, str]) -> tuple[ProbeEffect, ...]:
    """Pool each probe over seeds, LLMs and modes, never over generators.

    Args:
        audits: of one metric; several of one generator are of other samples.
        card: says how bad the metric can be.
        videos: displayed names of generators.

    Returns:
        Probes in the order of their measurement, generators by name.
    """
    found = [
        _pooled(probed, videos.get(probed.video_id, probed.video_id) or None, parts, card)
        for probed, parts in audits.items()
    ]
    places = _places(probed.probe for probed in audits)
    return tuple(sorted(found, key=lambda effect: (places[effect.probe], effect.video or "")))


def _places(names: Iterable[str]) -> dict[str, int]:
    return {name: place for place, name in enumerate(dict.fromkeys(names))}


def _pooled(
    probed: Probed, video: str | None, parts: Sequence[Audited], card: MetricCard
) -> ProbeEffect:
    """What the samples of all parts give together, exactly as if they were at hand.

    Each part's mean and standard error give back its sum of squares; those between the parts' means
    come on top.
    """
    scored = [part for part in parts if part.n and None not in (part.original, part.altered)]
    refused = sum(part.refused for part in parts)
    if not scored:
        return ProbeEffect(probe=probed.probe, video=video, n=0, refused=refused)
    n = np.array([part.n for part in scored])
    before = np.array([part.original for part in scored], dtype=np.float64)
    after = np.array([part.altered for part in scored], dtype=np.float64)
    errors = np.array([part.se or 0.0 for part in scored])
    original, change = float(n @ before) / n.sum(), float(n @ (after - before)) / n.sum()
    squares = float(((n - 1) * n * errors**2 + n * (after - before - change) ** 2).sum())
    se, half = _error(squares, int(n.sum()))
    return ProbeEffect(
        probe=probed.probe,
        video=video,
        n=int(n.sum()),
        refused=refused,
        original=original,
        altered=original + change,
        change=change,
        se=se,
        ci_low=None if half is None else change - half,
        ci_high=None if half is None else change + half,
        share=_share(original, change, card),
    )


def _share(original: float, change: float, card: MetricCard) -> float | None:
    """What is lost of the distance to the metric's worst value."""
    worst, sign = (card.high, -1) if card.direction is Direction.LOWER else (card.low, 1)
    left = 0.0 if worst is None else sign * (original - worst)
    return -sign * change / left if left > 0 else None


def _error(squares: float, n: int) -> tuple[float | None, float | None]:
    """Standard error of a mean and half of its 95 % t interval."""
    if n < _PAIR:
        return None, None
    se = sqrt(squares / (n - 1) / n)
    return se, t_quantile(0.5 + CONFIDENCE / 2, n - 1) * se
