"""What a matrix comes to: units, calls, dollars, GPU hours, bytes (see docs/scale.md).

Everything here is arithmetic on counts and on what one unit takes; what is not known stays out of
the sum and is named beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from popcorn_bench.generators.llm.catalog import LLMEntry
from popcorn_bench.generators.media_catalog import MediaEntry
from popcorn_bench.harness.plan import RunPlan
from popcorn_bench.types import EvaluatorCard, Stage

ANSWER_TOKENS = 400  # three fields of a few sentences, and what stands around them
BASELINE_TOKENS = 50  # the query, three times
# Bytes of a journal line, measured on runs (tests/harness/test_scale.py holds them to it).
_BRIEF, _PER_TOKEN = 640, 8.0  # an answer stands there twice, raw and read: 4 characters a token
_MEDIA = 525
_SCORE, _METRIC, _MEMBER = 370, 106, 9
# Bytes of an artefact by pixel and frame. Drawn clips take half of it, noise thrice.
_CLIP_PIXEL, _COVER_PIXEL = 0.02, 0.42
_HOUR = 3600.0
_MILLION = 1e6


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    """A crossed design. `seeds` are repeats, each with its own seed.

    `brief_scores` and `video_scores` count the evaluators that see a brief, and a video.
    """

    llms: int
    generators: int
    queries: int
    modes: int = 1
    seeds: int = 1
    covers: bool = True
    brief_scores: int = 1
    video_scores: int = 1

    @property
    def calls(self) -> int:
        """Briefs: the only calls to LLMs, however many generators follow."""
        return self.llms * self.queries * self.modes * self.seeds

    @property
    def clips(self) -> int:
        """Videos of all generators."""
        return self.calls * self.generators

    @property
    def units(self) -> dict[Stage, int]:
        """Units of each stage."""
        return {
            Stage.BRIEF: self.calls,
            Stage.COVER: self.calls if self.covers else 0,
            Stage.VIDEO: self.clips,
            Stage.SCORE: self.calls * self.brief_scores + self.clips * self.video_scores,
        }


def matrix_of(plan: RunPlan) -> Matrix:
    """The design of a plan."""
    return Matrix(
        llms=len(plan.llms),
        generators=len(plan.videos),
        queries=sum(len(task.queries) for task in plan.tasks),
        modes=len(plan.modes),
        seeds=plan.spec.repeats,
        covers=plan.cover is not None,
        brief_scores=len(plan.brief_evaluators),
        video_scores=len(plan.video_evaluators),
    )


def call_usd(prompt_tokens: float, answer_tokens: float, price: tuple[float, float]) -> float:
    """Dollars of a call; `price` is per million tokens of prompt and answer."""
    return (prompt_tokens * price[0] + answer_tokens * price[1]) / _MILLION


def wall_hours(
    gpu_seconds: Iterable[float], gpus: int, load_s: Mapping[str, float], longest_s: float
) -> tuple[float, float]:
    """Hours on so many GPUs: the least, and the most that list scheduling takes (Graham 1966).

    Args:
        gpu_seconds: of each generator, for all of its clips.
        gpus: at least 1; each holds one model at a time.
        load_s: seconds to load each generator; at best one is loaded on a GPU, at worst all are.
        longest_s: seconds of the longest batch, which may be the last to begin.
    """
    share = sum(gpu_seconds) / gpus
    loads = load_s.values()
    least, most = share + min(loads, default=0.0), share + sum(loads) + longest_s
    return least / _HOUR, most / _HOUR


def calls_hours(calls: int, seconds: float, connections: int) -> float:
    """Hours that calls of so many seconds take, so many at once."""
    return calls * seconds / connections / _HOUR


@dataclass(frozen=True, slots=True, kw_only=True)
class Disk:
    """Bytes that a plan will add. `unsized` makes clips whose size nobody knows beforehand."""

    journal: int = 0
    artefacts: int = 0
    unsized: tuple[str, ...] = ()

    def to_record(self) -> dict[str, Any]:
        """Plain data for `--json`."""
        return {
            "journal": self.journal,
            "artifacts": self.artefacts,
            "unsized": list(self.unsized),
        }


def disk(plan: RunPlan, units: Mapping[Stage, int], made: Mapping[str, int]) -> Disk:
    """What a plan will write.

    Args:
        plan: for the sizes of its parts.
        units: to be recorded, by stage, made or reused.
        made: clips and covers to be made, by the name of their generator.
    """
    makers = [*plan.videos, *filter(None, [plan.cover])]
    bytes_of = {maker.generator.name: artefact_bytes(maker) for maker in makers}
    sized = sum(n * (bytes_of.get(name) or 0.0) for name, n in made.items())
    lines = {
        Stage.BRIEF: _mean(brief_bytes(_answer_tokens(entry)) for entry in plan.llms),
        Stage.COVER: _MEDIA,
        Stage.VIDEO: _MEDIA,
        Stage.SCORE: _score_mean(plan),
    }
    return Disk(
        journal=round(sum(units.get(stage, 0) * size for stage, size in lines.items())),
        artefacts=round(sized),
        unsized=tuple(sorted(n for n in made if made[n] and bytes_of.get(n) is None)),
    )


def brief_bytes(answer_tokens: float) -> float:
    """A journal line of a brief."""
    return _BRIEF + _PER_TOKEN * answer_tokens


def media_bytes() -> float:
    """A journal line of a clip or a cover."""
    return _MEDIA


def score_bytes(card: EvaluatorCard) -> float:
    """A journal line of the scores of one evaluator."""
    members = sum(len(metric.members) for metric in card.metrics)
    return _SCORE + _METRIC * len(card.metrics) + _MEMBER * members


def clip_bytes(width: int, height: int, frames: float) -> float:
    """A clip of so many pixels and frames."""
    return _CLIP_PIXEL * width * height * frames


def cover_bytes(width: int, height: int) -> float:
    """A cover of so many pixels, as PNG."""
    return _COVER_PIXEL * width * height


def artefact_bytes(maker: MediaEntry) -> float | None:
    """A file of a generator, by its settings; None where they do not say."""
    settings = maker.generator.settings
    width, height = (settings.get(name) for name in ("width", "height"))
    if not isinstance(width, int) or not isinstance(height, int):
        return None
    frames, fps, seconds = (settings.get(name) for name in ("num_frames", "fps", "seconds"))
    if isinstance(frames, int | float):
        return clip_bytes(width, height, frames)
    if isinstance(fps, int | float) and isinstance(seconds, int | float):
        return clip_bytes(width, height, fps * seconds)
    return cover_bytes(width, height)


def _answer_tokens(entry: LLMEntry) -> float:
    return BASELINE_TOKENS if entry.llm.baseline else ANSWER_TOKENS


def _score_mean(plan: RunPlan) -> float:
    """Over the scores of the plan: those of videos come once per generator."""
    every = [score_bytes(card) for card in plan.brief_evaluators]
    every += [score_bytes(card) for card in plan.video_evaluators for _ in plan.videos]
    return _mean(every)


def _mean(values: Iterable[float]) -> float:
    found = list(values)
    return sum(found) / len(found) if found else 0.0
