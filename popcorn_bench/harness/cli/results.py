"""`popcorn-bench results`: the results folder itself."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import click

from popcorn_bench.harness.cli.damage import tell_damage
from popcorn_bench.harness.cli.options import EXISTING, FILE, FOLDER
from popcorn_bench.harness.spec import DEFAULT_OUTPUT


@click.group(name="results")
def command() -> None:
    """Import, export, rebuild, describe."""


@command.command(name="import")
@click.argument("file", type=FILE)
@click.option("--output-path", type=FOLDER, default=DEFAULT_OUTPUT, show_default=True)
@click.option("--task", default="imported", show_default=True,
    help="Task that the rows belong to; the name of a task in the folder joins its board.",
)  # fmt: skip
@click.option("--lower-is-better", is_flag=True, help="Rank low scores first.")
def import_(file: Path, output_path: Path, task: str, *, lower_is_better: bool) -> None:
    """Add scores of your own: CSV columns query,kind,topic,llm,video,mode,seed,metric,score.

    Human ratings, another predictor: every board and comparison works on them.
    """
    from popcorn_bench.harness.cli.board import write_page
    from popcorn_bench.results import index
    from popcorn_bench.results.importer import import_scores, known_tasks
    from popcorn_bench.types import Direction

    new = task not in known_tasks(output_path)
    direction = Direction.LOWER if lower_is_better else Direction.HIGHER
    added, there = import_scores(file, output_path, task, direction)
    index.sync(output_path)
    where = f"new task {task!r}" if new else f"task {task!r}"
    click.echo(f"{added:,} scores added to {where}, {there:,} were there", err=True)
    click.echo(f"page: {write_page(output_path)}", err=True)


@command.command()
@click.argument("folder", type=EXISTING, metavar="DIR")
@click.option("--format", "kind", type=click.Choice(["parquet", "csv", "json"]), default="parquet",
    show_default=True,
)  # fmt: skip
@click.option("--to", "target", type=FOLDER, required=True, metavar="DIR2")
def export(folder: Path, kind: str, target: Path) -> None:
    """Write briefs, videos, scores, failures, cells, generators, probes, shifts, runs to DIR2."""
    from popcorn_bench.harness.exporting import export_tables
    from popcorn_bench.results import index

    for path in export_tables(folder, kind, target):
        click.echo(path)
    with closing(index.connect([folder])) as connection:
        tell_damage(connection)


@command.command()
@click.argument("folder", type=EXISTING, metavar="DIR")
def rebuild(folder: Path) -> None:
    """Make popcorn.duckdb anew from the journal."""
    from popcorn_bench.results import index

    index.rebuild(folder)
    click.echo(f"{folder / index.FILE} is up to the journal", err=True)
    with closing(index.connect([folder])) as connection:
        tell_damage(connection)


@command.command()
def schema() -> None:
    """Print the SQL of the tables and views."""
    from popcorn_bench.results import index

    click.echo(index.schema(), nl=False)
