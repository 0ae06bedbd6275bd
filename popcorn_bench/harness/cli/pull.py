"""`popcorn-bench pull`: download weights ahead of a run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from popcorn_bench.harness.cli.options import with_include_path

if TYPE_CHECKING:
    from popcorn_bench.generators.media_catalog import MediaEntry
    from popcorn_bench.generators.pipelines.pull import Pulled


@click.command(name="pull")
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@with_include_path
def command(names: tuple[str, ...], include_path: tuple[str, ...]) -> None:
    """Download the weights of generators of clips or covers, and check them.

    Every file is held against the hash that the hub names. What is there already is only checked.
    """
    from popcorn_bench.errors import AdapterError, UsageError
    from popcorn_bench.generators.pipelines.pull import pull

    for entry in _found(names, [Path(folder) for folder in include_path]):
        try:
            folder = pull(entry, _tell)
        except AdapterError as error:
            raise UsageError(f"{entry.generator.name}: {error}") from error
        click.echo(f"{entry.generator.name}: {folder}")


def _found(names: tuple[str, ...], include: list[Path]) -> list[MediaEntry]:
    """The generators of these names, whichever catalog has them; those with weights to pull."""
    from popcorn_bench.errors import UsageError, did_you_mean
    from popcorn_bench.generators.image.catalog import ImageCatalog
    from popcorn_bench.generators.video.catalog import VideoCatalog

    known = {
        entry.generator.name: entry
        for catalog in (ImageCatalog(include), VideoCatalog(include))
        for entry in catalog.entries()
        if entry.repos
    }
    for name in names:
        if name not in known:
            hint = did_you_mean(name, known)
            raise UsageError(f"no generator {name!r} with weights to download{hint}")
    return [known[name] for name in dict.fromkeys(names)]


def _tell(pulled: Pulled) -> None:
    click.echo(f"{pulled.done / 1e9:.1f} of {pulled.total / 1e9:.1f} GB  {pulled.file}", err=True)
