"""Which of a run's own inputs its evaluators are audited on, once all units are done."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import cast

from popcorn_bench import fingerprint
from popcorn_bench.evaluators.catalog import evaluator_class
from popcorn_bench.generators.llm.catalog import LLMEntry
from popcorn_bench.generators.video.catalog import VideoEntry
from popcorn_bench.harness import probes
from popcorn_bench.harness.modes import Prompting
from popcorn_bench.harness.plan import BriefJob, RunPlan, read_by, video_unit
from popcorn_bench.harness.worker import AuditRequest, ScoreRequest
from popcorn_bench.results.store import Store
from popcorn_bench.tasks.task import Task
from popcorn_bench.types import Artefact, Brief, EvaluatorCard, Place, Query, Stage, Unit

_TITLES = 100  # per LLM and mode: enough for a mean to half a tenth of a standard deviation
_CLIPS = 8  # per generator: each is decoded, altered and encoded


@dataclass(frozen=True, slots=True)
class AuditJob:
    """One evaluator on one sample of inputs."""

    unit: Unit
    card: EvaluatorCard
    request: AuditRequest


def audits(plan: RunPlan, store: Store) -> Iterator[AuditJob]:
    """The audits of a plan, on what the store holds of it.

    Titles are taken per LLM and mode, clips per generator over all LLMs and modes in turn. Which
    queries are taken follows from their ids alone, so that the same run gives the same audit.
    """
    for card in plan.evaluators:
        if evaluator_class(card.name).probed:
            yield from (
                _of_clips(plan, store, card) if card.sees_video else _of_titles(plan, store, card)
            )


def _of_titles(plan: RunPlan, store: Store, card: EvaluatorCard) -> Iterator[AuditJob]:
    for task, entry, mode in product(plan.tasks, plan.llms, plan.modes):
        found = []
        for query in _chosen(task, _TITLES):
            _, brief = _brief(plan, store, task, query, entry, mode)
            if brief is not None:
                found.append(ScoreRequest(query, brief.title))
        if found:
            place = _place(plan, task, fingerprint.llm_id(entry.llm), mode)
            yield _job(place, card, found)


def _of_clips(plan: RunPlan, store: Store, card: EvaluatorCard) -> Iterator[AuditJob]:
    makers = list(product(plan.llms, plan.modes))
    if not makers:  # nothing of what was named can be called here
        return
    for task, video in product(plan.tasks, plan.videos):
        found = []
        for number, query in enumerate(_chosen(task, _CLIPS)):
            entry, mode = makers[number % len(makers)]
            job, brief = _brief(plan, store, task, query, entry, mode)
            clip = None if brief is None else _clip(store, job, brief, video)
            if brief is not None and clip is not None:
                found.append(ScoreRequest(query, brief.title, clip))
        if found:
            place = _place(plan, task, video_id=fingerprint.generator_id(video.generator))
            yield _job(place, card, found)


def _chosen(task: Task, most: int) -> list[Query]:
    return sorted(task.queries, key=lambda query: fingerprint.text_sha(query.id))[:most]


def _brief(  # noqa: PLR0913, PLR0917 - the parts of a place
    plan: RunPlan, store: Store, task: Task, query: Query, entry: LLMEntry, mode: Prompting
) -> tuple[BriefJob, Brief | None]:
    job = plan.brief(task, query, entry, mode)
    return job, cast("Brief | None", store.result(job.unit))


def _clip(store: Store, job: BriefJob, brief: Brief, video: VideoEntry) -> Artefact | None:
    return cast("Artefact | None", store.result(video_unit(job, brief, video)))


def _place(
    plan: RunPlan, task: Task, llm_id: str = "", mode: Prompting | None = None, video_id: str = ""
) -> Place:
    return Place(
        task_id=task.task_id,
        query_id="",
        llm_id=llm_id,
        mode=fingerprint.mode_id(mode.mode) if mode else "",
        seed=plan.spec.seed,
        repeat=0,
        video_id=video_id,
    )


def _job(place: Place, card: EvaluatorCard, samples: list[ScoreRequest]) -> AuditJob:
    read = [read_by(card, s.query, s.title, s.video) for s in samples]
    key = fingerprint.audit_key(read, card, probes.VERSION)
    at = place._replace(evaluator_id=fingerprint.evaluator_id(card))
    unit = Unit(stage=Stage.AUDIT, place=at, key=key)
    return AuditJob(unit, card, AuditRequest(tuple(samples)))
