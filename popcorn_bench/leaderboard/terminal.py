"""The board in a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from popcorn_bench.leaderboard import text, words
from popcorn_bench.leaderboard.model import Board, HumanRow, Row, Table
from popcorn_bench.leaderboard.scale import Scale, scale_of

_WIDE = 100
_BAR = 11
_NAME = 13


@dataclass(frozen=True, slots=True)
class _Column:
    """A column: its heading, and its text for a row and for the human row."""

    title: str
    of_row: Callable[[Row], Text | str]
    of_human: Callable[[HumanRow], Text | str]
    numeric: bool = False
    least: int = 0


def render(board: Board, console: Console) -> None:
    """Print a table per task and metric, then the descriptions of each task.

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
    _print_legend(board, console)


def _print_metric(table: Table, by: str | None, console: Console) -> None:
    wide = console.width >= _WIDE
    grid = _grid(_title(table, by))
    columns = list(_columns(table, wide=wide, ascii_only=console.options.ascii_only))
    for column in columns:
        grid.add_column(
            column.title,
            justify="right" if column.numeric else "left",
            no_wrap=column.numeric,
            min_width=column.least or None,
            overflow="fold",
        )
    for row in table.rows:
        style = "dim" if row.baseline or row.mean is None else ""
        grid.add_row(*(column.of_row(row) for column in columns), style=style)
    for human in table.human:
        grid.add_row(*(column.of_human(human) for column in columns), style="cyan")
    console.print(grid)
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
            return _bar(row, scale, ascii_only=ascii_only)

        yield _Column("95 % CI", draw, draw, least=_BAR)
    yield _Column("n", _n, lambda human: f"{human.n:,}", numeric=True)
    yield _Column("Fail", lambda row: text.percent(row.fail_rate), lambda _: "", numeric=True)
    if wide:
        yield _Column("Cost", lambda row: text.money(row.cost_usd), lambda _: "", numeric=True)
        yield _Column("Hum.", _percentile, lambda _: "", numeric=True)
    yield _Column("Notes", lambda row: " ".join(map(text.short_flag, row.flags)), lambda _: "")


def _grid(title: Text) -> RichTable:
    return RichTable(box=SIMPLE_HEAD, title=title, title_justify="left", padding=0, pad_edge=False)


def _dimension(name: str, rows: Sequence[Row], *, first: bool) -> _Column:
    def of_row(row: Row) -> str:
        return text.clean(getattr(row, name) or "–")  # noqa: RUF001

    def of_human(human: HumanRow) -> str:
        part = getattr(human, name, None)
        return text.clean(f"human, {part}" if part else "human videos") if first else ""

    longest = max(len(of_row(row)) for row in rows)
    return _Column(words.HEADINGS[name], of_row, of_human, least=min(longest, _NAME))


def _bar(row: Row | HumanRow, scale: Scale, *, ascii_only: bool) -> Text:
    line, dot = ("-", "o") if ascii_only else ("─", "●")
    if row.mean is None:
        return Text("")
    low, high = row.ci_low, row.ci_high
    places = [round(scale.at(v if v is not None else row.mean) * (_BAR - 1)) for v in (low, high)]
    bar = [line if places[0] <= i <= places[1] else " " for i in range(_BAR)]
    bar[round(scale.at(row.mean) * (_BAR - 1))] = dot
    return Text("".join(bar))


def _n(row: Row) -> str:
    return f"{row.n_scored:,}/{row.n_planned:,}"


def _percentile(row: Row) -> str:
    return "–" if row.human_percentile is None else f"{row.human_percentile:.0f}"  # noqa: RUF001


def _print_descriptions(tables: Sequence[Table], console: Console) -> None:
    """Means of metrics that have no better or worse, side by side."""
    first = tables[0]
    title = f"{text.clean(first.task)} · what the clips are like, not a ranking"
    grid = _grid(Text(f"{title}  ({text.clean(first.evaluator)})", style="bold"))
    names = words.dimensions(first.rows)
    for name in names:
        grid.add_column(words.HEADINGS[name], overflow="fold")
    for table in tables:
        grid.add_column(text.clean(table.card.name), justify="right", overflow="fold")
    for key, means in words.side_by_side(tables, names).items():
        grid.add_row(*(text.clean(part) for part in key), *(text.score(mean) for mean in means))
    console.print(grid)
    console.print(Text(f"It sees: {text.clean(first.card.sees)}.", style="dim"))
    console.print()


def _print_legend(board: Board, console: Console) -> None:
    for name, meaning in words.flags_of(board):
        if mark := text.MARKS[name]:
            console.print(Text(f"{mark}  {meaning}", style="dim"))
    if console.width >= _WIDE:
        console.print(Text("Hum.  percentile among human videos of the topic", style="dim"))
