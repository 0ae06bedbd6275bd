"""The board in a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.text import Text

from popcorn_bench.leaderboard import flags, meanings, text, words
from popcorn_bench.leaderboard.apart import apart
from popcorn_bench.leaderboard.figures import figures_of
from popcorn_bench.leaderboard.model import Board, HumanRow, Row, Table
from popcorn_bench.leaderboard.scale import interval_of, scale_of
from popcorn_bench.leaderboard.terminal_generators import print_generators
from popcorn_bench.leaderboard.terminal_trust import print_trust
from popcorn_bench.leaderboard.terminal_uplift import print_uplift
from popcorn_bench.leaderboard.uplift import by_table
from popcorn_bench.leaderboard.widgets import (
    BAR,
    NAME,
    WIDE,
    bar,
    grid,
    plain,
    print_notes,
    print_title,
)

_ROOMY = WIDE + 20  # characters from which there is room for a second score


@dataclass(frozen=True, slots=True)
class _Column:
    """A column: its heading, and its text for a row and for the human row."""

    title: str
    of_row: Callable[[Row], Text | str]
    of_human: Callable[[HumanRow], Text | str]
    numeric: bool = False
    least: int = 0


def render(board: Board, console: Console) -> None:
    """Print a table per task and metric, descriptions, what modes change, and how far to trust it.

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
    for table in board.ranking:
        _print_metric(table, board.by, console)
    if notes := [*words.hidden_lines(board), *apart(board)]:
        print_notes(notes, console)
    for tables in board.describing:
        _print_descriptions(tables, console)
    labels = words.labels_of(board)
    for uplifts in by_table(board.uplift):
        print_uplift(uplifts, labels[words.key_of(uplifts[0])], console)
    if board.uplift:
        print_notes([words.uplift_columns(board)], console)
    print_generators(board, console)
    print_trust(board, console)
    _print_meanings(board, console)
    _print_legend(board, console)


def _print_metric(table: Table, by: str | None, console: Console) -> None:
    shown = grid()
    columns = list(_columns(table, console))
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
    print_title(_title(table, f"{text.clean(table.card.name)}{words.averaged_by(by)}"), console)
    console.print(shown)
    notes = (words.clause(table.card), words.rank_basis(table), *words.human_lines(table))
    print_notes(notes, console)


def _title(table: Table, what: str) -> str:
    return f"{text.clean(table.task)} · {what} · evaluator {text.clean(table.evaluator)}"


def _columns(table: Table, console: Console) -> Iterable[_Column]:
    scale, figures, wide = scale_of(table), figures_of(table), console.width >= WIDE
    if table.ranked:
        yield _Column("Rank", text.rank_range, lambda _: "", numeric=True)
    for i, name in enumerate(words.dimensions(table.rows)):
        yield _dimension(name, table.rows, first=i == 0)
    yield _Column("Score", figures.aligned, figures.aligned, numeric=True)
    if _has_people([table], console):
        yield _Column("People", _people, lambda _: "", numeric=True)
    if wide:

        def draw(row: Row | HumanRow) -> Text:
            return bar(interval_of(row), scale, ascii_only=console.options.ascii_only)

        yield _Column("95 % CI", draw, draw, least=BAR)
    yield _Column("n", _n, lambda human: f"{human.n:,}", numeric=True)
    yield _Column("Fail", lambda row: text.percent(row.fail_rate), lambda _: "", numeric=True)
    if wide and table.priced:
        yield _Column("Cost", text.cost, lambda _: "", numeric=True)
    if wide:
        yield _Column("Hum.", _percentile, lambda _: "", numeric=True)
    yield _Column("Notes", lambda row: flags.short(row.flags), lambda _: "")


