"""The board as one self-contained page under a strict content policy."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from duckdb import DuckDBPyConnection
from threadpoolctl import threadpool_limits

from popcorn_bench.leaderboard.model import Board
from popcorn_bench.leaderboard.page.context import page_of
from popcorn_bench.leaderboard.page.environment import environment
from popcorn_bench.leaderboard.page.gallery import Gallery, read_gallery
from popcorn_bench.leaderboard.page.media import Shelf, media_of
from popcorn_bench.leaderboard.page.pack import as_many
from popcorn_bench.leaderboard.samples import read_samples
from popcorn_bench.leaderboard.whole import write_whole

MOST = 2_000_000  # bytes of a page, not counting the clips that it carries
_SPARE = 2_000  # for what is said of what was left out


def _ignore(_: str) -> None:
    """For those who do not ask."""


def write_html(  # noqa: PLR0913 - one per option of the command
    board: Board,
    connection: DuckDBPyConnection,
    folder: Path,
    *,
    artifacts: str | None = None,
    inline_videos: int = 0,
    posters_on_demand: bool = False,
    forbids: Mapping[str, Sequence[str]] | None = None,
    bring: Callable[[str], object] = _ignore,
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
        posters_on_demand: whether somebody makes the posters when they are asked for.
        forbids: what the licence of a generator rules out, by its id.
        bring: gets a clip by its file name, where clips are not all in the artefact folder.
        warn: told what the page has to do without.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "index.html"
    samples = read_samples(connection, board, artifacts)
    gallery = read_gallery(connection, board)
    shelf = Shelf(
        folder=folder,
        artifacts=artifacts,
        inline=inline_videos,
        on_demand=posters_on_demand,
        bring=bring,
    )
    media = media_of(samples, gallery, shelf, warn)
    with threadpool_limits(1, "blas"):  # its matrices are small: threads would only wait
        values = page_of(board, connection, gallery, media, forbids or {})
    page = _rendered({**values, "samples": samples}, gallery, media.carried, warn)
    write_whole(path, page)
    if len(page) - media.carried > MOST:
        size, most = (f"{n / 1e6:.1f} MB" for n in (len(page) - media.carried, MOST))
        warn(f"page: {size}, more than the {most} that a page keeps to: its tables are whole")
    return path


def _rendered(
    values: Mapping[str, object],
    gallery: Gallery | None,
    carried: int,
    warn: Callable[[str], None],
) -> bytes:
    """The page with as many of the full answers as it has room for; the rest is told."""
    template = environment().get_template("board.html.j2")

    def render(texts: str, lacking: list[str]) -> bytes:
        page = template.render(**values, texts=texts, lacking=lacking)
        return page.encode("utf-8", "replace")

    if gallery is None:
        return render("", [])
    room = MOST - _SPARE - len(render("", [])) + carried
    texts, left_out = as_many(gallery.texts, max(0, room))
    lacking = gallery.lacking(left_out)
    for line in lacking:
        warn(f"page: {line}")
    return render(texts, lacking)
