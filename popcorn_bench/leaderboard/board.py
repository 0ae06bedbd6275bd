"""The board: a query over the index, aggregated, with intervals and rank ranges.

Scores are averaged over seeds and repeats, then over the other factors within each query, and
only then over queries: the query is the sampling unit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from duckdb import DuckDBPyConnection

from popcorn_bench.leaderboard.catalog import Catalog, TaskCard, read_catalog, read_runs
from popcorn_bench.leaderboard.choose import check_known, choose_modes, choose_tasks
from popcorn_bench.leaderboard.draft import Mask, Material, draft_rows, group_cells, most_asked
from popcorn_bench.leaderboard.generators.read import read_generators
from popcorn_bench.leaderboard.human import human_scores
from popcorn_bench.leaderboard.model import DIMENSIONS, PARTS, Board, HumanRow, Row, Table, Uplift
from popcorn_bench.leaderboard.modes import BASIC, ModeCard, read_modes
from popcorn_bench.leaderboard.names import names_of
from popcorn_bench.leaderboard.paid import read_bills
from popcorn_bench.leaderboard.query import (
    CellKey,
    Filter,
    read_copied,
    read_counts,
    read_scores,
)
from popcorn_bench.leaderboard.ranking import rank, unranked
from popcorn_bench.leaderboard.rows import Setting, in_order, make_row
from popcorn_bench.leaderboard.source import Panel, Source, all_panels, kept_panels, scores_of
from popcorn_bench.leaderboard.trust.agreement.compute import Agreement
from popcorn_bench.leaderboard.trust.evidence import read_evidence
from popcorn_bench.leaderboard.trust.examine import Examined
from popcorn_bench.leaderboard.trust.leakage import stand_in
from popcorn_bench.leaderboard.trust.ratings.file import Ratings
from popcorn_bench.leaderboard.trust.ratings.names import known_names
from popcorn_bench.leaderboard.trust.ratings.read import resolve
from popcorn_bench.leaderboard.uplift import Compared, uplifts


def board(  # noqa: PLR0913 - one per option of the command
    connection: DuckDBPyConnection,
    *,
    tasks: Sequence[str] | None = None,
    by: str | None = None,
    mode: str | None = None,
    metric: str | None = None,
    ratings: Ratings | None = None,
    gpu_hour_usd: float | None = None,
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
        ratings: what people gave to part of it; every row then has its mean in their scale.
        gpu_hour_usd: price of an hour on a GPU, for the cost of the clips that were made on one.

    Raises:
        UsageError: for an unknown name, and for `by="video"` with metrics that do not see it.
        FileError: for a rating of what is not in the index.
    """
    check_known("--by", by, DIMENSIONS)
    catalog = read_catalog(connection)
    task_ids = choose_tasks(catalog, tasks)
    modes = choose_modes(read_modes(connection), mode)
    ids = None if mode is None else tuple(card.id for card in modes)
    chosen = Filter(task_ids, ids, by if by in PARTS else None)
    source = _read(connection, chosen, catalog, modes, by)
    if ratings is not None:
        source = _with_ratings(connection, source, ratings)
    every = all_panels(source)
    panels = kept_panels(every, metric, by)
    return Board(
        tables=tuple(_table(source, panel, _instead(source, panel, every)) for panel in panels),
        uplift=_uplift(connection, chosen, source, panels),
        by=by,
        mode=mode,
        modes=_modes_of(modes, panels),
        runs=read_runs(connection),
        baselines_only=_baselines_only(catalog, source.cells),
        rated=ratings is not None,
        generators=read_generators(connection, chosen, source.names.videos),
        gpu_hour_usd=gpu_hour_usd,
    )


def _read(
    connection: DuckDBPyConnection,
    chosen: Filter,
    catalog: Catalog,
    modes: Sequence[ModeCard],
    by: str | None,
) -> Source:
    sizes = {task_id: len(task.query_ids) for task_id, task in catalog.tasks.items()}
    scores = read_scores(connection, chosen, sizes)
    counts = read_counts(connection, chosen)
    cells = {cell for cell, _ in scores} | {cell for cell, _ in counts.planned}
    return Source(
        catalog=catalog,
        scores=scores,
        counts=counts,
        bills=read_bills(connection, chosen),
        by=by,
        names=names_of(catalog, modes, cells),
        modes=modes,
        cells=cells,
        evidence=read_evidence(connection, chosen, sizes),
    )


