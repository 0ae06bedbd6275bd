"""One ranked table as the page draws it: rows with whiskers, and the same as data for scripts."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from popcorn_bench.leaderboard import text, words
from popcorn_bench.leaderboard.figures import Figures, figures_of, uplift_figures
from popcorn_bench.leaderboard.model import Board, HumanRow, Row, Table, Uplift
from popcorn_bench.leaderboard.page.slices import Sliced, numbers_of
from popcorn_bench.leaderboard.page.views import View
from popcorn_bench.leaderboard.scale import Scale, interval_of, scale_of, uplift_scale

_DIGIT = "\u2007"  # a space as wide as a digit
_NO_SLUG = re.compile(r"[^A-Za-z0-9_.]+")


@dataclass(frozen=True, slots=True)
class About:
    """What a page knows of models beside their scores: families, and seconds a clip took."""

    families: Mapping[str, str]
    seconds: Mapping[str, float]

    def family(self, row: Row) -> str:
        """Family of the LLM, or of the generator where there is no LLM."""
        return self.families.get(row.llm or row.video or "", "")

    def took(self, row: Row) -> float | None:
        """Median seconds for a clip of its generator."""
        return self.seconds.get(row.video) if row.video else None


def anchors_of(views: Sequence[View], board: Board) -> dict[tuple[str, words.Key], str]:
    """The address of each table within the page: readable, and one of its own."""
    found: dict[tuple[str, words.Key], str] = {}
    labels = words.labels_of(board)
    for view in views:
        for table in view.tables:
            key = words.key_of(table)
            label = labels.get(key, key.metric)
            wanted = _NO_SLUG.sub("-", f"{view.name}-{key.task}-{label}").strip("-")
            taken = found.values()
            tries = (wanted, *(f"{wanted}-{number}" for number in range(2, len(found) + 3)))
            found[view.name, key] = next(name for name in tries if name not in taken)
    return found


def panel(table: Table, view: View, anchor: str, about: About) -> Mapping[str, Any]:
    """One ranked metric with the places of its whiskers in percent."""
    scale, figures = scale_of(table), figures_of(table)
    reference = table.human[0].mean if len(table.human) == 1 else None
    return {
        "key": words.key_of(table),
        "view": view,
        "anchor": anchor,
        "table": table,
        "names": words.dimensions(table.rows),
        "finding": words.finding(table),
        "clause": words.clause(table.card),
        "basis": words.rank_basis(table),
        "human_lines": words.human_lines(table),
        **_axis(scale),
        "human_at": None if reference is None else place(scale, reference),
        "rows": [(row, whisker(row, scale, figures), each(row)) for row in table.rows],
        "human": [(human, whisker(human, scale, figures)) for human in table.human],
        "percentiles": any(row.human_percentile is not None for row in table.rows),
        "timed": any(about.took(row) is not None for row in table.rows),
        "decimals": figures.decimals,
    }


def panel_data(
    shown: Mapping[str, Any], label: str, slices: Mapping[str, Sliced], about: About
) -> Mapping[str, object]:
    """The same for scripts: names, numbers of all rows, and those of every slice."""
    table: Table = shown["table"]
    return {
        "id": shown["anchor"],
        "view": shown["view"].name,
        "task": table.task,
        "metric": label,
        "evaluator": table.evaluator,
        "lower": table.card.direction == "lower",
        "decimals": shown["decimals"],
        "dims": shown["names"],
        "rows": [_names(row, about) for row in table.rows],
        "numbers": [numbers_of(row) for row in table.rows],
        "human": _human(table.human),
        "slices": {name: _aligned(one, table.rows) for name, one in slices.items()},
    }


def uplift_panel(uplifts: tuple[Uplift, ...], anchor: str) -> Mapping[str, object]:
    """The changes of one task and metric, with zero marked."""
    scale, figures = uplift_scale(uplifts), uplift_figures(uplifts)
    return {
        "key": words.key_of(uplifts[0]),
        "anchor": anchor,
        "first": uplifts[0],
        "title": words.uplift_title(uplifts),
        "finding": words.uplift_finding(uplifts),
        "basis": words.uplift_basis(uplifts),
        "names": words.uplift_names(uplifts),
        **_axis(scale),
        "zero_at": place(scale, 0.0),
        "rows": [(uplift, whisker(uplift, scale, figures)) for uplift in uplifts],
        "copying": any(uplift.copying is not None for uplift in uplifts),
    }


def about_of(board: Board, families: Mapping[str, str]) -> About:
    """Seconds per clip from the generators' records."""
    known = {one.label: one.taken.median for one in board.generators if not one.covers}
    own = {one.label: one.card.family for one in board.generators if one.card.family}
    return About({**own, **families}, {name: s for name, s in known.items() if s is not None})


def each(row: Row) -> str:
    """What one scored sample of a row cost."""
    if row.cost_usd is None or not row.n_scored:
        return text.cost(row)
    return text.money(row.cost_usd / row.n_scored)


def whisker(
    row: Row | HumanRow | Uplift, scale: Scale, figures: Figures
) -> Mapping[str, str | None]:
    """The score of a row in words, and where its interval is drawn (None: nowhere)."""
    shown = figures.aligned(row, _DIGIT)
    interval = interval_of(row)
    if interval is None:
        return {"shown": shown, "mean": None}
    low, mean, high = interval
    said = f"{figures.with_margin(row)}, from {figures.number(low)} to {figures.number(high)}"
    return {
        "shown": shown,
        "low": place(scale, low),
        "mean": place(scale, mean),
        "high": place(scale, high),
        "label": said,
    }


def place(scale: Scale, value: float) -> str:
    """Where to draw: a margin on both sides keeps the dots whole."""
    return f"{4 + 92 * scale.at(value):.1f}%"


def seconds(value: float | None) -> str:
    """Seconds a clip took."""
    return text.NOTHING if value is None else f"{value:,.1f}" if value < 100 else f"{value:,.0f}"  # noqa: PLR2004 - three digits say enough


def _axis(scale: Scale) -> Mapping[str, str]:
    span = scale.high - scale.low
    return {"low": text.score(scale.low, span), "high": text.score(scale.high, span)}


def _names(row: Row, about: About) -> list[object]:
    names = [row.llm, row.video, row.mode, row.topic or row.kind, about.family(row)]
    cleaned = [None if name is None else text.clean(name) for name in names]
    return [*cleaned, [text.clean(flag) for flag in row.flags], about.took(row)]


def _human(human: Sequence[HumanRow]) -> list[float | None] | None:
    if len(human) != 1:
        return None
    return [human[0].mean, human[0].ci_low, human[0].ci_high, human[0].n]


def _aligned(one: Sliced, rows: Sequence[Row]) -> Mapping[str, object]:
    """Numbers in the order of the rows, null for a row that the slice lacks."""
    found = [one.rows.get((row.llm, row.video, row.mode)) for row in rows]
    return {"rows": found, "human": one.human}
