"""The unit of work: where it stands, and how it failed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from popcorn_bench.types.basics import Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A unit that could not be done: data, not a crash. `cost_usd` is what the attempts cost."""

    stage: Stage
    kind: str
    message: str
    attempts: int
    retriable: bool
    cost_usd: float | None = None


class Place(NamedTuple):
    """Where a unit stands in the matrix. Ids are fingerprints (see `fingerprint.py`).

    `mode` is the id of a mode. `seed` is the root seed of the run and `repeat` counts from 0;
    together with the query they give the unit's own seed. `video_id` is empty before a video
    generator has a part, and `evaluator_id` before an evaluator has.
    """

    task_id: str
    query_id: str
    llm_id: str
    mode: str
    seed: int
    repeat: int
    video_id: str = ""
    evaluator_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """One piece of work of one stage: `key` is the content address of its result."""

    stage: Stage
    place: Place
    key: str
