"""The page of a board, and where it finds the clips of a results folder."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from duckdb import DuckDBPyConnection

from popcorn_bench.leaderboard.html import write_html
from popcorn_bench.leaderboard.model import Board
from popcorn_bench.results.artifacts import Artefacts, open_artefacts

Tell = Callable[[str], None]


def write_page(  # noqa: PLR0913 - one per option of the command
    board: Board,
    connection: DuckDBPyConnection,
    folders: Sequence[Path],
    target: Path,
    *,
    inline_videos: int = 0,
    forbids: Mapping[str, Sequence[str]] | None = None,
    warn: Tell,
    note: Tell,
) -> Path:
    """Write `target/index.html`; of several results folders no clip can be linked.

    Args:
        board: what to show.
        connection: the index behind it.
        folders: whose results they are.
        target: made if it is missing.
        inline_videos: how many clips go into the page itself.
        forbids: what the licence of a generator rules out, by its id.
        warn: told what the page has to do without.
        note: told where the clips are, if the page cannot link to all.
    """
    if len(folders) > 1:
        return write_html(board, connection, target, inline_videos=inline_videos,
                          forbids=forbids, warn=warn)  # fmt: skip
    clips = clips_of(folders[0], note)
    return write_html(
        board,
        connection,
        target,
        artifacts=seen_from(target, clips),
        bring=clips.at_hand,
        inline_videos=inline_videos,
        forbids=forbids,
        warn=warn,
    )


def clips_of(folder: Path, note: Tell) -> Artefacts:
    """The artefacts of a results folder; notes where they are, if a page cannot link to all."""
    clips = open_artefacts(folder)
    if clips.address != str(clips.root):
        where = f"clips are at {clips.address}: the page shows those that are cached here"
        note(f"{where}; popcorn-bench view {folder} fetches what is played")
    return clips


def seen_from(page: Path, clips: Artefacts) -> str:
    """The address of the folder with the clips as seen from a page's folder."""
    return os.path.relpath(clips.root, page).replace(os.sep, "/")
