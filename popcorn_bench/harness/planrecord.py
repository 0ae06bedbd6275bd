"""A plan and what it takes, as plain data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from popcorn_bench.harness.plan import RunPlan, Unusable
from popcorn_bench.harness.spec import RunSpec
from popcorn_bench.harness.survey import Survey

HOUR = 3600  # seconds


def plan_record(plan: RunPlan, found: Survey) -> dict[str, Any]:
    """What `--dry-run --json` prints."""
    return {
        "tasks": [
            {"task": t.name, "version": t.version, "queries": len(t.queries)} for t in plan.tasks
        ],
        "llms": [entry.llm.name for entry in plan.llms],
        "videos": [entry.generator.name for entry in plan.videos],
        "covers": plan.cover.generator.name if plan.cover else None,
        "modes": [prompting.mode.name for prompting in plan.modes],
        "notes": list(plan.notes),
        "evaluators": [card.name for card in plan.evaluators],
        "repeats": plan.spec.repeats,
        "seed": plan.spec.seed,
        "budget_usd": plan.spec.budget,
        "max_gpu_hours": plan.spec.max_gpu_hours,
        "warnings": list(warnings(plan.spec, found)),
        "skipped": [_unusable(item) for item in plan.skipped],
        "blocked": [_unusable(item) for item in plan.blocked],
        **found.to_record(),
    }


def warnings(spec: RunSpec, found: Survey) -> Iterator[str]:
    """What is likely to stop the run before its end."""
    if spec.budget is not None and found.usd > spec.budget:
        yield (
            f"about ${found.usd:.2f} is more than the budget of ${spec.budget:.2f}: the run will "
            "stop before it is passed"
        )
    hours = found.gpu_seconds / HOUR
    if spec.max_gpu_hours is not None and hours > spec.max_gpu_hours:
        yield (
            f"about {hours:.1f} h of GPU time is more than the {spec.max_gpu_hours:g} h allowed: "
            "the run will stop before"
        )


def _unusable(item: Unusable) -> dict[str, str]:
    return {"noun": item.noun, "name": item.name, "reason": item.reason}
