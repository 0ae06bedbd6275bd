"""A few briefs per task, so that a reader sees what was judged."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby

from duckdb import DuckDBPyConnection

from popcorn_bench.leaderboard import words
from popcorn_bench.leaderboard.catalog import labels
from popcorn_bench.leaderboard.model import Board

_QUERIES, _BRIEFS, _PROMPT = 6, 8, 600
_FILE = re.compile(r"[0-9a-f]{64}\.[a-z0-9]{1,5}")
_SQL = """
WITH chosen AS (
    SELECT task_id, query_id, text, kind, topic FROM queries
    WHERE (task_id, query_id) IN (SELECT (task_id, query_id) FROM briefs)
    QUALIFY row_number() OVER (PARTITION BY task_id, kind, topic ORDER BY query_id) = 1
), few AS (
    SELECT * FROM chosen
    QUALIFY row_number() OVER (PARTITION BY task_id ORDER BY topic, kind) <= ?
), clips AS (
    SELECT task_id, query_id, llm_id, mode, seed, repeat,
           list({'video': video_id, 'sha': sha256, 'suffix': suffix} ORDER BY video_id) AS clips
    FROM videos
    WHERE stage = 'video' AND (task_id, query_id) IN (SELECT (task_id, query_id) FROM few)
    GROUP BY ALL
), judged AS (
    SELECT task_id, query_id, llm_id, mode, seed, repeat,
           list({'evaluator': evaluator_id, 'metric': metric, 'video': video_id,
                 'score': score, 'low': low, 'high': high}
                ORDER BY metric, evaluator_id, video_id) AS judged
    FROM scores
    WHERE low IS NOT NULL AND high IS NOT NULL
      AND (task_id, query_id) IN (SELECT (task_id, query_id) FROM few)
    GROUP BY ALL
)
SELECT task_id, query_id, few.text, few.kind, few.topic, b.llm_id, b.mode,
       b.title, b.video_prompt, b.breaches, clips.clips, judged.judged
FROM briefs AS b JOIN few USING (task_id, query_id)
LEFT JOIN clips USING (task_id, query_id, llm_id, mode, seed, repeat)
LEFT JOIN judged USING (task_id, query_id, llm_id, mode, seed, repeat)
WHERE list_contains(?, task_id)
QUALIFY row_number() OVER (
    PARTITION BY task_id, query_id, b.llm_id, b.mode ORDER BY seed, repeat
) = 1
ORDER BY task_id, few.topic, few.kind, query_id, b.llm_id, b.mode
"""


@dataclass(frozen=True, slots=True)
class Clip:
    """A link to one video: the generator's name and the relative address."""

    video: str
    href: str


@dataclass(frozen=True, slots=True)
class Judged:
    """A score that knows its 90 % interval; `metric` names the generator too where it sees it."""

    metric: str
    score: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class _Names:
    """Displayed name per id of an LLM or generator, of a mode, and per metric of an evaluator."""

    models: Mapping[str, str]
    modes: Mapping[str, str]
    metrics: Mapping[tuple[str, str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleBrief:
    """What one LLM answered."""

    llm: str
    mode: str
    title: str
    prompt: str
    breaches: tuple[str, ...]
    clips: tuple[Clip, ...]
    judged: tuple[Judged, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One query with its briefs; `more` counts those that are not shown."""

    task_id: str
    text: str
    kind: str
    topic: str
    briefs: tuple[SampleBrief, ...]
    more: int

    @property
    def bounded(self) -> bool:
        """Whether any score of it has an interval."""
        return any(brief.judged for brief in self.briefs)


def read_samples(
    connection: DuckDBPyConnection, board: Board, artifacts: str | None
) -> list[Sample]:
    """Take one query per kind and topic, a few per task.

    Args:
        connection: the index behind the board.
        board: says which tasks and mode to show.
        artifacts: relative address of the artefact folder, None for no links.
    """
    task_ids = sorted({table.task_id for table in board.tables})
    rows = connection.execute(_SQL, [_QUERIES, task_ids]).fetchall()
    modes = {mode.id: mode.label for mode in board.modes}
    shown = [row for row in rows if row[6] in modes]
    names = _Names(model_labels(connection, board), modes, _metrics(board))
    return [
        _sample(key, list(group), names, artifacts)
        for key, group in groupby(shown, key=lambda row: row[:5])
    ]


def _sample(
    key: tuple[str, ...],
    rows: list[tuple[object, ...]],
    names: _Names,
    artifacts: str | None,
) -> Sample:
    briefs = tuple(_brief(row[5:], names, artifacts) for row in rows[:_BRIEFS])
    task_id, _, query, kind, topic = key
    return Sample(
        task_id=task_id,
        text=query,
        kind=kind,
        topic=topic,
        briefs=briefs,
        more=len(rows) - len(briefs),
    )


def _brief(row: tuple[object, ...], names: _Names, artifacts: str | None) -> SampleBrief:
    llm_id, mode, title, prompt, breaches, clips, judged = row
    text = str(prompt or "")
    return SampleBrief(
        llm=names.models.get(str(llm_id), str(llm_id)),
        mode=names.modes[str(mode)],
        title=str(title or ""),
        prompt=f"{text[:_PROMPT]}…" if len(text) > _PROMPT else text,
        breaches=tuple(breaches) if isinstance(breaches, list) else (),
        clips=tuple(_clips(clips, names.models, artifacts)),
        judged=tuple(_judged(judged, names)),
    )


def _judged(scores: object, names: _Names) -> list[Judged]:
    """The scores of metrics that are on the board."""
    found = []
    for score in scores if isinstance(scores, list) else ():
        metric = names.metrics.get((score["evaluator"], score["metric"]))
        if metric is not None:
            video = names.models.get(score["video"], score["video"])
            name = f"{metric}, {video}" if video else metric
            found.append(Judged(name, score["score"], score["low"], score["high"]))
    return found


def _clips(clips: object, names: Mapping[str, str], artifacts: str | None) -> list[Clip]:
    if artifacts is None or not isinstance(clips, list):
        return []
    found = []
    for clip in clips:
        file = f"{clip['sha']}{clip['suffix']}"
        if _FILE.fullmatch(file):
            href = f"{artifacts.rstrip('/')}/{file[:2]}/{file}"
            found.append(Clip(names.get(clip["video"], clip["video"]), href))
    return found


def _metrics(board: Board) -> dict[tuple[str, str], str]:
    labels_of = words.labels_of(board)
    return {
        (table.card.evaluator_id, table.card.name): labels_of[words.key_of(table)]
        for table in board.tables
    }


def model_labels(connection: DuckDBPyConnection, board: Board) -> dict[str, str]:
    """Displayed name per id of every LLM, and of the generators of clips."""
    llms = connection.execute("SELECT llm_id, name FROM llms").fetchall()
    videos = {one.card.video_id: one.label for one in board.generators if not one.covers}
    return {**labels(llms), **videos}
