"""From cells to the values and counts of one row, before ranks are known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from popcorn_bench.leaderboard.paid import Bills, Paid, paid_for
from popcorn_bench.leaderboard.query import CellKey, CellScores, Counts
from popcorn_bench.leaderboard.statistics.interval import Floats
from popcorn_bench.leaderboard.statistics.marginal import query_means

Mask = NDArray[np.bool_]
COVERAGE = 0.95


@dataclass(frozen=True, slots=True)
class Material:
    """What the rows of one table are made of; a cell without any score is absent in `scores`."""

    scores: Mapping[CellKey, CellScores]
    counts: Counts
    bills: Bills


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """One row in the making.

    `part` is its topic or kind, '' for all queries. `values` and `percentiles` have shape (Q,),
    NaN for a query that lacks any of the row's columns; `asked` counts the queries with any
    score. `balanced` says whether the row has all the columns that the others have.
    """

    cells: tuple[CellKey, ...]
    part: str
    values: Floats
    percentiles: Floats
    asked: int
    n_scored: int
    n_planned: int
    n_failed: int
    partial: bool
    paid: Paid
    balanced: bool

    def fewer_queries(self, most: int) -> bool:
        """Whether it has so few queries that ranking on shared ones would cost the others theirs.

        Args:
            most: the largest query set of the table.
        """
        return not self.part and self.asked < COVERAGE * most

    @property
    def covered(self) -> bool:
        """Whether enough of the plan is scored for a fair place among the others."""
        return self.n_scored > 0 and self.n_scored >= COVERAGE * self.n_planned


def most_asked(drafts: Sequence[Draft]) -> int:
    """The largest query set among the rows that cover their plan."""
    return max((draft.asked for draft in drafts if draft.covered), default=0)


def group_cells(cells: Iterable[CellKey], by: str | None) -> list[tuple[CellKey, ...]]:
    """The cells behind each row."""
    groups: dict[tuple[str, ...], list[CellKey]] = {}
    for cell in sorted(cells):
        groups.setdefault(_entity(cell, by), []).append(cell)
    return [tuple(group) for group in groups.values()]


def draft_rows(
    groups: Sequence[tuple[CellKey, ...]],
    by: str | None,
    parts: Mapping[str, Mask],
    material: Material,
) -> list[Draft]:
    """One draft per group and part.

    Args:
        groups: cells per row.
        by: dimension that tells rows apart.
        parts: queries of each part, shape (Q,).
        material: scores, counts and costs.
    """
    columns = [{_column(cell, by) for cell in group} for group in groups]
    complete = set[tuple[str, ...]]().union(*columns)
    return [
        _draft(group, part, mask, material, balanced=own == complete)
        for group, own in zip(groups, columns, strict=True)
        for part, mask in parts.items()
    ]


def _draft(
    cells: tuple[CellKey, ...], part: str, mask: Mask, material: Material, *, balanced: bool
) -> Draft:
    scores, counts = material.scores, material.counts
    found = [scores[cell] for cell in cells if cell in scores]
    done = {cell: int(scores[cell].counts[mask].sum()) for cell in cells if cell in scores}
    failed = {cell: counts.failed.get((cell, part), 0) for cell in cells}
    plans = [counts.planned.get((cell, part)) for cell in cells]
    planned = [
        done.get(cell, 0) + failed[cell] if plan is None else plan.units
        for cell, plan in zip(cells, plans, strict=True)
    ]
    blank = np.full(mask.shape, np.nan)
    any_score = sum((item.counts for item in found), np.zeros(mask.shape, np.int64)) > 0
    return Draft(
        cells=cells,
        part=part,
        values=np.where(mask, _over_columns([c.scores for c in found], blank), np.nan),
        percentiles=np.where(mask, _over_columns([c.percentiles for c in found], blank), np.nan),
        asked=int((any_score & mask).sum()),
        n_scored=sum(done.values()),
        n_planned=sum(planned),
        n_failed=sum(failed.values()),
        partial=any(plan.partial for plan in plans if plan is not None),
        paid=paid_for(material.bills, cells, part),
        balanced=balanced,
    )


def _over_columns(columns: list[Floats], blank: Floats) -> Floats:
    return query_means(np.stack(columns)) if columns else blank


def _entity(cell: CellKey, by: str | None) -> tuple[str, ...]:
    match by:
        case "llm":
            return (cell.llm_id,)
        case "video":
            return (cell.video_id,)
        case "mode":
            return (cell.mode,)
        case None:
            return (cell.llm_id, cell.video_id, cell.mode)
        case _:
            return ()


def _column(cell: CellKey, by: str | None) -> tuple[str, ...]:
    """What else tells the cells of one row apart."""
    match by:
        case "llm":
            return (cell.video_id, cell.mode)
        case "video":
            return (cell.llm_id, cell.mode)
        case "mode":
            return (cell.llm_id, cell.video_id)
        case None:
            return ()
        case _:
            return (cell.llm_id, cell.video_id, cell.mode)
