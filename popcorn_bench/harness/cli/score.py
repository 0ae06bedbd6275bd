"""`popcorn-bench score`: score what exists, without generating."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from popcorn_bench.harness.cli.options import FOLDER, LIST, with_display, with_json
from popcorn_bench.harness.spec import DEFAULT_OUTPUT


@click.command(name="score")
@click.argument("folder", type=FOLDER, default=DEFAULT_OUTPUT, metavar="[DIR]")
@click.option("--evaluators", type=LIST, help="Evaluators [those of the last run].", metavar="A,B")
@click.option("--dry-run", is_flag=True, help="Show the plan and stop.")
@with_display
@with_json
@click.pass_context
def command(  # noqa: PLR0913 - one per option
    ctx: click.Context,
    folder: Path,
    *,
    evaluators: tuple[str, ...] | None,
    dry_run: bool,
    display: str | None,
    as_json: bool,
) -> None:
    """Give the briefs and clips of the last run of DIR the scores that they lack.

    No LLM and no generator is called. Scores of other evaluators and versions stay.
    """
    from popcorn_bench.harness.cli.conduct import conduct
    from popcorn_bench.harness.decide import Policy
    from popcorn_bench.harness.history import last_spec

    spec = last_spec(folder)
    spec = replace(spec, evaluators=evaluators or spec.evaluators)
    policy = Policy(generate=False)
    ctx.exit(conduct(spec, policy, dry_run=dry_run, display=display, as_json=as_json))