def _with_ratings(connection: DuckDBPyConnection, source: Source, ratings: Ratings) -> Source:
    """Ratings may name what this board leaves out, so all modes of the index are known."""
    known = known_names(connection, source.catalog, source.names, read_modes(connection))
    evidence = replace(source.evidence, rated=resolve(ratings, known))
    return replace(source, evidence=evidence)


def _instead(source: Source, panel: Panel, every: Sequence[Panel]) -> str:
    """The metric that ranks where this one may not."""
    if not panel.leaks:
        return ""
    clean = [p.card for p in every if p.task == panel.task and not p.leaks]
    found = stand_in(panel.card, clean)
    return f"{found.name} ({source.names.evaluators[found.evaluator_id]})" if found else ""


def _table(source: Source, panel: Panel, instead: str) -> Table:
    task, card, by = panel.task, panel.card, source.by
    scores = scores_of(source, panel)
    parts = _parts(task, by)
    drafted = draft_rows(
        group_cells(panel.cells, by), by, parts, Material(scores, source.counts, source.bills)
    )
    drafts = [draft for draft in drafted if draft.n_planned]
    ranking = unranked(drafts) if panel.leaks else rank(drafts, card.direction)
    examined = Examined(
        evidence=source.evidence,
        names=source.names,
        task=task,
        card=card,
        drafts=drafts,
        ranking=ranking,
    )
    agreed = examined.agreement()
    asked = np.any([item.counts > 0 for item in scores.values()], axis=0)
    return Table(
        task=source.names.tasks[task.task_id],
        task_name=task.name,
        task_version=task.version,
        task_id=task.task_id,
        evaluator=source.names.evaluators[card.evaluator_id],
        card=card,
        rows=tuple(in_order(_rows(source, examined, agreed), card.direction, by)),
        human=tuple(_human(source, panel, {part: mask & asked for part, mask in parts.items()})),
        rank_queries=ranking.queries,
        rank_dropped=ranking.dropped,
        trust=examined.trust(agreed, instead),
    )


def _rows(source: Source, examined: Examined, agreed: Agreement | None) -> list[Row]:
    drafts = examined.drafts
    setting = Setting(
        names=source.names,
        task=examined.task,
        card=examined.card,
        by=source.by,
        most_asked=most_asked(drafts),
    )
    places = zip(drafts, examined.ranking.ranges, examined.marks(agreed), strict=True)
    return [
        make_row(setting, draft, place, marks=marks, ppi=examined.corrected(draft))
        for draft, place, marks in places
    ]


def _modes_of(modes: Sequence[ModeCard], panels: list[Panel]) -> tuple[ModeCard, ...]:
    shown = {cell.mode for panel in panels for cell in panel.cells}
    return tuple(mode for mode in modes if mode.id in shown)


def _uplift(
    connection: DuckDBPyConnection, chosen: Filter, source: Source, panels: list[Panel]
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
                scores=scores_of(source, panel),
                copied=copied,
                leaks=source.evidence.leaks,
            )
        )
    )


def _parts(task: TaskCard, by: str | None) -> dict[str, Mask]:
    if by not in PARTS:
        return {"": np.ones(len(task.query_ids), dtype=np.bool_)}
    labels_of = np.array(task.topics if by == "topic" else task.kinds)
    return {str(label): labels_of == label for label in np.unique(labels_of)}


def _human(source: Source, panel: Panel, parts: Mapping[str, Mask]) -> Iterable[HumanRow]:
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


def _baselines_only(catalog: Catalog, cells: Iterable[CellKey]) -> bool:
    llms = {cell.llm_id for cell in cells}
    return bool(llms) and all(key in catalog.llms and catalog.llms[key].baseline for key in llms)
