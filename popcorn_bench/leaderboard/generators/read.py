"""Read the generators of a board from the index."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from duckdb import DuckDBPyConnection

from popcorn_bench.leaderboard.catalog import labels
from popcorn_bench.leaderboard.generators.model import (
    Facts,
    GeneratorCard,
    ShownGenerator,
    Size,
    Span,
    Taken,
)
from popcorn_bench.leaderboard.manifest import public_settings
from popcorn_bench.leaderboard.query import Filter

_CARDS = """
SELECT video_id, name, family, adapter, revision, licence, release_date, baseline,
       settings::VARCHAR AS settings
FROM generators
"""
_CLIPS = """
WITH shown AS (
    SELECT *, NOT coalesce(reused, false) AS new FROM videos
    WHERE stage IN ('video', 'cover') AND {where}
), sized AS (
    SELECT video_id, stage, list_sort(list((width * height, width, height))) AS sizes
    FROM (SELECT DISTINCT video_id, stage, width, height FROM shown WHERE width * height > 0)
    GROUP BY ALL
), counted AS (
    SELECT video_id, stage, count(*) AS clips, count(*) FILTER (new) AS made,
           [min(frames), max(frames)] AS frames, [min(fps), max(fps)] AS fps,
           [min(seconds), max(seconds)] AS seconds,
           quantile_cont(made_seconds, [0.5, 0.9]) FILTER (new) AS quantiles,
           sum(made_seconds) FILTER (new) AS total,
           sum(made_seconds) FILTER (new AND peak_gb IS NOT NULL) AS on_gpu,
           max(peak_gb) FILTER (new) AS peak_gb,
           coalesce(sum(cost_usd) FILTER (new), 0) AS cost_usd,
           coalesce(bool_or(cost_usd IS NULL AND peak_gb IS NULL) FILTER (new), false) AS unpriced
    FROM shown GROUP BY video_id, stage
)
SELECT *, quantiles[1] AS median, quantiles[2] AS p90
FROM counted LEFT JOIN sized USING (video_id, stage)
"""
_FAILED = """
SELECT video_id, stage,
       count(DISTINCT (task_id, query_id, llm_id, mode, seed, repeat))
           FILTER (v.rowid IS NULL) AS failed,
       coalesce(sum(f.cost_usd), 0) AS wasted
FROM failures AS f
LEFT JOIN videos AS v USING (task_id, query_id, llm_id, mode, seed, repeat, video_id, stage)
WHERE stage IN ('video', 'cover') AND {where}
GROUP BY video_id, stage
"""
_Key = tuple[str, str]  # id and stage


def read_generators(
    connection: DuckDBPyConnection, chosen: Filter, shown: Mapping[str, str]
) -> tuple[ShownGenerator, ...]:
    """Every generator that made or failed to make a clip or cover: clips first, baselines last.

    Args:
        connection: an index.
        chosen: the tasks and modes of the board.
        shown: displayed name per id, where the board's tables have one.
    """
    clips = _records(chosen.run(connection, _CLIPS))
    failed = _records(chosen.run(connection, _FAILED))
    cards = _cards(connection)
    keys = clips.keys() | failed.keys()
    names = _names(keys, cards, shown)
    found = [
        _shown(key, names[key], cards, clips.get(key, {}), failed.get(key, {})) for key in keys
    ]
    return tuple(sorted(found, key=lambda one: (one.covers, one.card.baseline, one.label)))


def _records(result: DuckDBPyConnection) -> dict[_Key, dict[str, Any]]:
    names = [column[0] for column in result.description]
    return {row[:2]: dict(zip(names, row, strict=True)) for row in result.fetchall()}


def _cards(connection: DuckDBPyConnection) -> dict[str, GeneratorCard]:
    result = connection.execute(_CARDS)
    names = [column[0] for column in result.description]
    rows = (dict(zip(names, row, strict=True)) for row in result.fetchall())
    return {row["video_id"]: _card(row) for row in rows}


def _card(row: Mapping[str, Any]) -> GeneratorCard:
    settings = json.loads(public_settings(row["settings"]))
    return GeneratorCard(
        video_id=row["video_id"],
        name=row["name"] or row["video_id"],
        family=row["family"] or "",
        adapter=row["adapter"] or "",
        revision=row["revision"] or "",
        licence=row["licence"] or "",
        release_date=row["release_date"] or "",
        baseline=bool(row["baseline"]),
        settings=settings if isinstance(settings, dict) else {},
    )


def _names(
    keys: Iterable[_Key], cards: Mapping[str, GeneratorCard], shown: Mapping[str, str]
) -> dict[_Key, str]:
    """Clips and covers are told apart by what they are, so they may share a name."""
    every = sorted(keys)
    found: dict[_Key, str] = {}
    for stage in ("video", "cover"):
        ids = [video_id for video_id, its in every if its == stage]
        own = labels((i, cards[i].name if i in cards else i) for i in ids)
        found |= {(i, stage): shown.get(i, own[i]) for i in ids}
    return found


def _shown(
    key: _Key,
    label: str,
    cards: Mapping[str, GeneratorCard],
    clips: Mapping[str, Any],
    failed: Mapping[str, Any],
) -> ShownGenerator:
    video_id, stage = key
    return ShownGenerator(
        label=label,
        covers=stage == "cover",
        card=cards.get(video_id) or GeneratorCard(video_id=video_id, name=video_id, settings={}),
        clips=clips.get("clips", 0),
        made=clips.get("made", 0),
        failed=failed.get("failed", 0),
        facts=_facts(clips, moving=stage == "video"),
        taken=_taken(clips, failed.get("wasted", 0.0)),
    )


def _facts(row: Mapping[str, Any], *, moving: bool) -> Facts:
    sizes = tuple(Size(width, height) for _, width, height in row.get("sizes") or ())
    if not moving:
        return Facts(sizes=sizes)
    frames, fps, seconds = (_span(row.get(name)) for name in ("frames", "fps", "seconds"))
    return Facts(sizes=sizes, frames=frames, fps=fps, seconds=seconds)


def _span(bounds: list[float | None] | None) -> Span | None:
    low, high = bounds or (None, None)
    return None if low is None or high is None else Span(low, high)


def _taken(row: Mapping[str, Any], wasted: float) -> Taken:
    noted = {name: row.get(name) for name in ("median", "p90", "total", "on_gpu", "peak_gb")}
    return Taken(
        **noted, cost_usd=None if row.get("unpriced") else row.get("cost_usd", 0.0) + wasted
    )
