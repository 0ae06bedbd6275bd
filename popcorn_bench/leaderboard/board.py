"""The board: a query over the index, aggregated, with intervals and rank ranges.

Scores are averaged over seeds and repeats, then over the other factors within each query, and
only then over queries: the query is the sampling unit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from duckdb import DuckDBPyConnection

from popcorn_bench.errors import UsageError, did_you_mean
from popcorn_bench.leaderboard.catalog import (
    Catalog,
    MetricCard,
    TaskCard,
    labels,
    read_catalog,
    read_runs,
)
from popcorn_bench.leaderboard.draft import Mask, Material, draft_rows, group_cells, most_asked
from popcorn_bench.leaderboard.human import human_scores
from popcorn_bench.leaderboard.model import DIMENSIONS, PARTS, Board, HumanRow, Table
from popcorn_bench.leaderboard.query import (
    CellKey,
    CellScores,
    Counts,
    Filter,
    read_counts,
    read_scores,
)
from popcorn_bench.leaderboard.ranking import rank
from popcorn_bench.leaderboard.rows import Names, Setting, in_order, make_row


@dataclass(frozen=True, slots=True, kw_only=True)
class _Source:
    """All that was read for one board."""

    catalog: Catalog
    scores: Mapping[tuple[CellKey, str], CellScores]
    counts: Counts
    by: str | None
    names: Names
    cells: AbstractSet[CellKey]


class _Panel(NamedTuple):
    """The cells of one task under one metric."""

    task: TaskCard
    card: MetricCard
    cells: list[CellKey]


def board(
    connection: DuckDBPyConnection,
    *,
    tasks: Sequence[str] | None = None,
    by: str | None = None,
    mode: str | None = None,
    metric: str | None = None,
) -> Board:
    """Aggregate the index into tables, one per task, evaluator and metric.

    Args:
        connection: an index with the schema of `results/migrations`; only read.
        tasks: names or ids; None for all.
        by: `llm`, `video`, `mode`, `topic` or `kind` to average over all else with equal weight
            per cell; None for one row per LLM, generator and mode.
        mode: keep one mode.
        metric: keep one metric.

    Raises:
        UsageError: for an unknown name, and for `by="video"` with metrics that do not see it.
    """
    _check_known("--by", by, DIMENSIONS)
    catalog = read_catalog(connection)
    task_ids = _choose_tasks(catalog, tasks)
    chosen = Filter(task_ids, mode, by if by in PARTS else None)
    sizes = {task_id: len(task.query_ids) for task_id, task in catalog.tasks.items()}
    scores = read_scores(connection, chosen, sizes)
    counts = read_counts(connection, chosen)
    cells = {cell for cell, _ in scores} | {cell for cell, _ in counts.planned}
    source = _Source(
        catalog=catalog,
        scores=scores,
        counts=counts,
        by=by,
        names=_names(catalog, cells),
        cells=cells,
    )
    _check_mode(connection, mode, source)
    tables = _tables(source, metric)
    return Board(
        tables=tables,
        by=by,
        mode=mode,
        runs=read_runs(connection),
        baselines_only=_baselines_only(catalog, source.cells),
    )


def _tables(source: _Source, metric: str | None) -> tuple[Table, ...]:
    panels = _panels(source)
    _check_known("--metric", metric, sorted({panel.card.name for panel in panels}))
    kept = [panel for panel in panels if metric in (None, panel.card.name)]
    if source.by == "video":
        seeing = [panel for panel in kept if panel.card.sees_video]
        if kept and not seeing:
            blind = ", ".join(sorted({panel.card.name for panel in kept}))
            raise UsageError(f"--by video: {blind} does not see the video and cannot rank it")
        kept = seeing
    return tuple(_table(source, panel) for panel in kept)


def _panels(source: _Source) -> list[_Panel]:
    """Cells of each task and metric; a cell without any score shows under every metric."""
    catalog = source.catalog
    found: dict[tuple[str, str, str], list[CellKey]] = {}
    for cell, metric in source.scores:
        found.setdefault((cell.task_id, cell.evaluator_id, metric), []).append(cell)
    for cell in source.cells - {cell for cell, _ in source.scores}:
        for evaluator_id, metric in catalog.metrics:
            if evaluator_id == cell.evaluator_id:
                found.setdefault((cell.task_id, evaluator_id, metric), []).append(cell)
    return [
        _Panel(task, card, cells)
        for task in catalog.tasks.values()
        for pair, card in catalog.metrics.items()
        if (cells := found.get((task.task_id, *pair)))
    ]


def _table(source: _Source, panel: _Panel) -> Table:
    task, card, by = panel.task, panel.card, source.by
    pairs = ((cell, source.scores.get((cell, card.name))) for cell in panel.cells)
    scores = {cell: found for cell, found in pairs if found is not None}
    parts = _parts(task, by)
    groups = group_cells(panel.cells, by)
    drafts = [
        draft
        for draft in draft_rows(groups, by, parts, Material(scores, source.counts))
        if draft.n_planned
    ]
    ranking = rank(drafts, card.direction)
    setting = Setting(
        names=source.names, task=task, card=card, by=by, most_asked=most_asked(drafts)
    )
    places = zip(drafts, ranking.ranges, strict=True)
    rows = [make_row(setting, draft, place) for draft, place in places]
    asked = np.any([item.counts > 0 for item in scores.values()], axis=0)
    return Table(
        task=source.names.tasks[task.task_id],
        task_version=task.version,
        task_id=task.task_id,
        evaluator=source.names.evaluators[card.evaluator_id],
        card=card,
        rows=tuple(in_order(rows, card.direction, by)),
        human=tuple(_human(source, panel, {part: mask & asked for part, mask in parts.items()})),
        rank_queries=ranking.queries,
        rank_dropped=ranking.dropped,
    )


def _parts(task: TaskCard, by: str | None) -> dict[str, Mask]:
    if by not in PARTS:
        return {"": np.ones(len(task.query_ids), dtype=np.bool_)}
    labels_of = np.array(task.topics if by == "topic" else task.kinds)
    return {str(label): labels_of == label for label in np.unique(labels_of)}


def _human(source: _Source, panel: _Panel, parts: Mapping[str, Mask]) -> Iterable[HumanRow]:
    task, card = panel.task, panel.card
    for part, mask in parts.items():
        topics = [topic for topic, kept in zip(task.topics, mask, strict=True) if kept]
        human = human_scores(card.anchors, topics)
        if human is None:
            continue
        yield HumanRow(
            task=source.names.tasks[task.task_id],
            metric=card.name,
            evaluator=source.names.evaluators[card.evaluator_id],
            evaluator_version=card.version,
            topic=part if source.by == "topic" else None,
            kind=part if source.by == "kind" else None,
            mean=human.estimate.mean,
            se=human.estimate.se,
            ci_low=human.estimate.low,
            ci_high=human.estimate.high,
            n=human.estimate.n,
            p10=human.p10,
            p50=human.p50,
            p90=human.p90,
        )


def _names(catalog: Catalog, cells: AbstractSet[CellKey]) -> Names:
    cards = {card.evaluator_id: card for card in catalog.metrics.values()}
    shown = {cell.evaluator_id for cell in cells}
    llms = {cell.llm_id for cell in cells}
    videos = {cell.video_id for cell in cells if cell.video_id}
    versions = {key: f"{card.evaluator} {card.version}".strip() for key, card in cards.items()}
    return Names(
        tasks=labels((t.task_id, t.name) for t in catalog.tasks.values()),
        llms=labels((i, catalog.llms[i].name if i in catalog.llms else i) for i in llms),
        videos=labels(
            (i, catalog.generators[i].name if i in catalog.generators else i) for i in videos
        ),
        evaluators=labels((i, versions[i]) for i in shown if i in versions),
        baseline_ids=frozenset(
            card.id
            for card in (*catalog.llms.values(), *catalog.generators.values())
            if card.baseline
        ),
    )


def _choose_tasks(catalog: Catalog, tasks: Sequence[str] | None) -> tuple[str, ...]:
    if tasks is None:
        return tuple(catalog.tasks)
    known = {name for task in catalog.tasks.values() for name in (task.name, task.task_id)}
    for name in tasks:
        _check_known("task", name, sorted(known))
    return tuple(
        task.task_id for task in catalog.tasks.values() if {task.name, task.task_id} & set(tasks)
    )


def _check_mode(connection: DuckDBPyConnection, mode: str | None, source: _Source) -> None:
    if mode is None or source.cells:
        return
    rows = connection.execute("SELECT DISTINCT mode FROM plan_cells UNION SELECT mode FROM scores")
    _check_known("--mode", mode, sorted(row[0] for row in rows.fetchall()))


def _check_known(noun: str, name: str | None, known: Sequence[str]) -> None:
    if name is not None and name not in known:
        listed = ", ".join(known) or "none"
        raise UsageError(f"{noun} {name!r} is not here ({listed}){did_you_mean(name, known)}")


def _baselines_only(catalog: Catalog, cells: Iterable[CellKey]) -> bool:
    llms = {cell.llm_id for cell in cells}
    return bool(llms) and all(key in catalog.llms and catalog.llms[key].baseline for key in llms)
