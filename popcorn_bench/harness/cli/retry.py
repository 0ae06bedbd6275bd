"""`popcorn-bench retry`: try failed units again."""

from __future__ import annotations

from pathlib import Path

import click

from popcorn_bench.harness.cli.options import FOLDER, with_display, with_json
from popcorn_bench.harness.spec import DEFAULT_OUTPUT


@click.command(name="retry")
@click.argument("folder", type=FOLDER, default=DEFAULT_OUTPUT, metavar="[DIR]")
@click.option("--dry-run", is_flag=True, help="Show the plan and stop.")
@with_display
@with_json
@click.pass_context
def command(
    ctx: click.Context, folder: Path, *, dry_run: bool, display: str | None, as_json: bool
) -> None:
    """Do the last run of DIR again where units failed for whatever reason, or are missing."""
    from popcorn_bench.harness.cli.conduct import conduct
    from popcorn_bench.harness.decide import Policy
    from popcorn_bench.harness.history import last_spec

    policy = Policy(retry_all=True)
    spec = last_spec(folder)
    ctx.exit(conduct(spec, policy, dry_run=dry_run, display=display, as_json=as_json))
