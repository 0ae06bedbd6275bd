"""Pieces that the tables in a terminal share."""

from __future__ import annotations

from collections.abc import Iterable

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from popcorn_bench.leaderboard.scale import Interval, Scale

WIDE = 100  # characters from which the columns of second rank are shown
BAR = 11
NAME = 13  # least characters of a name


def grid() -> RichTable:
    """An empty table; its title is a line of its own, which may be wider."""
    return RichTable(box=SIMPLE_HEAD, padding=0, pad_edge=False)


def print_title(title: str, console: Console) -> None:
    """The heading of a table or section."""
    console.print(Text(title, style="bold"))


def print_notes(lines: Iterable[str], console: Console) -> None:
    """What stands below a table, one line each, and room for the next."""
    for line in filter(None, lines):
        console.print(Text(line, style="dim"))
    console.print()


def plain(cell: Text | str) -> Text:
    """A cell as it is: a string would be read as markup, in which `pe[n=20]` loses its end."""
    return cell if isinstance(cell, Text) else Text(cell)


def bar(interval: Interval | None, scale: Scale, *, ascii_only: bool, zero: bool = False) -> Text:
    """An interval as a line with a dot at its mean, and a mark at zero where `zero` is said."""
    line, dot, mark = ("-", "o", "|") if ascii_only else ("─", "●", "│")
    if interval is None:
        return Text("")
    low, mean, high = (round(scale.at(value) * (BAR - 1)) for value in interval)
    drawn = [line if low <= i <= high else " " for i in range(BAR)]
    if zero:
        drawn[round(scale.at(0.0) * (BAR - 1))] = mark
    drawn[mean] = dot
    return Text("".join(drawn))
