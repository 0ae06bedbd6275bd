"""Where the spread of scores comes from, as one bar per metric that sees the video."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from popcorn_bench.leaderboard import text
from popcorn_bench.leaderboard.standing.model import Spread

_NAMES = {
    "q": "query",
    "l": "LLM",
    "v": "generator",
    "ql": "query × LLM",  # noqa: RUF001 - a multiplication sign is meant
    "qv": "query × generator",  # noqa: RUF001
    "lv": "LLM × generator",  # noqa: RUF001
    "qlv": "rest",
}


@dataclass(frozen=True, slots=True)
class Part:
    """A share (0..1) of the spread, where its piece starts, and its source."""

    source: str
    name: str
    start: float
    share: float


@dataclass(frozen=True, slots=True)
class Parts:
    """The bar of one metric in one mode, over the queries that every cell has."""

    title: str
    queries: int
    parts: tuple[Part, ...]


def variance_parts(spreads: Sequence[Spread]) -> list[Parts]:
    """One bar per metric and mode."""
    several = len({one.mode for one in spreads}) > 1
    return [_parts(one, several) for one in spreads]


def _parts(one: Spread, several: bool) -> Parts:
    parts, start = [], 0.0
    for name, label in _NAMES.items():
        share = one.share.get(name, 0.0)
        parts.append(Part(name, label, start, share))
        start += share
    title = f"{one.metric}, {one.task}"
    return Parts(
        text.clean(f"{title}, {one.mode}" if several else title), one.queries, tuple(parts)
    )
