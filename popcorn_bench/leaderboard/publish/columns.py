"""The columns of the published Parquet files: what each holds, its type, and its JSON Schema."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import polars as pl

_TYPES = {"string": "string", "float": "number", "int": "integer", "bool": "boolean"}


class Column(NamedTuple):
    """A column; `kind` is string, float, int, bool, strings, or records of `parts`."""

    name: str
    kind: str
    about: str
    parts: tuple[Column, ...] = ()


_METRIC = (
    Column("task", "string", "Displayed name of the task."),
    Column("task_version", "string", "Version of the task."),
    Column("task_id", "string", "Hash of the task's queries and templates."),
    Column("metric", "string", "Name of the metric."),
    Column("evaluator", "string", "Displayed name of the evaluator."),
    Column("evaluator_version", "string", "Version of the evaluator."),
    Column("evaluator_id", "string", "Hash of the evaluator, its weights and its settings."),
    Column("sees", "strings", "Inputs that the evaluator reads: it can judge nothing else."),
    Column("direction", "string", "higher, lower or none: which way is better."),
)
CELLS = (
    *_METRIC,
    Column("llm", "string", "Language model."),
    Column("video", "string", "Video generator; null where the metric does not see the video."),
    Column("mode", "string", "How the LLM was prompted."),
    Column("mean", "float", "Mean over queries, in the metric's unit."),
    Column("se", "float", "Standard error of the mean."),
    Column("ci_low", "float", "Lower bound of the 95 % interval."),
    Column("ci_high", "float", "Upper bound of the 95 % interval."),
    Column("n_queries", "int", "Queries that the mean is over."),
    Column("n_scored", "int", "Scores."),
    Column("n_planned", "int", "Scores that were planned: the denominator."),
    Column("n_failed", "int", "Scores that are missing because something failed."),
    Column("fail_rate", "float", "n_failed / n_planned."),
    Column("cost_usd", "float", "US dollars; null where a price is unknown."),
    Column("rank_low", "int", "Best rank that the data leave open; null where not ranked."),
    Column("rank_high", "int", "Worst rank that the data leave open."),
    Column("human_percentile", "float", "Mean place among human videos of the topic, 0 to 100."),
    Column("baseline", "bool", "A baseline of the harness, not a model under test."),
    Column("flags", "strings", "What a reader should know of the row."),
)
PAIRS = (
    *_METRIC,
    Column("differs", "string", "The one dimension in which the two rows differ."),
    Column("llm_a", "string", "Language model of the first row."),
    Column("video_a", "string", "Video generator of the first row."),
    Column("mode_a", "string", "Mode of the first row."),
    Column("llm_b", "string", "Language model of the second row."),
    Column("video_b", "string", "Video generator of the second row."),
    Column("mode_b", "string", "Mode of the second row."),
    Column("delta", "float", "Mean of first minus second within queries, in the metric's unit."),
    Column("se", "float", "Standard error of delta."),
    Column("ci_low", "float", "Lower bound of the 95 % interval of delta."),
    Column("ci_high", "float", "Upper bound of the 95 % interval of delta."),
    Column("n_queries", "int", "Queries that both rows have."),
    Column("p", "float", "Paired t test, not adjusted."),
    Column("p_holm", "float", "Holm over all pairs of the metric that differ in that dimension."),
    Column("hedges_gz", "float", "Standardised mean difference of pairs."),
    Column("share_better", "float", "Share of queries on which the first row is better."),
)
_SCORES = (
    Column("video", "string", "Video generator; null where the metric does not see the video."),
    Column("evaluator", "string", "Displayed name of the evaluator."),
    Column("metric", "string", "Name of the metric."),
    Column("score", "float", "Value in the metric's unit."),
    Column("percentile", "float", "Place among human videos of the topic, 0 to 100."),
    Column("low", "float", "Lower bound of the 90 % interval, where one is known."),
    Column("high", "float", "Upper bound of the same interval."),
)
_CLIPS = (
    Column("video", "string", "Video generator."),
    Column("sha256", "string", "Hash of the clip's bytes."),
    Column("width", "int", "Pixels."),
    Column("height", "int", "Pixels."),
    Column("frames", "int", "Frames."),
    Column("fps", "float", "Frames per second."),
)
SAMPLES = (
    Column("task", "string", "Displayed name of the task."),
    Column("task_version", "string", "Version of the task."),
    Column("task_id", "string", "Hash of the task's queries and templates."),
    Column("query_id", "string", "Id of the query within its task."),
    Column("query", "string", "What was asked for."),
    Column("kind", "string", "concrete or abstract."),
    Column("topic", "string", "Topic of the query."),
    Column("llm", "string", "Language model."),
    Column("mode", "string", "How it was prompted."),
    Column("seed", "int", "Root seed of the run."),
    Column("repeat", "int", "Repeat, from 0."),
    Column("title", "string", "Its title; null where only scores were imported."),
    Column("cover_prompt", "string", "Its prompt for the cover; null where left out."),
    Column("video_prompt", "string", "Its prompt for the clip; null where left out."),
    Column("breaches", "strings", "Rules of the task that the answer broke."),
    Column("copying", "float", "Largest similarity of the title to a reference, 0 to 1."),
    Column("cost_usd", "float", "US dollars of the call; null where unknown."),
    Column("scores", "records", "All scores of the brief and of its clips.", _SCORES),
    Column("clips", "records", "What the generators made of it.", _CLIPS),
)
TABLES: Mapping[str, Sequence[Column]] = {"cells": CELLS, "pairs": PAIRS, "samples": SAMPLES}


def polars_schema(columns: Sequence[Column]) -> dict[str, pl.DataType]:
    """The columns as polars makes a frame with them."""
    return {column.name: _polars(column) for column in columns}


def json_schema(columns: Sequence[Column]) -> dict[str, Any]:
    """One row as JSON Schema: every column is there, and may be null."""
    return {
        "type": "object",
        "required": [column.name for column in columns],
        "properties": {column.name: _json(column) for column in columns},
        "additionalProperties": False,
    }


def _polars(column: Column) -> pl.DataType:
    import polars as pl

    simple = {"string": pl.String(), "float": pl.Float64(), "int": pl.Int64(), "bool": pl.Boolean()}
    if column.kind == "records":
        return pl.List(pl.Struct(polars_schema(column.parts)))
    return pl.List(pl.String()) if column.kind == "strings" else simple[column.kind]


def _json(column: Column) -> dict[str, Any]:
    about: dict[str, Any] = {"description": column.about}
    if column.kind in _TYPES:
        return about | {"type": [_TYPES[column.kind], "null"]}
    items = json_schema(column.parts) if column.parts else {"type": "string"}
    return about | {"type": ["array", "null"], "items": items}
