"""The numbers of every view for a part of the queries (a kind, a topic) or for one mode.

They are worked out here, by the same functions as the board's, so that the page only shows what
was computed once. Kinds and modes are ranked by LLM and by generator; a topic has too few queries
for that, and cells are ranked over all queries only.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from duckdb import DuckDBPyConnection

from popcorn_bench.leaderboard.catalog import TaskCard, read_catalog
from popcorn_bench.leaderboard.choose import choose_modes
from popcorn_bench.leaderboard.draft import (
    Draft,
    Mask,
    Material,
    draft_rows,
    group_cells,
    most_asked,
)
from popcorn_bench.leaderboard.human import human_scores
from popcorn_bench.leaderboard.model import Board, Row
from popcorn_bench.leaderboard.modes import read_modes
from popcorn_bench.leaderboard.names import names_of
from popcorn_bench.leaderboard.page.pack import short
from popcorn_bench.leaderboard.page.views import View
from popcorn_bench.leaderboard.paid import read_bills
from popcorn_bench.leaderboard.query import CellKey, Filter, read_counts, read_scores
from popcorn_bench.leaderboard.ranking import rank, unranked
from popcorn_bench.leaderboard.rows import Setting, make_row
from popcorn_bench.leaderboard.source import Panel, Source, all_panels, scores_of
from popcorn_bench.leaderboard.trust.evidence import read_evidence

Key = tuple[str, str, str]  # task id, evaluator id, metric
Numbers = list[float | int | None]
_MOST = 24  # topics: beyond, the page would hold more slices than anyone looks at


@dataclass(frozen=True, slots=True)
class Slice:
    """A part of the queries under some or all modes; `part` is '' for all queries."""

    axis: str
    part: str
    mode: str

    @property
    def name(self) -> str:
        """How the page addresses it: `topic:food|pe`."""
        part = f"{self.axis}:{self.part}" if self.part else ""
        return f"{part}|{self.mode}"

    @property
    def ranks(self) -> bool:
        """Whether its rows are ranked."""
        return self.axis != "topic"


@dataclass(frozen=True, slots=True)
class Sliced:
    """Rows by their names (LLM, generator, mode) and the human row, if any."""

    rows: Mapping[tuple[str | None, ...], Numbers]
    human: Numbers | None


class Slicer:
    """All slices of one page; counts and bills are read once per way of counting."""

    def __init__(self, board: Board, connection: DuckDBPyConnection) -> None:
        self._sources = _read(board, connection)
        self._panels: dict[Key, Panel] = {
            (p.task.task_id, p.card.evaluator_id, p.card.name): p
            for p in all_panels(self._sources[""])
        }
        self._modes = {mode.id: mode.label for mode in board.modes}

    @property
    def source(self) -> Source:
        """What the board was made of, over all queries."""
        return self._sources[""]

    def panel(self, key: Key) -> Panel:
        """The cells of one table."""
        return self._panels[key]

    def of(self, view: View, key: Key) -> dict[str, Sliced]:
        """Every slice of one table, by name."""
        panel = self._panels[key]
        return {
            one.name: self._sliced(view, panel, one)
            for one in _slices(panel.task, list(self._modes.values()))
        }

    def _sliced(self, view: View, panel: Panel, one: Slice) -> Sliced:
        source = replace(self._sources[one.axis], by=view.by)
        cells = [c for c in panel.cells if not one.mode or self._modes[c.mode] == one.mode]
        mask = _mask(panel.task, one)
        drafts = [d for d in _drafts(source, panel, cells, one, mask) if d.n_planned]
        ranked = one.ranks and view.by is not None and not panel.leaks and len(drafts) > 1
        places = rank(drafts, panel.card.direction) if ranked else unranked(drafts)
        setting = Setting(
            names=source.names, task=panel.task, card=panel.card, by=view.by,
            most_asked=most_asked(drafts),
        )  # fmt: skip
        rows = [make_row(setting, d, p) for d, p in zip(drafts, places.ranges, strict=True)]
        return Sliced(
            {(row.llm, row.video, row.mode): numbers_of(row) for row in rows},
            _human(panel, mask),
        )


def _read(board: Board, connection: DuckDBPyConnection) -> dict[str, Source]:
    """What the board was made of, with counts by '', `kind` and `topic`."""
    catalog = read_catalog(connection)
    modes = choose_modes(read_modes(connection), board.mode)
    ids = None if board.mode is None else tuple(mode.id for mode in modes)
    chosen = Filter(tuple(sorted({table.task_id for table in board.ranking})), ids)
    sizes = {task_id: len(task.query_ids) for task_id, task in catalog.tasks.items()}
    scores = read_scores(connection, chosen, sizes)
    counts = {part: replace(chosen, part=part or None) for part in ("", "kind", "topic")}
    read = {part: read_counts(connection, one) for part, one in counts.items()}
    cells = {cell for cell, _ in scores} | {cell for cell, _ in read[""].planned}
    whole = Source(
        catalog=catalog,
        scores=scores,
        counts=read[""],
        bills=read_bills(connection, chosen),
        by=None,
        names=names_of(catalog, modes, cells),
        modes=modes,
        cells=cells,
        evidence=read_evidence(connection, chosen, sizes),
    )
    return {
        part: replace(whole, counts=read[part], bills=read_bills(connection, one))
        for part, one in counts.items()
    }


def numbers_of(row: Row) -> Numbers:
    """Mean, interval, human percentile, scored, planned, failed, rank range, cost."""
    return [
        *(short(value) for value in (row.mean, row.ci_low, row.ci_high)),
        short(row.human_percentile, 3), row.n_scored, row.n_planned, row.n_failed,
        row.rank_low, row.rank_high, short(row.cost_usd, 4),
    ]  # fmt: skip


def _slices(task: TaskCard, modes: Sequence[str]) -> Iterator[Slice]:
    parts: list[tuple[str, str]] = [("", "")]
    for axis, labels in (("kind", task.kinds), ("topic", task.topics)):
        found = sorted(set(labels))
        parts += [(axis, label) for label in found if 1 < len(found) <= _MOST and label]
    every = ("", *modes) if len(modes) > 1 else ("",)
    for axis, part in parts:
        yield from (Slice(axis, part, mode) for mode in every if part or mode)


def _mask(task: TaskCard, one: Slice) -> Mask:
    if not one.part:
        return np.ones(len(task.query_ids), dtype=np.bool_)
    labels = task.kinds if one.axis == "kind" else task.topics
    return np.array([label == one.part for label in labels], dtype=np.bool_)


def _drafts(
    source: Source,
    panel: Panel,
    cells: Iterable[CellKey],
    one: Slice,
    mask: Mask,
) -> list[Draft]:
    """Drafts as if the part were the whole query set."""
    material = Material(scores_of(source, panel), source.counts, source.bills)
    drafts = draft_rows(group_cells(cells, source.by), source.by, {one.part: mask}, material)
    return [replace(draft, part="") for draft in drafts]


def _human(panel: Panel, mask: Mask) -> Numbers | None:
    topics = [topic for topic, kept in zip(panel.task.topics, mask, strict=True) if kept]
    found = human_scores(panel.card.anchors, topics)
    if found is None:
        return None
    estimate = found.estimate
    return [*(short(value) for value in (estimate.mean, estimate.low, estimate.high)), estimate.n]
