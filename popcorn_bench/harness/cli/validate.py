"""`popcorn-bench validate`: check task files."""

from __future__ import annotations

from pathlib import Path

import click

from popcorn_bench.harness.cli import WRONG_USAGE


@click.command(name="validate")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.pass_context
def command(ctx: click.Context, files: tuple[Path, ...]) -> None:
    """Check task FILES: one line per fault, `file:line: field: message`."""
    from popcorn_bench.tasks.validate import validate_file

    faults = [fault for path in files for fault in validate_file(path)]
    for fault in faults:
        click.echo(str(fault))
    if faults:
        ctx.exit(WRONG_USAGE)
    click.echo(f"{len(files)} file{'s' if len(files) > 1 else ''}: no fault found", err=True)
