"""The opening records of a run: what was asked and of what, so that its journal explains itself."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

from popcorn_bench import __version__
from popcorn_bench.fingerprint import evaluator_id, generator_id, llm_id, mode_id
from popcorn_bench.harness.plan import RunPlan
from popcorn_bench.results.definitions import (
    evaluator_record,
    generator_record,
    leak_record,
    llm_record,
    mode_record,
    plan_record,
    task_record,
)
from popcorn_bench.results.environment import environment
from popcorn_bench.results.records import now
from popcorn_bench.tasks.task import Task
from popcorn_bench.types import Place


def header(plan: RunPlan, run_id: str) -> Iterator[dict[str, Any]]:
    """The run, every definition it uses, and its plan."""
    yield {
        "t": "run",
        "run": run_id,
        "at": now(),
        "version": __version__,
        "partial": plan.spec.limit is not None,
        "spec": plan.spec.to_record(),
        "environment": environment(),
    }
    yield from map(_task, plan.tasks)
    for prompting in plan.modes:
        yield mode_record(prompting.mode)
    for llm in plan.llms:
        yield llm_record(llm.llm)
    for maker in (*plan.videos, *filter(None, [plan.cover])):
        yield generator_record(maker.generator)
    yield from map(evaluator_record, plan.evaluators)
    for leak in plan.leaks:
        yield leak_record(leak.mode, leak.evaluator, leak.rows)
    queries = {task.task_id: [query.id for query in task.queries] for task in plan.tasks}
    yield {**plan_record(_cells(plan), plan.spec.repeats, queries), "run": run_id}


def _task(task: Task) -> dict[str, Any]:
    return task_record(
        task_id=task.task_id,
        name=task.name,
        version=task.version,
        metrics=task.metrics,
        metadata=task.metadata,
        queries=task.queries,
    )


def _cells(plan: RunPlan) -> Iterator[Place]:
    """The places that scores go to, without their queries."""
    videos = [generator_id(video.generator) for video in plan.videos]
    for task, llm, mode, card in product(plan.tasks, plan.llms, plan.modes, plan.evaluators):
        for video_id in videos if card.sees_video else [""]:
            yield Place(
                task_id=task.task_id,
                query_id="",
                llm_id=llm_id(llm.llm),
                mode=mode_id(mode.mode),
                seed=plan.spec.seed,
                repeat=0,
                video_id=video_id,
                evaluator_id=evaluator_id(card),
            )
