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
    IMPORTED,
    Catalog,
    MetricCard,
    TaskCard,
    read_catalog,
    read_runs,
)
from popcorn_bench.leaderboard.draft import Mask, Material, draft_rows, group_cells, most_asked
from popcorn_bench.leaderboard.human import human_scores
from popcorn_bench.leaderboard.model import DIMENSIONS, PARTS, Board, HumanRow, Table, Uplift
from popcorn_bench.leaderboard.modes import BASIC, ModeCard, chosen_modes, read_modes
from popcorn_bench.leaderboard.names import Names, names_of
from popcorn_bench.leaderboard.query import (
    CellKey,
    CellScores,
    Counts,
    Filter,
    read_copied,
    read_counts,
    read_scores,
)
from popcorn_bench.leaderboard.ranking import rank
from popcorn_bench.leaderboard.rows import Setting, in_order, make_row
from popcorn_bench.leaderboard.text import clean
from popcorn_bench.leaderboard.uplift import Compared, uplifts


@dataclass(frozen=True, slots=True, kw_only=True)
class _Source:
    """All that was read for one board."""

    catalog: Catalog
    scores: Mapping[tuple[CellKey, str], CellScores]
    counts: Counts
    by: str | None
    names: Names
    modes: Sequence[ModeCard]
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
        mode: keep the modes with this label, name or id; without `basic` among them there is
            no uplift.
        metric: keep one metric.

    Raises:
        UsageError: for an unknown name, and for `by="video"` with metrics that do not see it.
    """
    _check_known("--by", by, DIMENSIONS)
    catalog = read_catalog(connection)
    task_ids = _choose_tasks(catalog, tasks)
    modes = _choose_modes(read_modes(connection), mode)
    ids = None if mode is None else tuple(card.id for card in modes)
    chosen = Filter(task_ids, ids, by if by in PARTS else None)
    source = _read(connection, chosen, catalog, modes, by)
    panels = _kept(source, metric)
    return Board(
        tables=tuple(_table(source, panel) for panel in panels),
        uplift=_uplift(connection, chosen, source, panels),
        by=by,
        mode=mode,
        modes=_modes_of(modes, panels),
        runs=read_runs(connection),
        baselines_only=_baselines_only(catalog, source.cells),
    )


def _read(
    connection: DuckDBPyConnection,
    chosen: Filter,
    catalog: Catalog,
    modes: Sequence[ModeCard],
    by: str | None,
) -> _Source:
    sizes = {task_id: len(task.query_ids) for task_id, task in catalog.tasks.items()}
    scores = read_scores(connection, chosen, sizes)
    counts = read_counts(connection, chosen)
    cells = {cell for cell, _ in scores} | {cell for cell, _ in counts.planned}
    return _Source(
        catalog=catalog,
        scores=scores,
        counts=counts,
        by=by,
        names=names_of(catalog, modes, cells),
        modes=modes,
        cells=cells,
    )


def _kept(source: _Source, metric: str | None) -> list[_Panel]:
    """What is asked for, of all that is there."""
    panels = _panels(source)
    _check_known("--metric", metric, sorted({panel.card.name for panel in panels}))
    kept = [panel for panel in panels if metric in (None, panel.card.name)]
    if source.by == "video":
        seeing = [panel for panel in kept if panel.card.sees_video]
        if kept and not seeing:
            blind = ", ".join(sorted({panel.card.name for panel in kept}))
            raise UsageError(f"--by video: {blind} does not see the video and cannot rank it")
        kept = seeing
    return kept


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
        for card in _named_first(task, catalog.metrics.values())
        if (cells := found.get((task.task_id, card.evaluator_id, card.name)))
    ]


def _named_first(task: TaskCard, cards: Iterable[MetricCard]) -> list[MetricCard]:
    """The metrics in the order that the task asks for, of one name imported ones last."""
    wanted = {name: (place, True) for place, name in enumerate(task.metrics)}

    def key(card: MetricCard) -> tuple[int, bool]:
        place, named = wanted.get(card.name, (len(wanted), False))
        return place, named and card.evaluator == IMPORTED

    return sorted(cards, key=key)


def _table(source: _Source, panel: _Panel) -> Table:
    task, card, by = panel.task, panel.card, source.by
    scores = _scores_of(source, panel)
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


def _modes_of(modes: Sequence[ModeCard], panels: list[_Panel]) -> tuple[ModeCard, ...]:
    shown = {cell.mode for panel in panels for cell in panel.cells}
    return tuple(mode for mode in modes if mode.id in shown)


def _uplift(
    connection: DuckDBPyConnection, chosen: Filter, source: _Source, panels: list[_Panel]
) -> tuple[Uplift, ...]:
    """What every other mode changes over `basic`, where it is on the board."""
    others = [mode.id for mode in source.modes if mode.id != BASIC]
    if len(others) == len(source.modes) or not others:
        return ()
    copied = read_copied(connection, chosen)
    return tuple(
        found
        for panel in panels
        for found in uplifts(
            Compared(
                task=panel.task,
                card=panel.card,
                names=source.names,
                modes=others,
                cells=panel.cells,
                scores=_scores_of(source, panel),
                copied=copied,
            )
        )
    )


def _scores_of(source: _Source, panel: _Panel) -> dict[CellKey, CellScores]:
    pairs = ((cell, source.scores.get((cell, panel.card.name))) for cell in panel.cells)
    return {cell: found for cell, found in pairs if found is not None}


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


def _choose_tasks(catalog: Catalog, tasks: Sequence[str] | None) -> tuple[str, ...]:
    if tasks is None:
        return tuple(catalog.tasks)
    names = sorted({task.name for task in catalog.tasks.values()})
    for name in tasks:
        if name not in catalog.tasks:
            _check_known("--tasks", name, names)
    return tuple(
        task.task_id for task in catalog.tasks.values() if {task.name, task.task_id} & set(tasks)
    )


def _choose_modes(present: Sequence[ModeCard], wanted: str | None) -> tuple[ModeCard, ...]:
    known = dict.fromkeys(name for mode in present for name in mode.known_as[:2])
    chosen = chosen_modes(present, wanted)
    if not chosen:
        _check_known("--mode", wanted, list(known))
    return chosen


def _check_known(noun: str, name: str | None, known: Sequence[str]) -> None:
    if name is not None and name not in known:
        listed = ", ".join(map(clean, known)) or "none"
        raise UsageError(f"{noun} {name!r} is not here ({listed}){did_you_mean(name, known)}")


def _baselines_only(catalog: Catalog, cells: Iterable[CellKey]) -> bool:
    llms = {cell.llm_id for cell in cells}
    return bool(llms) and all(key in catalog.llms and catalog.llms[key].baseline for key in llms)
