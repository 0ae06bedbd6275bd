"""The page with a chosen number of clips beside it, and nothing that was to be left out."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from duckdb import DuckDBPyConnection

from popcorn_bench.leaderboard.html import write_html
from popcorn_bench.leaderboard.model import Board
from popcorn_bench.results.artifacts import Artefacts

CLIPS = "artifacts"
# Whole queries first, of every kind and topic one, so that clips can be seen side by side.
_CHOSEN = """
WITH numbered AS (
    SELECT task_id, query_id, kind, topic,
           row_number() OVER (PARTITION BY task_id, kind, topic ORDER BY query_id) AS place
    FROM queries
), first AS (
    SELECT * FROM videos WHERE stage = 'video'
    QUALIFY row_number() OVER (
        PARTITION BY task_id, query_id, llm_id, mode, video_id ORDER BY seed, repeat
    ) = 1
)
SELECT sha256 || suffix
FROM first JOIN numbered USING (task_id, query_id)
ORDER BY place, task_id, topic, kind, query_id, mode, llm_id, video_id
"""


def write_site(  # noqa: PLR0913 - what the page is made from
    connection: DuckDBPyConnection,
    board: Board,
    folder: Path,
    stores: Sequence[Artefacts],
    *,
    clips: int,
    prompts: bool,
    forbids: Mapping[str, Sequence[str]],
    warn: Callable[[str], None],
) -> None:
    """Write `index.html`, the clips that it shows and their posters.

    Args:
        connection: the index behind the board.
        board: what to show.
        folder: where to.
        stores: artefacts that clips are taken from.
        clips: how many at most; none leaves out all links to clips.
        prompts: whether the page may hold the LLMs' prompts and answers.
        forbids: what the licence of a generator rules out, by its id.
        warn: told what the page has to do without.
    """
    shown = list(_copied(connection, folder, stores, clips)) if clips else []
    if len(shown) < clips:
        warn(f"--with-clips {clips}: {len(shown)} clips are there")
    with _narrowed(connection, shown, prompts=prompts) as narrow:
        write_html(
            board,
            narrow,
            folder,
            artifacts=CLIPS if shown else None,
            forbids=forbids,
            warn=warn,
        )


def _copied(
    connection: DuckDBPyConnection, folder: Path, stores: Sequence[Artefacts], clips: int
) -> Iterator[str]:
    """Copy the chosen clips; their file names."""
    names = dict.fromkeys(row[0] for row in connection.execute(_CHOSEN).fetchall())
    for name in names:
        if clips <= 0:
            return
        found = next((path for store in stores if (path := store.at_hand(name))), None)
        if found is None:
            continue
        target = folder / CLIPS / name[:2] / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(found, target)
        clips -= 1
        yield name


@contextmanager
def _narrowed(
    connection: DuckDBPyConnection, clips: Sequence[str], *, prompts: bool
) -> Iterator[DuckDBPyConnection]:
    """The same index in a session of its own that knows no other clips and, if asked, no prompts.

    Rows stay, so that every count of the page stays: only the names of the clips' files go.
    """
    with connection.cursor() as session:
        [(catalog, schema)] = session.execute(
            "SELECT current_catalog(), current_schema()"
        ).fetchall()
        real = f'"{catalog}"."{schema}"'
        session.execute("CREATE TEMP TABLE published_clips (file VARCHAR)")
        if clips:
            session.executemany(
                "INSERT INTO published_clips VALUES (?)", [[name] for name in clips]
            )
        session.execute(
            "CREATE TEMP TABLE videos AS SELECT * REPLACE ("  # noqa: S608 - our names
            "if(sha256 || suffix IN (FROM published_clips), sha256, '') AS sha256) "
            f"FROM {real}.videos"
        )
        if not prompts:
            session.execute(
                "CREATE TEMP TABLE briefs AS SELECT * REPLACE ("  # noqa: S608 - our names
                "'' AS cover_prompt, '' AS video_prompt, '' AS raw, '' AS reasoning) "
                f"FROM {real}.briefs"
            )
        yield session
