"""What a metric hangs on: how it answers to altered inputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import NamedTuple

import numpy as np
from duckdb import DuckDBPyConnection

from popcorn_bench.leaderboard.query import Filter
from popcorn_bench.leaderboard.statistics.interval import CONFIDENCE, t_quantile

_PAIR = 2  # samples below which nothing is known of the spread
_SQL = """
SELECT task_id, evaluator_id, metric, probe, mode, n, refused, original, altered, se
FROM probes WHERE list_contains(?, task_id) ORDER BY rowid
"""


class Audited(NamedTuple):
    """One probe of one metric on the samples of one LLM and mode, or of one generator."""

    n: int
    refused: int
    original: float | None
    altered: float | None
    se: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeEffect:
    """One probe of one metric over all its samples.

    `change` is altered - original in the metric's unit, with its standard error and 95 % interval
    over the `n` samples that were scored both ways; `refused` got no score once altered. `share` is
    how much of the mean score above the metric's floor goes with what the probe takes away; it is
    negative where the alteration raises the score, None without a floor.
    """

    probe: str
    n: int
    refused: int
    original: float | None = None
    altered: float | None = None
    change: float | None = None
    se: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    share: float | None = None


Probes = Mapping[tuple[str, str, str], Mapping[str, Sequence[Audited]]]


def read_probes(connection: DuckDBPyConnection, chosen: Filter) -> Probes:
    """Read them per (task, evaluator, metric) and probe, in the order of their measurement."""
    found: dict[tuple[str, str, str], dict[str, list[Audited]]] = {}
    for task, evaluator, metric, probe, mode, *numbers in connection.execute(
        _SQL, [chosen.task_ids]
    ).fetchall():
        if chosen.keeps(mode):
            by_probe = found.setdefault((task, evaluator, metric), {})
            by_probe.setdefault(probe, []).append(Audited(*numbers))
    return found


def effects(audited: Mapping[str, Sequence[Audited]], low: float | None) -> tuple[ProbeEffect, ...]:
    """Pool each probe over all that it was measured on; `low` is the metric's floor."""
    return tuple(_pooled(probe, parts, low) for probe, parts in audited.items())


def _pooled(probe: str, parts: Sequence[Audited], low: float | None) -> ProbeEffect:
    """What the samples of all parts give together, exactly as if they were at hand.

    Each part's mean and standard error give back its sum of squares; those between the parts' means
    come on top.
    """
    scored = [part for part in parts if part.n and None not in (part.original, part.altered)]
    refused = sum(part.refused for part in parts)
    if not scored:
        return ProbeEffect(probe=probe, n=0, refused=refused)
    n = np.array([part.n for part in scored])
    before = np.array([part.original for part in scored], dtype=np.float64)
    after = np.array([part.altered for part in scored], dtype=np.float64)
    errors = np.array([part.se or 0.0 for part in scored])
    original, change = float(n @ before) / n.sum(), float(n @ (after - before)) / n.sum()
    squares = float(((n - 1) * n * errors**2 + n * (after - before - change) ** 2).sum())
    se, half = _error(squares, int(n.sum()))
    return ProbeEffect(
        probe=probe,
        n=int(n.sum()),
        refused=refused,
        original=original,
        altered=original + change,
        change=change,
        se=se,
        ci_low=None if half is None else change - half,
        ci_high=None if half is None else change + half,
        share=None if low is None or original <= low else -change / (original - low),
    )


def _error(squares: float, n: int) -> tuple[float | None, float | None]:
    """Standard error of a mean and half of its 95 % t interval."""
    if n < _PAIR:
        return None, None
    se = sqrt(squares / (n - 1) / n)
    return se, t_quantile(0.5 + CONFIDENCE / 2, n - 1) * se
