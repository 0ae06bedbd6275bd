"""The queries that moved most, with what both sides made of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from popcorn_bench.leaderboard.compare.material import Material
from popcorn_bench.leaderboard.compare.model import Mover, Sample
from popcorn_bench.leaderboard.compare.pairing import Pairing
from popcorn_bench.leaderboard.compare.side import Labels, Place
from popcorn_bench.leaderboard.query import CellKey
from popcorn_bench.results.artifacts import name_of, open_artefacts

_TITLE = """
SELECT title FROM briefs
WHERE task_id = $task AND query_id = $query AND llm_id = $llm AND mode = $mode
ORDER BY seed, repeat LIMIT 1
"""
_VIDEO = """
SELECT sha256, suffix FROM videos
WHERE task_id = $task AND query_id = $query AND llm_id = $llm AND mode = $mode
  AND stage = 'video' AND $video IN ('', video_id)
ORDER BY video_id, seed, repeat LIMIT 1
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """What is compared, and where A's and B's titles and videos are."""

    material: Material
    pairing: Pairing
    places: tuple[Place, Place]
    labels: Labels


def movers_of(shelf: Shelf, most: int) -> tuple[Mover, ...]:
    """The complete queries with the largest changes either way, the largest first.

    Args:
        shelf: where to look.
        most: how many at most.
    """
    material = shelf.material
    gain = material.gains(*material.everything)[2]
    size = np.where(np.isfinite(gain), np.abs(gain), 0.0)
    order = np.argsort(-size, kind="stable")[:most]
    return tuple(_mover(shelf, int(i), float(gain[i])) for i in order if size[i] > 0)


def _mover(shelf: Shelf, query: int, gain: float) -> Mover:
    material, labels = shelf.material, shelf.labels
    asked = material.queries[query]
    row = _most_moved(material, query, gain)
    column = material.columns[row]
    a, b = (
        _sample(place, cell, asked.query.id, float(side[row, query]))
        for place, cell, side in zip(
            shelf.places,
            shelf.pairing.cells[asked.task, column],
            (material.a, material.b),
            strict=True,
        )
    )
    return Mover(
        task=labels.of("task", asked.task),
        query_id=asked.query.id,
        text=asked.query.text,
        kind=asked.query.kind,
        topic=asked.query.topic,
        delta=gain,
        llm=labels.of("llm", column.llm),
        video=labels.of("video", column.video),
        mode=labels.of("mode", column.mode),
        a=a,
        b=b,
    )


def _most_moved(material: Material, query: int, gain: float) -> int:
    """The column that moved most the same way as the query."""
    change = material.sign * (material.b[:, query] - material.a[:, query])
    same_way = np.where(material.expected[:, query], np.sign(gain) * change, np.nan)
    return int(np.nanargmax(same_way))


def _sample(place: Place, cell: CellKey, query_id: str, score: float) -> Sample:
    where = {"task": cell.task_id, "query": query_id, "llm": cell.llm_id, "mode": cell.mode}
    title = place.connection.execute(_TITLE, where).fetchone()
    return Sample(
        score=score,
        title=title[0] if title else None,
        video=_video(place, {**where, "video": cell.video_id}),
    )


def _video(place: Place, where: dict[str, str]) -> Path | None:
    """The clip, if its file is there; a metric that does not see it gets the first generator's."""
    found = place.connection.execute(_VIDEO, where).fetchone()
    return open_artefacts(place.folder).at_hand(name_of(*found)) if found else None
