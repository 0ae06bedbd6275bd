"""Weights of generators, downloaded ahead of a run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from popcorn_bench.errors import AdapterError, UsageError, did_you_mean
from popcorn_bench.generators.image.catalog import ImageCatalog
from popcorn_bench.generators.media_catalog import MediaEntry
from popcorn_bench.generators.pipelines.pull import Pulled, pull
from popcorn_bench.generators.video.catalog import VideoCatalog


def pull_all(
    names: Sequence[str], include: Sequence[Path], tell: Callable[[Pulled], None]
) -> Iterator[tuple[str, Path]]:
    """Download and check the weights of each; yield its name and folder.

    Raises:
        UsageError: for a name without weights, before anything is downloaded, and for a download
            that failed.
    """
    for entry in _found(names, include):
        try:
            folder = pull(entry, tell)
        except AdapterError as error:
            raise UsageError(f"{entry.generator.name}: {error}") from error
        yield entry.generator.name, folder


def progress_line(pulled: Pulled) -> str:
    """How far a download is."""
    return f"{pulled.done / 1e9:.1f} of {pulled.total / 1e9:.1f} GB  {pulled.file}"


def _found(names: Sequence[str], include: Sequence[Path]) -> list[MediaEntry]:
    """The generators of these names, whichever catalog has them; those with weights to pull."""
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
