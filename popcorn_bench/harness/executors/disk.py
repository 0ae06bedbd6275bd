"""How artefacts travel between the driver and a node that may not see its results folder.

Where it does, or where the artefacts are at a URL, a node reads and writes them itself. Otherwise
their bytes go through the cluster's object store, and the driver puts them into the folder.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from popcorn_bench.errors import AdapterError
from popcorn_bench.harness.worker import AuditRequest, ScoreRequest
from popcorn_bench.results.artifacts import DAMAGED, ArtefactStore, name_of, open_artefacts
from popcorn_bench.results.artifacts.place import ArtefactPlace, place_of, remember
from popcorn_bench.types import Artefact

Files = Mapping[str, bytes]  # by the names that they have in the store


@dataclass(frozen=True, slots=True)
class Disk:
    """The results folder as a node is told of it; `token` is a file that only lies there."""

    folder: Path
    token: Path
    place: ArtefactPlace

    @property
    def is_here(self) -> bool:
        """Whether this machine sees the folder and its artefacts."""
        return self.token.is_file()

    @property
    def has_url(self) -> bool:
        """Whether artefacts are where every machine can reach them."""
        return "://" in self.place.url and not self.place.url.startswith("file://")

    def stand_in(self) -> Path:
        """A folder of this machine in its place."""
        folder = Path(tempfile.mkdtemp(prefix="popcorn-node-"))
        if self.has_url:
            remember(folder, self.place)
        return folder


class Reach(NamedTuple):
    """What an actor has of the results folder.

    `away`: not the folder itself but one in its place, which it has to remove when it leaves.
    `ships`: files come with the jobs and leave with the results.
    """

    away: bool
    ships: bool


@dataclass(frozen=True, slots=True)
class Shipped:
    """An artefact with its bytes."""

    artefact: Artefact
    data: bytes


@contextmanager
def shown(folder: Path) -> Iterator[Disk]:
    """Mark a results folder, so that nodes can tell whether they see it."""
    folder = folder.resolve()
    root = open_artefacts(folder).root.resolve()
    root.mkdir(parents=True, exist_ok=True)
    handle, token = tempfile.mkstemp(prefix=".seen-", dir=root)
    os.close(handle)
    try:
        yield Disk(folder, Path(token), place_of(folder))
    finally:
        Path(token).unlink(missing_ok=True)


def ship(result: object, folder: Path) -> object:
    """A result with the bytes of its artefact, which then leaves the folder."""
    if not isinstance(result, Artefact):
        return result
    path = ArtefactStore(folder).path(result.sha256, result.suffix)
    shipped = Shipped(result, path.read_bytes())
    path.unlink()
    return shipped


def land(shipped: Shipped, folder: Path) -> Artefact | AdapterError:
    """Put an artefact that arrived into the results folder."""
    store = open_artefacts(folder)
    with store.workspace() as scratch:
        path = scratch / f"arrived{shipped.artefact.suffix}"
        path.write_bytes(shipped.data)
        if store.put(path) != shipped.artefact.sha256:
            return AdapterError("damaged_artefact", "it was damaged on its way", retriable=True)
    return shipped.artefact


def load(jobs: Sequence[Any], folder: Path) -> dict[str, bytes]:
    """The artefacts that jobs read; one that is damaged is removed and left out."""
    store = open_artefacts(folder)
    files: dict[str, bytes] = {}
    with store.reading() as fetch:
        for artefact in _read_by(jobs):
            name = name_of(artefact.sha256, artefact.suffix)
            try:
                files[name] = fetch(name).read_bytes()
            except AdapterError as error:
                if error.kind != DAMAGED:
                    raise
                store.discard(name)
    return files


@contextmanager
def unloaded(files: Files, folder: Path) -> Iterator[None]:
    """Files in a folder's store for as long as a batch needs them."""
    store = ArtefactStore(folder)
    paths = [store.path(*_parts(name)) for name in files]
    for path, data in zip(paths, files.values(), strict=True):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    try:
        yield
    finally:
        for path in paths:
            path.unlink(missing_ok=True)


def _parts(name: str) -> tuple[str, str]:
    stem, dot, suffix = name.partition(".")
    return stem, dot + suffix


def _read_by(jobs: Sequence[Any]) -> Iterator[Artefact]:
    for job in jobs:
        samples = job.samples if isinstance(job, AuditRequest) else [job]
        for sample in samples:
            if isinstance(sample, ScoreRequest):
                yield from filter(None, (sample.video, sample.cover))
