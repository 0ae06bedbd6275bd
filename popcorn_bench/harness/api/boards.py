"""Boards from Python, which notebooks show as tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from io import StringIO
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING

from popcorn_bench.errors import UsageError
from popcorn_bench.harness import pages
from popcorn_bench.harness.api import notebook
from popcorn_bench.harness.api.telling import (
    Folder,
    Names,
    Tell,
    damage,
    folders_of,
    optional,
    silent,
)
from popcorn_bench.harness.licences import forbidden
from popcorn_bench.leaderboard import export, flags, text, words
from popcorn_bench.leaderboard.board import board
from popcorn_bench.leaderboard.figures import Figures, figures_of
from popcorn_bench.leaderboard.model import Board, HumanRow, Row, Table
from popcorn_bench.leaderboard.standing.compute import Standings, standings
from popcorn_bench.leaderboard.terminal import render
from popcorn_bench.leaderboard.trust.ratings.file import read_ratings
from popcorn_bench.results import index

if TYPE_CHECKING:
    import polars as pl

_WORDS = frozenset({*words.HEADINGS.values(), "Notes"})


@dataclass(frozen=True, slots=True)
class Leaderboard:
    """A board with its rows, as text, as files, and as a table in a notebook.

    `orders` is how sure the order of the models is, and `warnings` name what could not be read.
    """

    board: Board
    folders: tuple[Path, ...]
    orders: Standings
    warnings: tuple[str, ...] = ()

    @property
    def rows(self) -> tuple[Row, ...]:
        """The rows in the order of the board."""
        return self.board.rows

    def to_polars(self) -> pl.DataFrame:
        """The rows as a data frame with the columns of `to_csv`."""
        import polars as pl

        return pl.read_csv(StringIO(self.to_csv()), infer_schema_length=None)

    def to_json(self) -> str:
        """As `popcorn-bench leaderboard --json`."""
        return export.to_json(self.board, self.orders)

    def to_csv(self) -> str:
        """As `--csv`."""
        return export.to_csv(self.board)

    def to_markdown(self) -> str:
        """As `--markdown`."""
        return export.to_markdown(self.board)

    def to_html(self, folder: Folder, *, inline_videos: int = 0, warn: Tell = silent) -> Path:
        """Write the page to `folder/index.html`, as `--html`.

        The results are read again, for prompts and clips; the numbers stay those of this board.

        Args:
            folder: made if it is missing.
            inline_videos: how many clips go into the page itself.
            warn: told what the page has to do without.

        Returns:
            The path of the page.

        Raises:
            UsageError: where the results are not there any more.
        """
        with closing(index.connect(self.folders)) as connection:
            return pages.write_page(
                self.board,
                connection,
                self.folders,
                Path(folder),
                inline_videos=inline_videos,
                forbids=forbidden(connection),
                warn=warn,
                note=warn,
            )

    def __str__(self) -> str:
        """As in a wide terminal."""
        from rich.console import Console

        out = StringIO()
        render(self.board, Console(file=out, width=160))
        return out.getvalue()

    def _repr_html_(self) -> str:
        """One table per task and ranked metric, with the columns of the terminal."""
        if not self.board.tables:
            return notebook.notes(["No scores yet: nothing to show."])
        return "".join(self._blocks())

    def _blocks(self) -> Iterator[str]:
        if self.board.baselines_only:
            yield notebook.notes(["Baselines only: these numbers show the harness, not a model."])
        for shown in self.board.ranking:
            yield _table(shown, self.board.by)
        yield notebook.notes(words.hidden_lines(self.board))
        said = flags.short_legend(words.flags_of(self.board))
        yield notebook.notes([" · ".join(f"{mark}: {meaning}" for mark, meaning in said)])


def leaderboard(  # noqa: PLR0913 - one per option of the command
    *folders: Folder,
    tasks: Names | None = None,
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

    Returns:
        The board; a run may be writing meanwhile, and what is finished counts.

    Raises:
        UsageError: for a folder without results and a name that is not in them.
    """
    if gpu_hour_usd is not None and not 0 <= gpu_hour_usd < inf:
        raise UsageError(f"--gpu-hour-usd: {gpu_hour_usd} is no price")
    paths = folders_of(folders)
    rated = read_ratings(Path(ratings)) if ratings else None
    with closing(index.connect(paths)) as connection:
        found = board(
            connection,
            tasks=optional(tasks),
            by=by,
            mode=mode,
            metric=metric,
            ratings=rated,
            gpu_hour_usd=gpu_hour_usd,
        )
        return Leaderboard(found, paths, standings(found, connection), damage(connection))


def _table(shown: Table, by: str | None) -> str:
    figures, names = figures_of(shown), words.dimensions(shown.rows)
    heads = ["Rank"] if shown.ranked else []
    heads += [*(words.HEADINGS[name] for name in names), "Score", "n", "Fail"]
    heads += ["Cost"] if shown.priced else []
    heads += ["Hum.", "Notes"]
    rows = [_of_row(row, shown, names, figures) for row in shown.rows]
    rows += [_of_human(human, heads, figures) for human in shown.human]
    title = f"{shown.task} · {shown.card.name}{words.averaged_by(by)} · evaluator {shown.evaluator}"
    said = (words.clause(shown.card), words.rank_basis(shown), *words.human_lines(shown))
    return notebook.table(title, heads, rows, words=_WORDS) + notebook.notes(said)


def _of_row(row: Row, shown: Table, names: Sequence[str], figures: Figures) -> list[str]:
    percentile = text.NOTHING if row.human_percentile is None else f"{row.human_percentile:.0f}"
    return [
        *([text.rank_range(row)] if shown.ranked else []),
        *(getattr(row, name) or text.NOTHING for name in names),
        figures.with_margin(row),
        f"{row.n_scored:,}/{row.n_planned:,}",
        text.percent(row.fail_rate),
        *([text.cost(row)] if shown.priced else []),
        percentile,
        flags.short(row.flags),
    ]


def _of_human(human: HumanRow, heads: list[str], figures: Figures) -> list[str]:
    """The human row: its name stands in the first column of names."""
    part = human.topic or human.kind
    cells = {"Score": figures.with_margin(human), "n": f"{human.n:,}"}
    first = next((head for head in heads if head in words.HEADINGS.values()), "Notes")
    cells[first] = f"human, {part}" if part else "human videos"
    return [cells.get(head, "") for head in heads]
