"""`popcorn-bench results`: the results folder itself."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

import click

from popcorn_bench.harness.cli.damage import tell_damage
from popcorn_bench.harness.cli.kinds import EXISTING, FILE, FOLDER
from popcorn_bench.harness.cli.options import say, with_artifacts, with_json
from popcorn_bench.harness.spec import DEFAULT_OUTPUT


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
    from popcorn_bench.harness.api.folders import import_scores
    from popcorn_bench.harness.cli.board import write_page

    done = import_scores(file, output_path, task=task, lower_is_better=lower_is_better)
    where = f"{'new ' if done.new_task else ''}task {task!r}"
    say(f"{done.added:,} scores added to {where}, {done.there:,} were there")
    say(f"page: {write_page(output_path)}")


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


@command.command(name="merge")
@click.argument("folders", nargs=-1, required=True, type=EXISTING, metavar="DIR...")
@click.option("--into", type=FOLDER, required=True, metavar="DIR",
    help="A new folder, or one that was merged into before.",
)  # fmt: skip
@with_artifacts
@with_json
def merge_(
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
    from popcorn_bench.harness.api.folders import merge, remarks

    done = merge(*folders, into=into, artifacts=artifacts, artifact_cache=artifact_cache)
    for line in remarks(done):
        say(f"note: {line}")
    if as_json:
        click.echo(json.dumps(asdict(done), indent=2))
        return
    say(
        f"{into}: {done.runs:,} runs ({done.added:,} new, {done.grown:,} longer than before), "
        f"{done.records:,} records; {done.artefacts:,} clips and covers brought, "
        f"{done.artefacts_there:,} were there"
    )


@command.command()
@click.argument("folder", type=EXISTING, metavar="DIR")
def rebuild(folder: Path) -> None:
    """Make popcorn.duckdb anew from the journal."""
    from popcorn_bench.results import index

    index.rebuild(folder)
    say(f"{folder / index.FILE} is up to the journal")
    with closing(index.connect([folder])) as connection:
        tell_damage(connection)


@command.command()
def schema() -> None:
    """Print the SQL of the tables and views."""
    from popcorn_bench.results import index

    click.echo(index.schema(), nl=False)
