"""`popcorn-bench score`: score what exists, without generating."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from popcorn_bench.harness.cli.kinds import FOLDER, LIST
from popcorn_bench.harness.cli.options import limited, with_display, with_json, with_limits
from popcorn_bench.harness.spec import DEFAULT_OUTPUT, parse_args


@click.command(name="score")
@click.argument("folder", type=FOLDER, default=DEFAULT_OUTPUT, metavar="[DIR]")
@click.option("--evaluators", type=LIST, help="Evaluators [those of the last run].", metavar="A,B")
@click.option(
    "--evaluator-args", multiple=True, metavar="[NAME:]K=V,...", help="Their settings; repeatable."
)
@click.option("--device", help="Where they run: auto, cpu, cuda, ... [that of the last run].")
@click.option("--dry-run", is_flag=True, help="Show the plan and stop.")
@with_limits
@with_display
@with_json
@click.pass_context
def command(  # noqa: PLR0913 - one per option
    ctx: click.Context,
    /,
    folder: Path,
    *,
    evaluators: tuple[str, ...] | None,
    evaluator_args: tuple[str, ...],
    device: str | None,
    dry_run: bool,
    display: str | None,
    as_json: bool,
    **limits: Any,  # noqa: ANN401 - click's values
) -> None:
    """Give the briefs and clips of the last run of DIR the scores that they lack.

    No LLM and no generator is called. Scores of other evaluators and versions stay.
    """
    from popcorn_bench.harness.cli.conduct import conduct
    from popcorn_bench.harness.decide import Policy
    from popcorn_bench.harness.history import last_spec

    last = last_spec(folder)
    wanted = evaluators or last.evaluators
    spec = replace(
        last,
        evaluators=wanted,
        evaluator_args=(
            *(pair for pair in last.evaluator_args if pair[0] in ("", *wanted)),
            *parse_args(evaluator_args, "--evaluator-args"),
        ),
        device=device or last.device,
    )
    policy = Policy(generate=False)
    ctx.exit(
        conduct(limited(spec, limits), policy, dry_run=dry_run, display=display, as_json=as_json)
    )
