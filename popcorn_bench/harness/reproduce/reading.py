"""What a results folder holds of one run, place by place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any, NamedTuple

from duckdb import DuckDBPyConnection

from popcorn_bench.harness.reproduce.manifest import Manifest
from popcorn_bench.results import index

_SQL = """
SELECT {columns}
FROM {table} JOIN (SELECT unnest(?) AS task_id, unnest(?) AS query_id) USING (task_id, query_id)
WHERE seed = ? AND repeat < ? AND list_contains(?, llm_id) AND list_contains(?, mode)
"""
_BRIEF = "task_id, query_id, llm_id, mode, repeat"
_SAID = "title, cover_prompt, video_prompt, raw"


class BriefPlace(NamedTuple):
    """Where a brief stands in its run."""

    task_id: str
    query_id: str
    llm_id: str
    mode: str
    repeat: int


class MediaPlace(NamedTuple):
    """Where a cover or a clip stands."""

    brief: BriefPlace
    stage: str
    video_id: str


class ScorePlace(NamedTuple):
    """Where a score stands; evaluators are known by name, so that another version compares."""

    brief: BriefPlace
    video_id: str
    evaluator: str
    metric: str


class Said(NamedTuple):
    """All that an LLM's answer consists of."""

    title: str
    cover_prompt: str
    video_prompt: str
    raw: str


class Scored(NamedTuple):
    """A score; its key says what was read and by what."""

    key: str
    value: float


@dataclass(frozen=True, slots=True)
class Held:
    """What there is of a run; `media` are sha256."""

    briefs: Mapping[BriefPlace, Said]
    media: Mapping[MediaPlace, str]
    scores: Mapping[ScorePlace, Scored]


def read_held(manifest: Manifest) -> Held:
    """Read what the run's folder holds of its plan, whichever of the folder's runs made it."""
    names = {identity: name for name, identity in manifest.evaluators.items()}
    with closing(index.connect([manifest.folder])) as connection:
        briefs = _rows(connection, manifest, "briefs", _SAID)
        media = _rows(connection, manifest, "videos", "stage, video_id, sha256")
        scores = _rows(connection, manifest, "scores", "video_id, evaluator_id, metric, key, score")
        return Held(
            briefs={place: Said(*row) for place, row in briefs},
            media={
                MediaPlace(place, stage, video): sha256
                for place, (stage, video, sha256) in media
                if video in manifest.generators
            },
            scores={
                ScorePlace(place, video, names[evaluator], metric): Scored(*scored)
                for place, (video, evaluator, metric, *scored) in scores
                if evaluator in names
            },
        )


def _rows(
    connection: DuckDBPyConnection, manifest: Manifest, table: str, columns: str
) -> Iterator[tuple[BriefPlace, tuple[Any, ...]]]:
    pairs = [(task, query) for task, ids in manifest.queries.items() for query in ids]
    asked = [
        [task for task, _ in pairs], [query for _, query in pairs],
        manifest.spec.seed, manifest.spec.repeats, list(manifest.llms), list(manifest.modes),
    ]  # fmt: skip
    found = connection.execute(_SQL.format(columns=f"{_BRIEF}, {columns}", table=table), asked)
    width = len(BriefPlace._fields)
    for row in found.fetchall():
        yield BriefPlace(*row[:width]), row[width:]
