"""`popcorn-bench validate`: check task files."""

from __future__ import annotations

from pathlib import Path

import click

from popcorn_bench.errors import visible
from popcorn_bench.harness.cli import WRONG_USAGE
from popcorn_bench.harness.cli.options import with_include_path


@click.command(name="validate")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@with_include_path
@click.pass_context
def command(ctx: click.Context, files: tuple[Path, ...], include_path: tuple[str, ...]) -> None:
    """Check task FILES: one line per fault, `file:line: field: message`."""
    from popcorn_bench.harness.api.making import validate

    faults = validate(*files, include_path=include_path)
    for fault in faults:
        click.echo(visible(str(fault)))
    if faults:
        ctx.exit(WRONG_USAGE)
    click.echo(f"{len(files)} file{'s' if len(files) > 1 else ''}: no fault found", err=True)
