"""The board in a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from rich.console import Console
from rich.text import Text

from popcorn_bench.leaderboard import text, words
from popcorn_bench.leaderboard.model import Board, HumanRow, Row, Table
from popcorn_bench.leaderboard.scale import interval_of, scale_of
from popcorn_bench.leaderboard.terminal_uplift import print_uplift
from popcorn_bench.leaderboard.uplift import by_table
from popcorn_bench.leaderboard.widgets import BAR, NAME, WIDE, bar, grid, plain


@dataclass(frozen=True, slots=True)
class _Column:
    """A column: its heading, and its text for a row and for the human row."""

    title: str
    of_row: Callable[[Row], Text | str]
    of_human: Callable[[HumanRow], Text | str]
    numeric: bool = False
    least: int = 0


def render(board: Board, console: Console) -> None:
    """Print a table per task and metric, the descriptions of each task, and what modes change.

    Columns that do not fit (interval bar, cost, human percentile) are left out below 100
    characters.
    """
    if not board.tables:
        console.print("No scores yet: nothing to show.", markup=False)
        return
    if board.baselines_only:
        console.print(
            Text("Baselines only: these numbers show the harness, not a model.", style="yellow")
        )
    for table in board.tables:
        if not table.descriptive:
            _print_metric(table, board.by, console)
    descriptive = [table for table in board.tables if table.descriptive]
    for _, tables in groupby(descriptive, key=lambda table: (table.task_id, table.evaluator)):
        _print_descriptions(list(tables), console)
    for uplifts in by_table(board.uplift):
        print_uplift(uplifts, console)
    _print_legend(board, console)


def _print_metric(table: Table, by: str | None, console: Console) -> None:
    wide = console.width >= WIDE
    shown = grid(_title(table, by))
    columns = list(_columns(table, wide=wide, ascii_only=console.options.ascii_only))
    for column in columns:
        shown.add_column(
            column.title,
            justify="right" if column.numeric else "left",
            no_wrap=column.numeric,
            min_width=column.least or None,
            overflow="fold",
        )
    for row in table.rows:
        style = "dim" if row.baseline or row.mean is None else ""
        shown.add_row(*(plain(column.of_row(row)) for column in columns), style=style)
    for human in table.human:
        shown.add_row(*(plain(column.of_human(human)) for column in columns), style="cyan")
    console.print(shown)
    for line in (
        words.caption(table),
        words.rank_basis(table),
        *map(words.human_line, table.human),
    ):
        if line:
            console.print(Text(line, style="dim"))
    console.print()


def _title(table: Table, by: str | None) -> Text:
    averaged = f", by {words.HEADINGS[by].lower() if by != 'llm' else 'LLM'}" if by else ""
    parts = (text.clean(table.task), f"{text.clean(table.card.name)}{averaged}")
    return Text(" · ".join(parts) + f"  ({text.clean(table.evaluator)})", style="bold")


def _columns(table: Table, *, wide: bool, ascii_only: bool) -> Iterable[_Column]:
    scale = scale_of(table)
    if table.ranked:
        yield _Column("Rank", text.rank_range, lambda _: "", numeric=True)
    for i, name in enumerate(words.dimensions(table.rows)):
        yield _dimension(name, table.rows, first=i == 0)
    yield _Column("Score", text.with_margin, text.with_margin, numeric=True)
    if wide:

        def draw(row: Row | HumanRow) -> Text:
            return bar(interval_of(row), scale, ascii_only=ascii_only)

        yield _Column("95 % CI", draw, draw, least=BAR)
    yield _Column("n", _n, lambda human: f"{human.n:,}", numeric=True)
    yield _Column("Fail", lambda row: text.percent(row.fail_rate), lambda _: "", numeric=True)
    if wide:
        yield _Column("Cost", lambda row: text.money(row.cost_usd), lambda _: "", numeric=True)
        yield _Column("Hum.", _percentile, lambda _: "", numeric=True)
    yield _Column("Notes", lambda row: " ".join(map(text.short_flag, row.flags)), lambda _: "")


def _dimension(name: str, rows: Sequence[Row], *, first: bool) -> _Column:
    def of_row(row: Row) -> str:
        return text.clean(getattr(row, name) or "–")  # noqa: RUF001

    def of_human(human: HumanRow) -> str:
        part = getattr(human, name, None)
        return text.clean(f"human, {part}" if part else "human videos") if first else ""

    longest = max(len(of_row(row)) for row in rows)
    return _Column(words.HEADINGS[name], of_row, of_human, least=min(longest, NAME))


def _n(row: Row) -> str:
    return f"{row.n_scored:,}/{row.n_planned:,}"


def _percentile(row: Row) -> str:
    return "–" if row.human_percentile is None else f"{row.human_percentile:.0f}"  # noqa: RUF001


def _print_descriptions(tables: Sequence[Table], console: Console) -> None:
    """Means of metrics that have no better or worse, side by side."""
    first = tables[0]
    title = f"{text.clean(first.task)} · what the clips are like, not a ranking"
    shown = grid(Text(f"{title}  ({text.clean(first.evaluator)})", style="bold"))
    names = words.dimensions(first.rows)
    for name in names:
        shown.add_column(words.HEADINGS[name], overflow="fold")
    for table in tables:
        shown.add_column(plain(text.clean(table.card.name)), justify="right", overflow="fold")
    for key, means in words.side_by_side(tables, names).items():
        shown.add_row(*(plain(text.clean(part)) for part in key), *map(text.score, means))
    console.print(shown)
    console.print(Text(f"It sees: {text.clean(first.card.sees)}.", style="dim"))
    console.print()


def _print_legend(board: Board, console: Console) -> None:
    for line in words.mode_lines(board):
        console.print(Text(line, style="dim"))
    for name, meaning in words.flags_of(board):
        if mark := text.MARKS[name]:
            console.print(Text(f"{mark}  {meaning}", style="dim"))
    if console.width >= WIDE:
        console.print(Text("Hum.  percentile among human videos of the topic", style="dim"))
