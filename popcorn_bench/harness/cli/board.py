"""The board on the terminal and on the page, from result folders."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import click
from rich.console import Console

from popcorn_bench.harness.cli.damage import tell_damage
from popcorn_bench.harness.licences import forbidden
from popcorn_bench.leaderboard.board import board
from popcorn_bench.leaderboard.html import write_html
from popcorn_bench.leaderboard.terminal import render
from popcorn_bench.results import index
from popcorn_bench.results.artifacts import Artefacts, open_artefacts


def show_board(folders: Sequence[Path], console: Console | None = None) -> None:
    """Print the board of all that the folders hold."""
    with closing(index.connect(folders)) as connection:
        render(board(connection), console or Console())
        tell_damage(connection)


def write_page(folder: Path) -> Path:
    """Write `index.html` into a results folder."""
    with closing(index.connect([folder])) as connection:
        found = board(connection)
        clips = clips_of(folder)
        return write_html(
            found,
            connection,
            folder,
            artifacts=seen_from(folder, clips),
            bring=clips.at_hand,
            forbids=forbidden(connection),
            warn=tell,
        )


def clips_of(folder: Path) -> Artefacts:
    """The artefacts of a results folder; says where they are, if a page cannot link to all."""
    clips = open_artefacts(folder)
    if clips.address != str(clips.root):
        note = f"clips are at {clips.address}: the page shows those that are cached here"
        click.echo(f"{note}; popcorn-bench view {folder} fetches what is played", err=True)
    return clips


def seen_from(page: Path, clips: Artefacts) -> str:
    """The address of the folder with the clips as seen from a page's folder."""
    return os.path.relpath(clips.root, page).replace(os.sep, "/")


def tell(line: str) -> None:
    """A warning on stderr."""
    click.echo(f"warning: {line}", err=True)
