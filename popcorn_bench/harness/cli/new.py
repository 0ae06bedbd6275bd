"""`popcorn-bench new`: begin a task, a generator, an evaluator or an LLM of one's own."""

from __future__ import annotations

from pathlib import Path

import click

from popcorn_bench.harness.cli.kinds import FOLDER
from popcorn_bench.harness.skeletons import KINDS, skeleton, write


@click.command(name="new")
@click.argument("kind", type=click.Choice(KINDS))
@click.argument("name")
@click.option("--into", type=FOLDER, default=Path(), help="Folder for the files [default: here].")
def command(kind: str, name: str, into: Path) -> None:
    """Write a working beginning of a task, a generator, an evaluator or an LLM, with its test."""
    beginning = skeleton(kind, name, into)
    write(beginning)
    for path in beginning.files:
        click.echo(f"wrote {path}")
    click.echo(f"try it: {beginning.command}")
