"""From a draft to a row: names, interval, rank and flags."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from popcorn_bench.leaderboard.catalog import IMPORTED, MetricCard, TaskCard
from popcorn_bench.leaderboard.draft import Draft
from popcorn_bench.leaderboard.model import Row
from popcorn_bench.leaderboard.names import Names
from popcorn_bench.leaderboard.statistics.interval import Estimate, Floats, mean_interval
from popcorn_bench.leaderboard.trust.ratings.compute import Corrected
from popcorn_bench.types import Direction


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What all rows of a table share; `most_asked` is its largest query set."""

    names: Names
    task: TaskCard
    card: MetricCard
    by: str | None
    most_asked: int


def make_row(
    setting: Setting,
    draft: Draft,
    place: tuple[int, int] | None,
    *,
    marks: Sequence[str] = (),
    ppi: Corrected | None = None,
) -> Row:
    """Fill in one row.

    Args:
        setting: what it shares with the others.
        draft: its values and counts.
        place: its rank range.
        marks: flags from the trust panel.
        ppi: its mean in the scale of human ratings.
    """
    task, card = setting.task, setting.card
    values = draft.values[np.isfinite(draft.values)]
    estimate = mean_interval(values) if len(values) else Estimate(np.nan, 0, 0, None, None, None)
    return Row(
        **_named(setting, draft),
        task=setting.names.tasks[task.task_id],
        task_version=task.version,
        metric=card.name,
        evaluator=setting.names.evaluators[card.evaluator_id],
        evaluator_version=card.version,
        sees=card.inputs,
        direction=card.direction,
        mean=estimate.mean if estimate.n else None,
        se=estimate.se,
        ci_low=estimate.low,
        ci_high=estimate.high,
        n_queries=estimate.n,
        n_scored=draft.n_scored,
        n_planned=draft.n_planned,
        n_failed=draft.n_failed,
        fail_rate=draft.n_failed / draft.n_planned if draft.n_planned else None,
        cost_usd=draft.paid.cost,
        rank_low=place[0] if place else None,
        rank_high=place[1] if place else None,
        human_percentile=_mean(draft.percentiles),
        baseline=_baseline(setting, draft),
        flags=tuple(_flags(setting, draft, marks)),
        ppi=ppi,
    )


def _named(setting: Setting, draft: Draft) -> dict[str, str | None]:
    """What the row is about; None for whatever it is averaged over."""
    names, by, cell = setting.names, setting.by, draft.cells[0]
    return {
        "llm": names.llms[cell.llm_id] if by in (None, "llm") else None,
        "video": names.videos.get(cell.video_id) if by in (None, "video") else None,
        "mode": names.modes[cell.mode] if by in (None, "mode") else None,
        "topic": draft.part if by == "topic" else None,
        "kind": draft.part if by == "kind" else None,
    }


def in_order(rows: Iterable[Row], direction: Direction, by: str | None) -> list[Row]:
    """Ranked rows best first, then the others best first, then those without a score.

    Descriptions and parts of the query set have no best: they stand in order of their names.
    """
    sign = 1 if direction is Direction.LOWER else -1
    named = direction is Direction.NONE or by in ("topic", "kind")

    def key(row: Row) -> tuple[object, ...]:
        name = tuple(n or "" for n in (row.topic, row.kind, row.llm, row.video, row.mode))
        if named:
            return name
        mean = 0.0 if row.mean is None else sign * row.mean
        return row.rank_low is None, row.mean is None, mean, name

    return sorted(rows, key=key)


def _flags(setting: Setting, draft: Draft, marks: Sequence[str]) -> Iterable[str]:
    if _baseline(setting, draft):
        yield "baseline"
    elif setting.by is None and draft.cells[0].video_id in setting.names.baseline_ids:
        yield "baseline_video"
    yield from marks
    if not draft.covered:
        yield "incomplete"
    if not draft.balanced:
        yield "unbalanced"
    if draft.covered and draft.fewer_queries(setting.most_asked):
        yield "fewer_queries"
    if draft.partial:
        yield "partial"
    for rule, n in sorted(draft.paid.breaches.items()):
        yield f"{rule} {_percent(n / draft.paid.briefs)}"
    if draft.paid.cost is None and (draft.paid.briefs or setting.card.evaluator != IMPORTED):
        yield "cost_unknown"


def _baseline(setting: Setting, draft: Draft) -> bool:
    names, by, cell = setting.names, setting.by, draft.cells[0]
    if by in (None, "llm"):
        return cell.llm_id in names.baseline_ids
    return by == "video" and cell.video_id in names.baseline_ids


def _percent(share: float) -> str:
    return "<1%" if share < 0.005 else f"{share:.0%}"  # noqa: PLR2004 - what rounds to nothing


def _mean(values: Floats) -> float | None:
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else None
