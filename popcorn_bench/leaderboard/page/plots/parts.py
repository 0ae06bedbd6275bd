"""Where the spread of scores comes from, as one bar per metric that sees the video."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from popcorn_bench.leaderboard import text
from popcorn_bench.leaderboard.source import Panel, Source, scores_of
from popcorn_bench.leaderboard.statistics.variance import variance_components

_NAMES = {
    "q": "query",
    "l": "LLM",
    "v": "generator",
    "ql": "query × LLM",  # noqa: RUF001 - a multiplication sign is meant
    "qv": "query × generator",  # noqa: RUF001
    "lv": "LLM × generator",  # noqa: RUF001
    "qlv": "rest",
}
_LEAST = 2


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


def variance_parts(source: Source, panels: Iterable[Panel]) -> list[Parts]:
    """One bar per panel and mode in which LLMs and generators are fully crossed."""
    found = []
    for panel in panels:
        modes = sorted({cell.mode for cell in panel.cells})
        bars = (_parts(source, panel, mode) for mode in modes if panel.card.sees_video)
        found += [bar for bar in bars if bar is not None]
    return found


def _parts(source: Source, panel: Panel, mode: str) -> Parts | None:
    scores = {
        (cell.llm_id, cell.video_id): item.scores
        for cell, item in scores_of(source, panel).items()
        if cell.mode == mode
    }
    llms, videos = (sorted({key[i] for key in scores}) for i in (0, 1))
    if min(len(llms), len(videos)) < _LEAST or len(scores) < len(llms) * len(videos):
        return None
    table = np.stack([[scores[llm, video] for video in videos] for llm in llms])
    whole = np.moveaxis(table, 2, 0)  # to (Q, L, V)
    kept = whole[np.isfinite(whole).all(axis=(1, 2))]
    if len(kept) < _LEAST:
        return None
    shares = variance_components(kept[..., None]).share
    if not shares:
        return None
    parts, start = [], 0.0
    for name, label in _NAMES.items():
        parts.append(Part(name, label, start, shares.get(name, 0.0)))
        start += shares.get(name, 0.0)
    title = f"{panel.card.name}, {source.names.tasks[panel.task.task_id]}"
    shown = f"{title}, {source.names.modes[mode]}" if len(source.modes) > 1 else title
    return Parts(text.clean(shown), len(kept), tuple(parts))
