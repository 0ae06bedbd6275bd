"""`popcorn-bench pull`: download weights ahead of a run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from popcorn_bench.harness.cli.options import say, with_include_path

if TYPE_CHECKING:
    from popcorn_bench.generators.pipelines.pull import Pulled


@click.command(name="pull")
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@with_include_path
def command(names: tuple[str, ...], include_path: tuple[str, ...]) -> None:
    """Download the weights of generators of clips or covers, and check them.

    Every file is held against the hash that the hub names. What is there already is only checked.
    """
    from popcorn_bench.harness.pulling import progress_line, pull_all

    def tell(pulled: Pulled) -> None:
        say(progress_line(pulled))

    for name, folder in pull_all(names, [Path(folder) for folder in include_path], tell):
        click.echo(f"{name}: {folder}")
