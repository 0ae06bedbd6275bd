"""`popcorn-bench retry`: try failed units again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from popcorn_bench.harness.cli.kinds import FOLDER
from popcorn_bench.harness.cli.options import limited, with_display, with_json, with_limits
from popcorn_bench.harness.spec import DEFAULT_OUTPUT


@click.command(name="retry")
@click.argument("folder", type=FOLDER, default=DEFAULT_OUTPUT, metavar="[DIR]")
@click.option("--dry-run", is_flag=True, help="Show the plan and stop.")
@with_limits
@with_display
@with_json
@click.pass_context
def command(
    ctx: click.Context,
    /,
    folder: Path,
    *,
    dry_run: bool,
    display: str | None,
    as_json: bool,
    **limits: Any,  # noqa: ANN401 - click's values
) -> None:
    """Do the last run of DIR again where units failed for whatever reason, or are missing.

    Its limits hold again, unless others are given: a budget is for one run.
    """
    from popcorn_bench.harness.cli.conduct import conduct
    from popcorn_bench.harness.decide import Policy
    from popcorn_bench.harness.history import last_spec

    policy = Policy(retry_all=True)
    spec = limited(last_spec(folder), limits)
    ctx.exit(conduct(spec, policy, dry_run=dry_run, display=display, as_json=as_json))
