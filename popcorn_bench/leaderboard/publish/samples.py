"""`samples.parquet`: every brief with its scores and clips, written by DuckDB as it reads."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from duckdb import DuckDBPyConnection

from popcorn_bench.leaderboard.names import Names
from popcorn_bench.results.copying import copy_to

_PLACE = "task_id, query_id, llm_id, mode, seed, repeat"
_PROMPTS = "b.cover_prompt, b.video_prompt"
_NO_PROMPTS = "NULL::VARCHAR AS cover_prompt, NULL::VARCHAR AS video_prompt"
_SQL = """
WITH judged AS (
    SELECT {place},
           list({{'video': v.label, 'evaluator': e.label, 'metric': metric, 'score': score,
                  'percentile': percentile, 'low': low, 'high': high}}
                ORDER BY metric, e.label, v.label) AS scores
    FROM scores
    LEFT JOIN publish_labels AS v ON v.sort = 'video' AND v.id = video_id
    LEFT JOIN publish_labels AS e ON e.sort = 'evaluator' AND e.id = evaluator_id
    GROUP BY ALL
), made AS (
    SELECT {place},
           list({{'video': coalesce(v.label, video_id), 'sha256': sha256, 'width': width,
                  'height': height, 'frames': frames, 'fps': fps}}
                ORDER BY v.label, sha256) AS clips
    FROM videos
    LEFT JOIN publish_labels AS v ON v.sort = 'video' AND v.id = video_id
    WHERE stage = 'video'
    GROUP BY ALL
)
SELECT t.label AS task, tasks.version AS task_version, task_id, query_id, q.text AS query,
       q.kind, q.topic, coalesce(l.label, llm_id) AS llm, coalesce(m.label, mode) AS mode,
       seed, repeat, b.title, {prompts}, b.breaches, b.copying, b.cost_usd,
       coalesce(judged.scores, []) AS scores, coalesce(made.clips, []) AS clips
FROM briefs AS b
FULL JOIN judged USING ({place})
LEFT JOIN made USING ({place})
JOIN queries AS q USING (task_id, query_id)
LEFT JOIN tasks USING (task_id)
LEFT JOIN publish_labels AS t ON t.sort = 'task' AND t.id = task_id
LEFT JOIN publish_labels AS l ON l.sort = 'llm' AND l.id = llm_id
LEFT JOIN publish_labels AS m ON m.sort = 'mode' AND m.id = mode
ORDER BY task, task_id, query_id, llm, llm_id, mode, seed, repeat
"""


def write_samples(
    connection: DuckDBPyConnection, names: Names, path: Path, *, prompts: bool = True
) -> None:
    """Write one row per brief, and per place of imported scores, in a fixed order.

    Args:
        connection: an index; only read.
        names: what ids are called on the board.
        path: of the Parquet file.
        prompts: whether the prompts that the LLM wrote go in.
    """
    _register(connection, names)
    sql = _SQL.format(place=_PLACE, prompts=_PROMPTS if prompts else _NO_PROMPTS)
    copy_to(connection, sql, path, "FORMAT parquet, COMPRESSION zstd")
    connection.unregister("publish_labels")


def _register(connection: DuckDBPyConnection, names: Names) -> None:
    import polars as pl

    sorts: Mapping[str, Mapping[str, str]] = {
        "task": names.tasks,
        "llm": names.llms,
        "video": names.videos,
        "mode": names.modes,
        "evaluator": names.evaluators,
    }
    rows = [(sort, key, label) for sort, found in sorts.items() for key, label in found.items()]
    schema = {"sort": pl.String(), "id": pl.String(), "label": pl.String()}
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    connection.register("publish_labels", frame.to_arrow())
