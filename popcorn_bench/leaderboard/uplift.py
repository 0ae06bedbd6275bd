"""What a mode changes over `basic`: per LLM, paired by query."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import numpy as np

from popcorn_bench.leaderboard.catalog import MetricCard, TaskCard
from popcorn_bench.leaderboard.model import Uplift
from popcorn_bench.leaderboard.modes import BASIC
from popcorn_bench.leaderboard.names import Names
from popcorn_bench.leaderboard.query import CellKey, CellScores, Copied
from popcorn_bench.leaderboard.statistics.interval import Floats
from popcorn_bench.leaderboard.statistics.marginal import query_means
from popcorn_bench.leaderboard.statistics.paired import hedges_gz, holm, paired_difference
from popcorn_bench.leaderboard.trust.leakage import Leaks, leaks_of
from popcorn_bench.types import Direction

_ROUNDING = 1e-12  # relative: what the order of adding leaves between equal averages


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One task and metric: its cells, and the scores of those that have any.

    `modes` are the ids other than `basic` in the order to show; `copied` is per
    (task, LLM, mode), `leaks` per mode and evaluator.
    """

    task: TaskCard
    card: MetricCard
    names: Names
    modes: Sequence[str]
    cells: Sequence[CellKey]
    scores: Mapping[CellKey, CellScores]
    copied: Mapping[tuple[str, str, str], Copied]
    leaks: Leaks


@dataclass(frozen=True, slots=True)
class _Pairs:
    """Two modes of one LLM: values per query, shape (Q,), over the generators that both have."""

    videos: tuple[str, ...]
    mode: Floats
    basic: Floats
    asked: int


def uplifts(compared: Compared) -> list[Uplift]:
    """Every LLM and mode that stands beside `basic`, the largest gain first within each mode.

    A metric without better or worse has none.
    """
    if compared.card.direction is Direction.NONE:
        return []
    by_pair: dict[tuple[str, str], list[CellKey]] = {}
    for cell in sorted(compared.cells):
        by_pair.setdefault((cell.mode, cell.llm_id), []).append(cell)
    found: list[Uplift] = []
    for mode in compared.modes:
        llms = [llm for other, llm in by_pair if other == mode and (BASIC, llm) in by_pair]
        made = [_uplift(compared, by_pair[mode, llm], by_pair[BASIC, llm]) for llm in sorted(llms)]
        found += sorted(_adjusted(made), key=_gain)
    return found


def by_table(found: Sequence[Uplift]) -> list[tuple[Uplift, ...]]:
    """The uplifts of each task, evaluator and metric."""
    groups = groupby(found, key=lambda uplift: (uplift.task, uplift.evaluator, uplift.metric))
    return [tuple(group) for _, group in groups]


def _uplift(compared: Compared, cells: list[CellKey], basic: list[CellKey]) -> Uplift:
    names, task, card, cell = compared.names, compared.task, compared.card, cells[0]
    pairs = _pairs(compared.scores, cells, basic)
    n_pairs = int(np.isfinite(pairs.mode - pairs.basic).sum())
    found = paired_difference(pairs.mode, pairs.basic) if n_pairs else None
    copied = compared.copied.get(cell.prompted, Copied(None, None))
    return Uplift(
        task=names.tasks[task.task_id],
        llm=names.llms[cell.llm_id],
        mode=names.modes[cell.mode],
        baseline=names.modes[BASIC],
        metric=card.name,
        evaluator=names.evaluators[card.evaluator_id],
        direction=card.direction,
        videos=tuple(names.videos[video] for video in pairs.videos if video),
        delta=found.estimate.mean if found else None,
        se=found.estimate.se if found else None,
        ci_low=found.estimate.low if found else None,
        ci_high=found.estimate.high if found else None,
        p=found.p if found else None,
        p_holm=None,
        hedges_gz=hedges_gz(found) if found else None,
        share_improved=_share_improved(pairs, card.direction) if found else None,
        n_pairs=n_pairs,
        n_dropped=pairs.asked - n_pairs,
        copying=copied.mean,
        copied_share=copied.share,
        leakage=bool(leaks_of(compared.leaks, [*cells, *basic])),
    )


def _pairs(
    scores: Mapping[CellKey, CellScores], cells: list[CellKey], basic: list[CellKey]
) -> _Pairs:
    ours = {cell.video_id: scores[cell] for cell in cells if cell in scores}
    theirs = {cell.video_id: scores[cell] for cell in basic if cell in scores}
    videos = tuple(video for video in ours if video in theirs)
    every = [*ours.values(), *theirs.values()]
    asked = int(np.any([item.counts > 0 for item in every], axis=0).sum()) if every else 0
    if not videos:
        nothing = np.full(0, np.nan)
        return _Pairs((), nothing, nothing, asked)
    mode, base = (query_means(np.stack([m[v].scores for v in videos])) for m in (ours, theirs))
    equal = np.isclose(mode, base, rtol=_ROUNDING, atol=0)
    return _Pairs(videos, np.where(equal, base, mode), base, asked)


def _share_improved(pairs: _Pairs, direction: Direction) -> float:
    sign = -1 if direction is Direction.LOWER else 1
    gains = sign * (pairs.mode - pairs.basic)
    return float((gains[np.isfinite(gains)] > 0).mean())


def _adjusted(family: list[Uplift]) -> list[Uplift]:
    """Holm over the LLMs that have a test."""
    tested = [i for i, uplift in enumerate(family) if uplift.p is not None]
    adjusted = dict(zip(tested, holm([family[i].p or 0.0 for i in tested]), strict=True))
    return [replace(uplift, p_holm=adjusted.get(i)) for i, uplift in enumerate(family)]


def _gain(uplift: Uplift) -> tuple[bool, float, str]:
    if uplift.delta is None:
        return True, 0.0, uplift.llm
    sign = 1 if uplift.direction is Direction.LOWER else -1
    return False, sign * uplift.delta, uplift.llm
