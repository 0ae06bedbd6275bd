"""`popcorn-bench run`: cross every LLM with every video generator and score the result."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from popcorn_bench import plugins
from popcorn_bench.harness.cli.kinds import FILE, FOLDER, LIST
from popcorn_bench.harness.cli.options import (
    DEFAULT,
    limited,
    with_artifacts,
    with_display,
    with_enhancement,
    with_executor,
    with_include_path,
    with_json,
    with_limits,
)
from popcorn_bench.harness.spec import LIMITS, RunSpec, parse_args
from popcorn_bench.types import MAX_SEED

_MOST_REPEATS = 10_000


def _from_config(ctx: click.Context, _: click.Parameter, value: Path | None) -> None:
    """Take the values of a YAML file as the defaults of the other options."""
    if value is None:
        return
    from popcorn_bench.harness.cli.config import read_config

    ctx.default_map = read_config(value, ctx.command)


@click.command(name="run")
@click.option(
    "--config", type=FILE, is_eager=True, expose_value=False, callback=_from_config,
    help="YAML file with any of these options; the command line wins.",
)  # fmt: skip
@click.option("--llms", type=LIST, default=DEFAULT.llms, metavar="A,B",
    help="Catalog names, LiteLLM strings with a slash, globs, tag:x, all [echo,template].",
)  # fmt: skip
@click.option("--videos", type=LIST, default=DEFAULT.videos, metavar="A,B",
    help="Video generators, all, or none for briefs alone [storyboard,still].",
)  # fmt: skip
@click.option("--tasks", type=LIST, default=DEFAULT.tasks, metavar="A,B",
    help="Tasks, groups, globs, tag:x [popcorn].",
)  # fmt: skip
@click.option("--modes", type=LIST, default=DEFAULT.modes, metavar="A,B",
    help="Ways of prompting that the tasks define [basic].",
)  # fmt: skip
@click.option("--evaluators", type=LIST, default=DEFAULT.evaluators, metavar="A,B",
    help="Evaluators [popularity,quality].",
)  # fmt: skip
@click.option("--limit", type=click.IntRange(min=1),
    help="First N queries of each task, stratified over kind and topic; marks the run partial.",
)  # fmt: skip
@click.option(
    "--seed",
    type=click.IntRange(0, MAX_SEED),
    default=DEFAULT.seed,
    show_default=True,
    help="Root seed.",
)
@click.option("--repeats", type=click.IntRange(1, _MOST_REPEATS), default=DEFAULT.repeats,
    show_default=True, help="Ask and generate so many times per query, each with its own seed.",
)  # fmt: skip
@click.option("--output-path", type=FOLDER, default=DEFAULT.output_path, show_default=True,
    help="Results folder; the same folder resumes.",
)  # fmt: skip
@with_include_path
@click.option("--llm-args", multiple=True, metavar="[NAME:]K=V,...",
    help="Settings of LLMs (api_base, temperature, ...); repeatable.",
)  # fmt: skip
@click.option("--covers", type=LIST, default=DEFAULT.covers, metavar="NAME",
    help="Image generator for the covers, or none [storyboard].",
)  # fmt: skip
@click.option("--cover-args", multiple=True, metavar="[NAME:]K=V,...",
    help="Settings of the image generator; repeatable.",
)  # fmt: skip
@click.option("--profile", type=click.Choice(["native", "paper", "matched"]),
    default=DEFAULT.profile, show_default=True,
    help="Generators' settings: each model's own, the paper's, or equal length and size for all.",
)  # fmt: skip
@click.option("--evaluator-args", multiple=True, metavar="[NAME:]K=V,...",
    help="Settings of evaluators (model, frames, ...); repeatable.",
)  # fmt: skip
@click.option("--video-args", multiple=True, metavar="[NAME:]K=V,...",
    help="Settings of video generators; repeatable.",
)  # fmt: skip
@with_enhancement
@click.option("--device", default=DEFAULT.device, show_default=True,
    help="Where generators and evaluators run: auto, cpu, cuda, cuda:1, ...",
)  # fmt: skip
@with_artifacts
@with_executor
@with_limits
@click.option("--skip-unusable", is_flag=True,
    help="Go on without the named models that this machine cannot run.",
)  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Show the plan and stop.")
@with_display
@with_json
@click.pass_context
def command(ctx: click.Context, /, **options: Any) -> None:  # noqa: ANN401 - click's values
    """Cross LLMs with video generators over tasks, score the videos, show the board.

    Without options: the embedded default, which needs no key, no GPU and no network. The same
    command again resumes; finished work is never repeated.
    """
    from popcorn_bench.harness.cli.conduct import conduct
    from popcorn_bench.harness.decide import Policy

    dry_run, display, as_json = (options.pop(n) for n in ("dry_run", "display", "as_json"))
    for name in ("llm_args", "video_args", "cover_args", "evaluator_args"):
        options[name] = parse_args(options[name], f"--{name.replace('_', '-')}")
    limits = {name: options.pop(name) for name in LIMITS}
    spec = limited(RunSpec(**options, plugin=tuple(map(str, plugins.files()))), limits)
    ctx.exit(conduct(spec, Policy(), dry_run=dry_run, display=display, as_json=as_json))
