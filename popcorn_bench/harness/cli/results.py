"""`popcorn-bench results`: the results folder itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from popcorn_bench.harness.cli.damage import tell_damage
from popcorn_bench.harness.cli.options import EXISTING, FILE, FOLDER, with_artifacts, with_json
from popcorn_bench.harness.spec import DEFAULT_OUTPUT

if TYPE_CHECKING:
    from popcorn_bench.results.merging import Merged


@click.group(name="results")
def command() -> None:
    """Import, export, merge, rebuild, describe."""


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
@click.argument("folders", nargs=-1, required=True, type=EXISTING, metavar="DIR...")
@click.option("--into", type=FOLDER, required=True, metavar="DIR",
    help="A new folder, or one that was merged into before.",
)  # fmt: skip
@with_artifacts
@with_json
def merge(
    folders: tuple[Path, ...],
    *,
    into: Path,
    artifacts: str | None,
    artifact_cache: int | None,
    as_json: bool,
) -> None:
    """Join results folders of many machines, in any order and as often as you like.

    Runs keep their ids, records their times; equal work is counted once. Clips and covers are
    verified on the way. Two different things under one id stop it before anything is written.
    """
    from popcorn_bench.results import merging

    done = merging.merge(folders, into, artifacts=artifacts, cache=artifact_cache)
    for line in _remarks(done):
        click.echo(f"note: {line}", err=True)
    if as_json:
        click.echo(json.dumps(asdict(done), indent=2))
        return
    click.echo(
        f"{into}: {done.runs:,} runs ({done.added:,} new, {done.grown:,} longer than before), "
        f"{done.records:,} records; {done.artefacts:,} clips and covers brought, "
        f"{done.artefacts_there:,} were there",
        err=True,
    )


def _remarks(done: Merged) -> Iterator[str]:
    yield from done.remarks
    for name in done.differing:
        yield f"{name!r}: its copies disagree; the one with more readable lines was taken"
    if done.doubled:
        yield f"{done.doubled:,} units have a result in several runs: the latest counts"
    if done.damaged:
        more = f" and {len(done.damaged) - 1:,} more" if done.damaged[1:] else ""
        yield f"not taken, damaged: {done.damaged[0]}{more}; a run makes them again"


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
