"""The plan of a run: everything looked up and checked, every unit derivable, nothing done yet.

The dry run shows this object and the real run walks it, so that the two cannot differ. Units are
derived one after another, never listed as a whole: a plan of a million units takes no more memory
than one of ten.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from popcorn_bench import __version__, fingerprint
from popcorn_bench.generators.image.catalog import ImageEntry
from popcorn_bench.generators.llm.catalog import LLMEntry
from popcorn_bench.generators.video.catalog import VideoEntry
from popcorn_bench.harness.modes import Prompt, Prompting
from popcorn_bench.harness.spec import RunSpec
from popcorn_bench.tasks.task import Task
from popcorn_bench.types import (
    Artefact,
    Brief,
    EvaluatorCard,
    Input,
    Mode,
    Place,
    Query,
    Stage,
    Unit,
)


@dataclass(frozen=True, slots=True)
class Unusable:
    """Something that was asked for and that this machine cannot run."""

    noun: str
    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Leak:
    """Corpus rows that an LLM may be shown in a mode and that an evaluator was trained on."""

    mode: Mode
    evaluator: EvaluatorCard
    rows: int


@dataclass(frozen=True, slots=True)
class BriefJob:
    """One brief to ask for."""

    unit: Unit
    task: Task
    query: Query
    entry: LLMEntry
    prompt: Prompt
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPlan:
    """What a run will do (see `resolve.py`).

    `skipped` was matched by a pattern and is left out; `blocked` was asked for by name, and nothing
    runs until it can. `notes` are for people.
    """

    spec: RunSpec
    tasks: tuple[Task, ...]
    modes: tuple[Prompting, ...]
    llms: tuple[LLMEntry, ...]
    videos: tuple[VideoEntry, ...]
    cover: ImageEntry | None
    evaluators: tuple[EvaluatorCard, ...]
    leaks: tuple[Leak, ...] = ()
    skipped: tuple[Unusable, ...] = ()
    blocked: tuple[Unusable, ...] = ()
    notes: tuple[str, ...] = ()

    def briefs(self, entry: LLMEntry) -> Iterator[BriefJob]:
        """All briefs of one LLM, task by task."""
        for task in self.tasks:
            for query, mode in product(task.queries, self.modes):
                prompt = mode.prompt(task, query, entry.context)
                for repeat in range(self.spec.repeats):
                    yield self._brief(task, query, entry, mode, prompt, repeat)

    def brief(
        self, task: Task, query: Query, entry: LLMEntry, mode: Prompting, repeat: int = 0
    ) -> BriefJob:
        """One brief of the plan."""
        prompt = mode.prompt(task, query, entry.context)
        return self._brief(task, query, entry, mode, prompt, repeat)

    def _brief(  # noqa: PLR0913, PLR0917 - the parts of a place, and the prompt that repeats share
        self,
        task: Task,
        query: Query,
        entry: LLMEntry,
        mode: Prompting,
        prompt: Prompt,
        repeat: int,
    ) -> BriefJob:
        seed = fingerprint.unit_seed(self.spec.seed, query.id, repeat)
        place = Place(
            task_id=task.task_id,
            query_id=query.id,
            llm_id=fingerprint.llm_id(entry.llm),
            mode=fingerprint.mode_id(mode.mode),
            seed=self.spec.seed,
            repeat=repeat,
        )
        key = fingerprint.brief_key(prompt.messages, entry.llm, seed, task.rules)
        unit = Unit(stage=Stage.BRIEF, place=place, key=key)
        return BriefJob(unit, task, query, entry, prompt, seed)

    @property
    def identity(self) -> str:
        """Of all that decides which units there are: equal for equal sets of units."""
        makers = [*self.videos, *filter(None, [self.cover])]
        return fingerprint.digest(
            __version__,
            self.spec.seed,
            self.spec.repeats,
            [[t.task_id, t.rules, [query.id for query in t.queries]] for t in self.tasks],
            [[fingerprint.mode_id(mode.mode), mode.template] for mode in self.modes],
            [[fingerprint.llm_id(entry.llm), entry.context] for entry in self.llms],
            [fingerprint.generator_id(entry.generator) for entry in makers],
            [[fingerprint.evaluator_id(card), card.inputs] for card in self.evaluators],
        )

    def first_briefs(self) -> Iterator[BriefJob]:
        """One of each task, LLM and mode."""
        for task, entry, mode in product(self.tasks, self.llms, self.modes):
            for query in task.queries[:1]:
                yield self.brief(task, query, entry, mode)

    @property
    def brief_evaluators(self) -> tuple[EvaluatorCard, ...]:
        """Those that need no video: they score a brief once, whatever is made from it."""
        return tuple(card for card in self.evaluators if not card.sees_video)

    @property
    def video_evaluators(self) -> tuple[EvaluatorCard, ...]:
        """Those that see the video."""
        return tuple(card for card in self.evaluators if card.sees_video)

    @property
    def n_briefs(self) -> int:
        """Briefs of one LLM."""
        queries = sum(len(task.queries) for task in self.tasks)
        return queries * len(self.modes) * self.spec.repeats


def video_unit(job: BriefJob, brief: Brief, entry: VideoEntry) -> Unit:
    """The clip that `entry` makes from a brief."""
    place = _at(job.unit.place, video_id=fingerprint.generator_id(entry.generator))
    key = fingerprint.media_key(Stage.VIDEO, brief.video_prompt, entry.generator, job.seed)
    return Unit(stage=Stage.VIDEO, place=place, key=key)


def cover_unit(job: BriefJob, brief: Brief, entry: ImageEntry) -> Unit:
    """The cover that `entry` makes from a brief."""
    place = _at(job.unit.place, video_id=fingerprint.generator_id(entry.generator))
    key = fingerprint.media_key(Stage.COVER, brief.cover_prompt, entry.generator, job.seed)
    return Unit(stage=Stage.COVER, place=place, key=key)


def score_unit(
    job: BriefJob,
    brief: Brief,
    card: EvaluatorCard,
    video: tuple[Unit, Artefact] | None = None,
    cover: Artefact | None = None,
) -> Unit:
    """The scores that an evaluator gives to a brief, or to the clip made from it."""
    read = read_by(card, job.query, brief.title, video[1] if video else None, cover)
    above = video[0].place if video else job.unit.place
    place = _at(above, video_id=above.video_id, evaluator_id=fingerprint.evaluator_id(card))
    return Unit(stage=Stage.SCORE, place=place, key=fingerprint.score_key(read, card))


def read_by(
    card: EvaluatorCard,
    query: Query,
    title: str,
    video: Artefact | None,
    cover: Artefact | None = None,
) -> dict[Input, str]:
    """Sha256 of each input that an evaluator declares."""
    every = {
        Input.TITLE: fingerprint.text_sha(title),
        Input.TOPIC: fingerprint.text_sha(query.topic),
        Input.QUERY: fingerprint.text_sha(query.text),
        Input.COVER: cover.sha256 if cover else "",
        Input.VIDEO: video.sha256 if video else "",
    }
    return {name: every[name] for name in card.inputs}


def _at(place: Place, *, video_id: str = "", evaluator_id: str = "") -> Place:
    return place._replace(video_id=video_id, evaluator_id=evaluator_id)
