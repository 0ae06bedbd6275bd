"""What an LLM would be sent for a text or for the queries of a task, without asking it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from popcorn_bench.errors import UsageError
from popcorn_bench.generators.retrieval.prompt import tokens
from popcorn_bench.harness.modes import Prompt, Prompting
from popcorn_bench.harness.plan import RunPlan
from popcorn_bench.harness.resolve import resolve
from popcorn_bench.harness.spec import RunSpec
from popcorn_bench.tasks.task import Task
from popcorn_bench.types import Kind, Query


@dataclass(frozen=True, slots=True)
class Prompted:
    """The prompt for one query in one mode."""

    query: Query
    mode: str
    prompt: Prompt

    @property
    def tokens(self) -> int:
        """About so many."""
        return sum(tokens(message.content) for message in self.prompt.messages)

    def to_record(self) -> dict[str, Any]:
        """As a line of `popcorn-bench prompt --json`."""
        found = self.prompt.found
        return {
            "query": self.query.text,
            "mode": self.mode,
            "messages": [{"role": m.role, "content": m.content} for m in self.prompt.messages],
            "references": [
                {
                    "id": reference.id,
                    "title": reference.title,
                    "category": reference.category,
                    "label": reference.label,
                    "distance": reference.distance,
                }
                for reference in (found.references if found else ())
            ],
            "tokens": self.tokens,
            "note": found.note if found else "",
        }


def plan_prompts(spec: RunSpec) -> RunPlan:
    """The plan whose prompts are meant; it asks nobody.

    Raises:
        UsageError: for a task, a mode or a value that does not exist.
    """
    return resolve(spec, generating=False)


def prompts(plan: RunPlan, text: str | None) -> Iterator[Prompted]:
    """Every prompt, query by query and mode by mode.

    Args:
        plan: of `plan_prompts`.
        text: in place of the tasks' own queries.

    Raises:
        UsageError: for an empty text.
    """
    if text is not None and not text.strip():
        raise UsageError("TEXT: is empty")
    for task, query in _queries(plan, text):
        for prompting in plan.modes:
            yield _prompted(task, query, prompting)


def _prompted(task: Task, query: Query, prompting: Prompting) -> Prompted:
    return Prompted(query, prompting.mode.name, prompting.prompt(task, query))


def _queries(plan: RunPlan, text: str | None) -> Iterator[tuple[Task, Query]]:
    for task in plan.tasks:
        if text is None:
            yield from ((task, query) for query in task.queries)
        else:
            yield task, Query(id="prompt", text=text, kind=Kind.CONCRETE, topic=task.topics[0])
