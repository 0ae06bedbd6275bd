# ruff: noqa: E501 - one sentence a line
"""The page of the DuckDB index: its tables and views, as the migrations make them."""

from __future__ import annotations

import duckdb

from docs.generating.columns import meaning
from docs.generating.text import code, page, table
from popcorn_bench.results.index import schema

_INTRO = """`popcorn.duckdb` in a results folder is an index over the journal: `popcorn-bench results rebuild`
makes it anew. Read it with `popcorn-bench results export`, with [Python](../python.md), or with any
DuckDB client; a read-only open fails while somebody writes, and `leaderboard` then builds its own in
memory. The tables grow with numbered migrations; columns are added, never given another meaning. A
*place* is task, query, LLM, mode, seed, repeat and, where they have a part, generator and evaluator."""
_ABOUT = {
    "runs": "What was asked and how it ended.",
    "tasks": "Every content of a task that a run asked for.",
    "queries": "Their queries.",
    "llms": "Language models.",
    "modes": "Ways of prompting.",
    "generators": "Generators of clips and covers.",
    "evaluators": "Evaluators.",
    "metrics": "Metrics of evaluators.",
    "anchors": "Scores of held-out human videos.",
    "leaks": "Rows of a corpus that an evaluator learned from and that an LLM may be shown in a mode.",
    "plan_cells": "Every cell that a run planned; `video_id` is empty where the video is not seen.",
    "plan_queries": "The queries of its plan.",
    "briefs": "One row per place: what the LLM answered.",
    "videos": "One row per place: clips and covers.",
    "scores": "One row per place and metric.",
    "probes": "What altered inputs do to a metric, on a sample of a run's own titles or clips.",
    "shifts": "How far a run's inputs are from human ones.",
    "failures": "Every failure, mended ones too.",
    "journal_files": "How far each journal file was read.",
    "open_failures": "View: failures that no later success has mended, the latest per place.",
    "query_scores": "View: one value per query, because the query is the sampling unit.",
    "planned": "View: how many scores every cell was to get.",
    "named_places": "View: tasks and queries.",
    "named_briefs": "View: `briefs` with names.",
    "named_videos": "View: `videos` with names.",
    "named_scores": "View: `scores` with names.",
    "named_failures": "View: `open_failures` with names.",
    "named_probes": "View: `probes` with names.",
    "named_shifts": "View: `shifts` with names.",
}
_COLUMNS = """
SELECT table_name, column_name, data_type FROM duckdb_columns()
WHERE NOT internal ORDER BY table_oid, column_index
"""


def tables() -> str:
    """The page."""
    found: dict[str, list[tuple[str, str]]] = {}
    with duckdb.connect() as connection:
        connection.execute(schema())
        for name, column, kind in connection.execute(_COLUMNS).fetchall():
            found.setdefault(name, []).append((column, kind))
    return page("DuckDB schema", _INTRO, *(_table(name, found[name]) for name in found))


def _table(name: str, columns: list[tuple[str, str]]) -> str:
    rows = [(code(column), kind, meaning(name, column)) for column, kind in columns]
    return f"## `{name}`\n{_ABOUT[name]}\n\n" + table(("column", "type", "holds"), rows)
