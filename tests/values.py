"""Values that several tests build on."""

from __future__ import annotations

from popcorn_bench.types import (
    Artefact,
    Brief,
    Failure,
    Place,
    Score,
    Stage,
    Unit,
    Usage,
)

PLACE = Place(task_id="t1", query_id="q1", llm_id="l1", mode="basic", seed=0, repeat=0)
BRIEF = Brief(
    title="Noodles at dawn",
    cover_prompt="a bowl in blue light",
    video_prompt="steam rises from a bowl",
    raw="{}",
    breaches=("json_repaired",),
    usage=Usage(prompt_tokens=10, completion_tokens=20),
    cost_usd=0.001,
    seconds=0.2,
)
VIDEO = Artefact(
    sha256="ab" * 32, suffix=".mp4", bytes=4, width=64, height=64, frames=3, fps=1.0, seconds=3.0
)
SCORES = (Score(metric="popularity", value=4.5, percentile=60.0),)
FAILURE = Failure(
    stage=Stage.BRIEF, kind="timeout", message="no answer", attempts=4, retriable=True
)


def unit(stage: Stage = Stage.BRIEF, key: str = "0" * 64, **place: str | int) -> Unit:
    """A unit somewhere; `place` overrides fields of the place."""
    return Unit(stage=stage, place=PLACE._replace(**place), key=key)  # type: ignore[arg-type]  # field by field
