"""The trust panel in a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.padding import Padding
from rich.table import Table as RichTable
from rich.text import Text

from popcorn_bench.leaderboard.model import Board
from popcorn_bench.leaderboard.trust.block import Block
from popcorn_bench.leaderboard.trust.ratings.words import TITLE as RATINGS
from popcorn_bench.leaderboard.trust.sections import TITLE, not_measured, sections
from popcorn_bench.leaderboard.widgets import grid, plain, print_notes, print_title


def print_trust(board: Board, console: Console) -> None:
    """Print what is known of each ranked metric in a few lines; ratings as a table."""
    found, gaps = sections(board), not_measured(board)
    if not found and not gaps:
        return
    print_title(TITLE, console)
    for section in found:
        console.print(Text(section.title))
        console.print(Padding(_said(section.blocks), (0, 0, 0, 1)))
        for block in section.blocks:
            if block.title == RATINGS and block.rows:
                console.print(_rows(block))
    print_notes(gaps, console)


def _said(blocks: Sequence[Block]) -> RichTable:
    """Titles on the left, what they say on the right."""
    table = RichTable.grid(padding=(0, 2, 0, 0))
    table.add_column(overflow="fold")
    table.add_column(overflow="fold", ratio=1)
    for block in blocks:
        said = ("\n" if block.said_in_table else " ").join(block.lines)
        table.add_row(Text(block.title), Text(said, style="dim"))
    return table


def _rows(block: Block) -> RichTable:
    table = grid()
    for number, head in enumerate(block.heads):
        table.add_column(head, justify="right" if number else "left", overflow="fold")
    for row in block.rows:
        table.add_row(*map(plain, row))
    return table