def _dimension(name: str, rows: Sequence[Row], *, first: bool) -> _Column:
    def of_row(row: Row) -> str:
        return text.clean(getattr(row, name) or text.NOTHING)

    def of_human(human: HumanRow) -> str:
        part = getattr(human, name, None)
        return text.clean(f"human, {part}" if part else "human videos") if first else ""

    longest = max(len(of_row(row)) for row in rows)
    return _Column(words.HEADINGS[name], of_row, of_human, least=min(longest, NAME))


def _n(row: Row) -> str:
    return f"{row.n_scored:,}/{row.n_planned:,}"


def _has_people(tables: Sequence[Table], console: Console) -> bool:
    """Whether there is room for what people would give, and anything to show."""
    rows = (row for table in tables for row in table.rows)
    known = any(row.ppi is not None and row.ppi.estimate is not None for row in rows)
    return known and console.width >= _ROOMY


def _people(row: Row) -> str:
    if row.ppi is None or row.ppi.estimate is None or row.ppi.ci_high is None:
        return text.NOTHING
    margin = row.ppi.ci_high - row.ppi.estimate
    return f"{text.score(row.ppi.estimate, margin)} ±{text.score(margin, margin)}"


def _percentile(row: Row) -> str:
    return text.NOTHING if row.human_percentile is None else f"{row.human_percentile:.0f}"


def _print_descriptions(tables: Sequence[Table], console: Console) -> None:
    """Means of metrics that have no better or worse, side by side as far as there is room."""
    first, names = tables[0], words.dimensions(tables[0].rows)
    print_title(_title(first, "what the clips are like, not a ranking"), console)
    for beside in _fitting(tables, names, console.width):
        _print_beside(beside, names, console)
    print_notes([f"Sees: {text.clean(first.card.sees)}."], console)


def _print_beside(tables: Sequence[Table], names: Sequence[str], console: Console) -> None:
    shown = grid()
    for name in names:
        shown.add_column(words.HEADINGS[name], overflow="fold")
    for table in tables:
        shown.add_column(plain(_stacked(table)), justify="right", overflow="fold")
    for key, means in words.side_by_side(tables, names).items():
        shown.add_row(*(plain(text.clean(part)) for part in key), *map(text.score, means))
    console.print(shown)


def _fitting(tables: Sequence[Table], names: Sequence[str], width: int) -> list[list[Table]]:
    """As many metrics beside each other as the width holds, at least one."""
    rows = words.side_by_side(tables, names)
    left = width - 1
    for i, name in enumerate(names):
        left -= _width([words.HEADINGS[name], *(text.clean(key[i]) for key in rows)])
    groups: list[list[Table]] = [[]]
    taken = 0
    for i, table in enumerate(tables):
        wanted = _width([*_stacked(table).split("\n"), *(text.score(m[i]) for m in rows.values())])
        if groups[-1] and taken + wanted > left:
            groups, taken = [*groups, []], 0
        groups[-1].append(table)
        taken += wanted
    return groups


def _width(cells: Iterable[str]) -> int:
    """What a column takes, with the space beside it."""
    return 1 + max(map(len, cells))


def _stacked(table: Table) -> str:
    """The metric's name, a line per word."""
    return text.clean(table.card.name).replace("_", "_\n")


def _print_meanings(board: Board, console: Console) -> None:
    print_title("What the metrics mean", console)
    for name, meaning in meanings.meanings_of_ranked(board):
        console.print(Text.assemble(name, (f": {meaning}", "dim")))
    print_notes(meanings.where_described(board), console)


def _print_legend(board: Board, console: Console) -> None:
    wide = console.width >= WIDE
    lines = words.mode_lines(board)
    lines += [f"{mark}  {said}" for mark, said in flags.short_legend(words.flags_of(board))]
    lines.append(
        "Hum.  percentile among human videos of the topic"
        if wide
        else "A wider terminal shows more columns."
    )
    if _has_people(board.ranking, console):
        lines.append("People  mean that people would give, by their ratings of a part (see above)")
    for line in lines:
        console.print(Text(line, style="dim"))
