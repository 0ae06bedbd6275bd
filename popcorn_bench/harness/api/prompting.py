"""What an LLM would be sent. Costs nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from popcorn_bench import plugins
from popcorn_bench.harness.api.spec import spec_of
from popcorn_bench.harness.api.telling import Names
from popcorn_bench.harness.prompting import Prompted, plan_prompts, prompts


def prompt(
    text: str | None = None,
    /,
    *,
    task: Names = "popcorn_concrete",
    mode: Names = ("basic", "pe"),
    **options: Any,  # noqa: ANN401 - a spec's
) -> list[Prompted]:
    """What an LLM would be sent for a text, or for the queries of a task, in each mode.

    Args:
        text: a query; the task's own if missing.
        task: gives the templates.
        mode: ways of prompting.
        **options: `limit`, `corpus`, `corpus_dir`, `pe_references`, ...: fields of `RunSpec`.

    Raises:
        UsageError: for whatever does not exist or does not fit, and an empty text.
    """
    asked = {**options, "tasks": task, "modes": mode, "llms": "echo", "videos": "none"}
    spec = spec_of(None, asked)
    with plugins.using(map(Path, spec.plugin)):
        return list(prompts(plan_prompts(spec), text))
