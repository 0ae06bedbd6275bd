"""Where a clip or a cover in a results folder comes from."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from typing import Any

from popcorn_bench.errors import UsageError
from popcorn_bench.results import index
from popcorn_bench.results.artifacts import name_of, open_artefacts

_LEAST = 4  # characters that say enough
_SQL = """
SELECT v.stage, v.key, v.sha256, v.suffix, v.bytes, v.width, v.height, v.frames, v.fps, v.seconds,
       v.codec, v.made_seconds, v.peak_gb, v.cost_usd, v.run_id, v.done_at::VARCHAR AS done_at,
       g.name AS generator, g.adapter, g.revision, g.settings::VARCHAR AS settings, g.licence,
       t.name AS task, v.query_id AS query, q.text AS query_text, l.name AS llm,
       coalesce(m.name, v.mode) AS mode, v.seed, v.repeat,
       CASE v.stage WHEN 'cover' THEN b.cover_prompt ELSE b.video_prompt END AS prompt, b.title
FROM videos AS v
LEFT JOIN generators AS g USING (video_id)
LEFT JOIN tasks AS t USING (task_id)
LEFT JOIN queries AS q USING (task_id, query_id)
LEFT JOIN llms AS l USING (llm_id)
LEFT JOIN modes AS m USING (mode)
LEFT JOIN briefs AS b USING (task_id, query_id, llm_id, mode, seed, repeat)
WHERE v.sha256 LIKE $key || '%' OR v.key LIKE $key || '%'
ORDER BY v.done_at, v.sha256
"""


def find(folder: Path, key: str) -> list[dict[str, Any]]:
    """Every place of a results folder that holds the artefact.

    Args:
        folder: the results folder.
        key: the start of the file's sha256 or of its unit's key, at least four hex digits.

    Returns:
        Plain data per place: media facts, generator with its settings, prompt, seed, the file and
        the metadata that the file itself carries (empty where the file is gone).

    Raises:
        UsageError: where nothing fits, or things of different content do.
    """
    wanted = key.lower().removesuffix(".mp4").removesuffix(".png").removesuffix(".webp")
    if len(wanted) < _LEAST or not all(c in "0123456789abcdef" for c in wanted):
        raise UsageError(f"{key!r} is not the start of a key: at least {_LEAST} hex digits")
    with closing(index.connect([folder])) as connection:
        found = connection.execute(_SQL, {"key": wanted})
        names = [column[0] for column in found.description or ()]
        rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
    if not rows:
        raise UsageError(f"no clip or cover of {folder} begins with {key!r}")
    if len({row["sha256"] for row in rows}) > 1:
        raise UsageError(f"{key!r} fits several clips of {folder}: give more of it")
    return [_completed(row, folder) for row in rows]


def _completed(row: dict[str, Any], folder: Path) -> dict[str, Any]:
    store, name = open_artefacts(folder), name_of(row["sha256"], row["suffix"])
    path = store.at_hand(name)
    return {
        **row,
        "settings": json.loads(row["settings"] or "{}"),
        "file": str(path or f"{store.address}/{name[:2]}/{name}"),
        "metadata": _metadata(path) if path else {},
    }


def _metadata(path: Path) -> dict[str, Any]:
    """What the file says of itself."""
    from popcorn_bench.generators.provenance import read_provenance
    from popcorn_bench.media import read_tags

    return dict(read_provenance(read_tags(path)))
