"""The board on the terminal and on the page, from result folders."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from rich.console import Console

from popcorn_bench.harness import pages
from popcorn_bench.harness.cli.damage import tell_damage
from popcorn_bench.harness.cli.options import say
from popcorn_bench.leaderboard.board import board
from popcorn_bench.leaderboard.terminal import render
from popcorn_bench.results import index


def show_board(folders: Sequence[Path], console: Console | None = None) -> None:
    """Print the board of all that the folders hold."""
    with closing(index.connect(folders)) as connection:
        render(board(connection), console or Console())
        tell_damage(connection)


def write_page(folder: Path) -> Path:
    """Write `index.html` into a results folder."""
    with closing(index.connect([folder])) as connection:
        return pages.write_page(
            board(connection), connection, [folder], folder, warn=tell, note=say
        )


def tell(line: str) -> None:
    """A warning on stderr."""
    say(f"warning: {line}")
