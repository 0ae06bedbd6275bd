"""How sure an order is, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Chance:
    """One LLM or generator: how often it comes first, and where it comes on average.

    `best` (0..1) and `expected_rank` are over queries drawn anew; 95 % of its ranks lie within
    `rank_low` and `rank_high`. These are no confidence set: a board's rank ranges are.
    """

    name: str
    best: float
    expected_rank: float
    rank_low: int
    rank_high: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The order of the LLMs, or of the generators, of one task under one metric.

    `queries` are those that every one of them has in full. `concordance` is Kendall's W of the
    orders that each of `across` gives (the generators where LLMs are ordered, and the other way
    round), None for fewer than two.
    """

    task: str
    task_id: str
    metric: str
    evaluator: str
    evaluator_id: str
    by: str
    queries: int
    chances: tuple[Chance, ...]
    concordance: float | None
    across: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """Where the spread of a metric's scores in one mode comes from, over `queries` complete ones.

    `variance` and `share` (0..1) are by source: `q` query, `l` LLM, `v` generator, their
    interactions, and `qlv` for the rest, which holds what seeds differ by.
    """

    task: str
    task_id: str
    metric: str
    evaluator: str
    evaluator_id: str
    mode: str
    queries: int
    variance: Mapping[str, float]
    share: Mapping[str, float]
