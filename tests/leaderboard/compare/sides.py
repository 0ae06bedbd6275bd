"""Two indexes that are alike, for tests to make unlike."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from popcorn_bench.leaderboard.compare.compare import Options, compare
from popcorn_bench.leaderboard.compare.model import Comparison, Delta
from popcorn_bench.leaderboard.compare.side import Place, Wanted
from tests.leaderboard.index import Index

POP = "popularity-1"
N = 24
GAP = 0.5
Cell = tuple[str, str, str, str]
CELL: Cell = ("a", "", "basic", POP)


def noise(seed: int, n: int = N) -> list[float]:
    return [float(value) for value in np.random.default_rng(seed).normal(5, 1, n)]


@dataclass(frozen=True, slots=True)
class Filling:
    """How a side is filled; the default is the same on both sides."""

    queries: int = N
    scored: int | None = None
    seeds: Sequence[int] = (0,)
    mode: str = "basic"
    evaluator: str = POP
    version: str = "1"
    settings: Mapping[str, object] | None = None
    direction: str = "higher"
    llms: Sequence[str] = ("a",)
    task_version: str = "1"
    text: str = ""
    leak: bool = False
    gain: float = 0.0


def fill(index: Index, how: Filling) -> None:
    """Scores that are equal on both sides but for a gain, and a little noise of their own."""
    queries = index.simple_task(how.queries)
    index.connection.execute("UPDATE tasks SET version = ?", [how.task_version])
    if how.text:
        index.connection.execute("UPDATE queries SET text = ? WHERE query_id = 'q003'", [how.text])
    index.evaluator(
        how.evaluator, "popularity", name="popularity", version=how.version,
        settings=how.settings, direction=how.direction,
    )  # fmt: skip
    cells: list[Cell] = [(llm, "", how.mode, how.evaluator) for llm in how.llms]
    for llm in how.llms:
        index.llm(llm)
    index.plan(queries, cells, seeds=how.seeds)
    if how.leak:
        index.leak(how.mode, how.evaluator, 7)
    kept = queries[: how.scored]
    own = np.random.default_rng(round(100 * abs(how.gain)) + 1).normal(0, 0.05, how.queries)
    for cell in cells:
        for seed in how.seeds:
            values = dict(zip(kept, noise(0, how.queries) + own + how.gain, strict=False))
            index.score(cell, "popularity", {q: float(v) for q, v in values.items()}, seed=seed)


@contextmanager
def two(a: Filling, b: Filling) -> Iterator[tuple[Index, Index]]:
    """Two filled indexes."""
    first, second = Index(), Index()
    try:
        fill(first, a)
        fill(second, b)
        yield first, second
    finally:
        first.connection.close()
        second.connection.close()


def held(a: Index, b: Index, wanted: Mapping[str, Any] | None = None, **options: Any) -> Comparison:
    """B against A; `wanted` maps names to one value, or to one for each side."""
    sides = [
        Wanted(**{k: v[at] if isinstance(v, tuple) else v for k, v in (wanted or {}).items()})
        for at in range(2)
    ]
    places = Place(a.connection, Path("a")), Place(b.connection, Path("b"))
    return compare(*places, (sides[0], sides[1]), Options(**options))


def overall(found: Comparison) -> Delta:
    assert found.overall is not None
    return found.overall
