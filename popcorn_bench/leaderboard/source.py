"""All that is read for one board, and which cells share a table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import NamedTuple

from popcorn_bench.errors import UsageError
from popcorn_bench.leaderboard.catalog import IMPORTED, Catalog, MetricCard, TaskCard
from popcorn_bench.leaderboard.choose import check_known
from popcorn_bench.leaderboard.modes import ModeCard
from popcorn_bench.leaderboard.names import Names
from popcorn_bench.leaderboard.paid import Bills
from popcorn_bench.leaderboard.query import CellKey, CellScores, Counts
from popcorn_bench.leaderboard.trust.evidence import Evidence
from popcorn_bench.leaderboard.trust.leakage import leaks_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """All that was read for one board."""

    catalog: Catalog
    scores: Mapping[tuple[CellKey, str], CellScores]
    counts: Counts
    bills: Bills
    by: str | None
    names: Names
    modes: Sequence[ModeCard]
    cells: AbstractSet[CellKey]
    evidence: Evidence


class Panel(NamedTuple):
    """The cells of one task under one metric; `leaks` says if any rests on a leak."""

    task: TaskCard
    card: MetricCard
    cells: list[CellKey]
    leaks: bool


def all_panels(source: Source) -> list[Panel]:
    """Cells of each task and metric; a cell without any score shows under every metric.

    Those with a leak stand after the others of their task.
    """
    catalog = source.catalog
    found: dict[tuple[str, str, str], list[CellKey]] = {}
    for cell, metric in source.scores:
        found.setdefault((cell.task_id, cell.evaluator_id, metric), []).append(cell)
    for cell in source.cells - {cell for cell, _ in source.scores}:
        for evaluator_id, metric in catalog.metrics:
            if evaluator_id == cell.evaluator_id:
                found.setdefault((cell.task_id, evaluator_id, metric), []).append(cell)
    made = [
        Panel(task, card, cells, bool(leaks_of(source.evidence.leaks, cells)))
        for task in catalog.tasks.values()
        for card in _named_first(task, catalog.metrics.values())
        if (cells := found.get((task.task_id, card.evaluator_id, card.name)))
    ]
    order = list(catalog.tasks)
    return sorted(made, key=lambda panel: (order.index(panel.task.task_id), panel.leaks))


def kept_panels(panels: Sequence[Panel], metric: str | None, by: str | None) -> list[Panel]:
    """What is asked for, of all that is there."""
    check_known("--metric", metric, sorted({panel.card.name for panel in panels}))
    kept = [panel for panel in panels if metric in (None, panel.card.name)]
    if by == "video":
        seeing = [panel for panel in kept if panel.card.sees_video]
        if kept and not seeing:
            blind = ", ".join(sorted({panel.card.name for panel in kept}))
            raise UsageError(f"--by video: {blind} does not see the video and cannot rank it")
        kept = seeing
    return kept


def scores_of(source: Source, panel: Panel) -> dict[CellKey, CellScores]:
    """Scores of those cells of a panel that have any."""
    pairs = ((cell, source.scores.get((cell, panel.card.name))) for cell in panel.cells)
    return {cell: found for cell, found in pairs if found is not None}


def _named_first(task: TaskCard, cards: Iterable[MetricCard]) -> list[MetricCard]:
    """The metrics in the order that the task asks for, of one name imported ones last."""
    wanted = {name: (place, True) for place, name in enumerate(task.metrics)}

    def key(card: MetricCard) -> tuple[int, bool]:
        place, named = wanted.get(card.name, (len(wanted), False))
        return place, named and card.evaluator == IMPORTED

    return sorted(cards, key=key)
