"""The board as one self-contained page under a strict content policy."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from duckdb import DuckDBPyConnection
from jinja2 import Environment, PackageLoader, StrictUndefined

from popcorn_bench.leaderboard import flags, text
from popcorn_bench.leaderboard.model import Board
from popcorn_bench.leaderboard.page.context import page_of
from popcorn_bench.leaderboard.page.gallery import read_gallery
from popcorn_bench.leaderboard.page.media import media_of
from popcorn_bench.leaderboard.page.panels import each, seconds
from popcorn_bench.leaderboard.samples import read_samples


def _ignore(_: str) -> None:
    """For those who do not ask."""


def write_html(  # noqa: PLR0913 - one per option of the command
    board: Board,
    connection: DuckDBPyConnection,
    folder: Path,
    *,
    artifacts: str | None = None,
    inline_videos: int = 0,
    warn: Callable[[str], None] = _ignore,
) -> Path:
    """Write `folder/index.html` and return its path; posters of its clips go beside it.

    Args:
        board: what to show.
        connection: the index behind it, for samples and the manifest.
        folder: made if it is missing.
        artifacts: address of the artefact folder as seen from `folder`, for example
            `../artifacts`; None leaves out links to clips.
        inline_videos: how many of the first clips are put into the page itself.
        warn: told what the page has to do without.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "index.html"
    samples = read_samples(connection, board, artifacts)
    gallery = read_gallery(connection, board)
    media = media_of(samples, gallery, artifacts, folder, inline_videos, warn)
    template = _environment().get_template("board.html.j2")
    page = template.render(**page_of(board, connection, gallery, media), samples=samples)
    path.write_text(page, encoding="utf-8", errors="replace")
    return path


def _environment() -> Environment:
    """Autoescape is on everywhere: titles, prompts and names were written by strangers."""
    environment = Environment(
        loader=PackageLoader("popcorn_bench.leaderboard"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        clean=text.clean,
        cost=text.cost,
        each=each,
        seconds=seconds,
        percent=text.percent,
        rank_range=text.rank_range,
        score=text.score,
        p_value=text.p_value,
        effect=text.effect,
        pairs=text.pairs,
        copying=text.copying,
        flag=_flag,
        summed_up=flags.summed_up,
    )
    return environment


def _flag(flag: str) -> str:
    name, _, share = flag.partition(" ")
    return text.clean(f"{share} {name}".strip().replace("_", " "))
