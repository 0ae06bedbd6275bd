"""Boards and comparisons from Python, which notebooks show as tables."""

from __future__ import annotations

from contextlib import ExitStack, closing
from dataclasses import dataclass
from html import escape
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from popcorn_bench.leaderboard import export
from popcorn_bench.leaderboard.board import board
from popcorn_bench.leaderboard.compare.compare import Options
from popcorn_bench.leaderboard.compare.compare import compare as compared
from popcorn_bench.leaderboard.compare.markdown import to_markdown as in_markdown
from popcorn_bench.leaderboard.compare.model import Comparison, Delta
from popcorn_bench.leaderboard.compare.side import Place, Wanted
from popcorn_bench.leaderboard.model import Board, Row
from popcorn_bench.leaderboard.terminal import render
from popcorn_bench.leaderboard.trust.ratings.file import read_ratings
from popcorn_bench.results import index

if TYPE_CHECKING:
    import polars as pl

Folder = str | Path


@dataclass(frozen=True)
class Leaderboard:
    """A board with its rows, as text, as files, and as a table in a notebook."""

    board: Board
    folders: tuple[Path, ...]

    @property
    def rows(self) -> tuple[Row, ...]:
        """The rows in the order of the board."""
        return tuple(self.board.rows)

    def to_polars(self) -> pl.DataFrame:
        """The rows as a data frame."""
        import polars as pl

        return pl.read_csv(StringIO(self.to_csv()), infer_schema_length=None)

    def to_json(self) -> str:
        """As `popcorn-bench leaderboard --json`."""
        return export.to_json(self.board)

    def to_csv(self) -> str:
        """As `--csv`."""
        return export.to_csv(self.board)

    def to_markdown(self) -> str:
        """As `--markdown`."""
        return export.to_markdown(self.board)

    def __str__(self) -> str:
        from rich.console import Console

        out = StringIO()
        render(self.board, Console(file=out, width=160))
        return out.getvalue()

    def _repr_html_(self) -> str:
        """One table per task and metric; everything that a model wrote is escaped."""
        heads = ("rank", "LLM", "video", "mode", "score", "95 % interval", "scored", "failed")
        tables: dict[tuple[str, str], list[Row]] = {}
        for row in self.board.rows:
            tables.setdefault((row.task, row.metric), []).append(row)
        return "".join(
            _table(f"{task}: {metric}", heads, [_cells(row) for row in rows])
            for (task, metric), rows in tables.items()
        )


@dataclass(frozen=True)
class Compared:
    """A comparison, as text and as a table in a notebook."""

    comparison: Comparison

    @property
    def exit_code(self) -> int:
        """Of a gate: 0 passed, 3 inconclusive, 4 regressed, 5 not comparable."""
        return self.comparison.exit_code

    def to_markdown(self) -> str:
        """As `popcorn-bench compare --markdown`."""
        return in_markdown(self.comparison)

    def __str__(self) -> str:
        return self.to_markdown()

    def _repr_html_(self) -> str:
        heads = ("part", "A", "B", "B - A", "95 % interval", "p (Holm)", "queries")
        found = self.comparison
        deltas = [*filter(None, [found.overall]), *found.slices]
        title = f"{found.metric}: {found.b.label} against {found.a.label}"
        verdict = f", {found.verdict.value}" if found.verdict else ""
        return _table(title + verdict, heads, [_delta(delta) for delta in deltas])


def leaderboard(
    *folders: Folder,
    tasks: tuple[str, ...] | None = None,
    by: str | None = None,
    mode: str | None = None,
    metric: str | None = None,
    ratings: Folder | None = None,
    gpu_hour_usd: float | None = None,
) -> Leaderboard:
    """The board of one or several results folders (`results`, if none is named).

    Args:
        *folders: whose rows join on one board where task and evaluator are the same.
        tasks: only these.
        by: average over all but `llm`, `video`, `mode`, `topic` or `kind`.
        mode: only this.
        metric: only this.
        ratings: CSV of human ratings of part of the videos, for corrected means.
        gpu_hour_usd: price of an hour on a GPU.

    Raises:
        UsageError: for a name that is not in the results.
    """
    paths = tuple(map(Path, folders or ("results",)))
    with closing(index.connect(paths)) as connection:
        found = board(
            connection,
            tasks=tasks,
            by=by,
            mode=mode,
            metric=metric,
            ratings=read_ratings(Path(ratings)) if ratings else None,
            gpu_hour_usd=gpu_hour_usd,
        )
    return Leaderboard(found, paths)


def compare(
    a: Folder,
    b: Folder | None = None,
    /,
    *,
    llm: tuple[str, str] | None = None,
    video: tuple[str, str] | None = None,
    task: str | None = None,
    mode: str | None = None,
    **options: Any,  # noqa: ANN401 - fields of Options
) -> Compared:
    """Whether B is better than A, paired by query.

    Args:
        a: results folder of the baseline, or of both with `llm` or `video`.
        b: results folder of what is new.
        llm: this LLM of A against that of B.
        video: the same for generators.
        task: only this.
        mode: only this.
        **options: `metric`, `evaluator`, `by`, `gate`, `margin`, `allow_incomplete`, `movers`, as
            those of `popcorn-bench compare`.

    Raises:
        UsageError: for a name that is not in the results.
    """
    with ExitStack() as stack:
        paths = list(dict.fromkeys(map(Path, (a, b if b is not None else a))))
        opened = {p: stack.enter_context(closing(index.connect([p]))) for p in paths}
        first, last = (Place(opened[p], p, None) for p in (paths[0], paths[-1]))
        sides = [
            Wanted(llm=_side(llm, n), video=_side(video, n), task=task, mode=mode) for n in (0, 1)
        ]
        return Compared(compared(first, last, (sides[0], sides[1]), Options(**options)))


def _side(names: tuple[str, str] | None, number: int) -> str | None:
    return names[number] if names else None


def _cells(row: Row) -> tuple[str, ...]:
    ranks = "" if row.rank_low is None else f"{row.rank_low}-{row.rank_high}"
    interval = f"{_number(row.ci_low)} to {_number(row.ci_high)}" if row.ci_low is not None else ""
    counts = f"{row.n_scored}/{row.n_planned}", str(row.n_failed)
    return (
        *(ranks, row.llm or "", row.video or "", row.mode or ""),
        *(_number(row.mean), interval, *counts),
    )


def _delta(delta: Delta) -> tuple[str, ...]:
    interval = f"{_number(delta.ci_low)} to {_number(delta.ci_high)}"
    numbers = (delta.mean_a, delta.mean_b, delta.delta)
    part = f"{delta.dimension} {delta.value}".strip() or "all"
    return (part, *map(_number, numbers), interval, _number(delta.p_holm), str(delta.n))


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _table(title: str, heads: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in heads)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows
    )
    return (
        f"<table><caption>{escape(title)}</caption><thead><tr>{head}</tr></thead>"
        f"<tbody>{body}</tbody></table>"
    )
