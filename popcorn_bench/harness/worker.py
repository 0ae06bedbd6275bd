"""The inside of a worker process: it holds one loaded generator or evaluator and serves batches."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from multiprocessing import parent_process
from pathlib import Path
from typing import Any, Protocol, cast

from popcorn_bench.errors import AdapterError, boundary
from popcorn_bench.evaluators.protocol import Evaluator, Sample
from popcorn_bench.generators.protocol import MediaAdapter, MediaGenerator, MediaRequest
from popcorn_bench.results.artifacts import ArtefactStore
from popcorn_bench.types import Artefact, Generator, Query, Score

# As many processes as cores: one thread each.
THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "POLARS_MAX_THREADS")


@dataclass(frozen=True, slots=True)
class ScoreRequest:
    """What an evaluator is to judge; the video is named by its place in the store."""

    query: Query
    title: str
    video: Artefact | None = None


class Host(Protocol):
    """Travels to the worker process, loads there, and does batches of jobs."""

    def run(self, jobs: Sequence[Any]) -> list[Any]:
        """One result or `AdapterError` for each job, in order."""
        ...


@dataclass(slots=True)
class GeneratorHost:
    """Makes artefacts and puts them into the store."""

    generator: Generator
    device: str
    folder: Path
    _loaded: MediaGenerator | None = field(default=None, init=False)

    def run(self, jobs: Sequence[MediaRequest]) -> list[Artefact | AdapterError]:
        """One artefact for each request."""
        from popcorn_bench.generators.video.catalog import ADAPTERS

        if self._loaded is None:
            adapter = cast("MediaAdapter", ADAPTERS.load(self.generator.adapter))
            self._loaded = adapter(self.generator, self.device)
        store = ArtefactStore(self.folder)
        with store.workspace() as scratch:
            made = self._loaded.generate(jobs, scratch)
            return [_stored(item, store) for item in made]


@dataclass(slots=True)
class EvaluatorHost:
    """Scores samples."""

    name: str
    folder: Path
    _loaded: Evaluator | None = field(default=None, init=False)

    def run(self, jobs: Sequence[ScoreRequest]) -> list[tuple[Score, ...] | AdapterError]:
        """The scores of each sample."""
        from popcorn_bench.harness.resolve import evaluator_class

        if self._loaded is None:
            self._loaded = evaluator_class(self.name)()
        store = ArtefactStore(self.folder)
        return list(self._loaded.score([_sample(job, store) for job in jobs]))


def start(host: Host) -> None:
    """Set a fresh worker process up; the first batch loads what it holds."""
    global _host  # noqa: PLW0603 - the one thing that this process is for
    _host = host
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides when to stop
    threading.Thread(target=_die_with_parent, daemon=True).start()


def serve(jobs: Sequence[Any]) -> list[Any]:
    """Do a batch: as many results or `AdapterError`s as jobs, whatever happens."""
    try:
        with boundary(type(_host).__name__):
            results = _host.run(jobs)
    except AdapterError as error:
        return [error] * len(jobs)
    missing = len(jobs) - len(results)
    return [*results, *[AdapterError("bug", "no result came back")] * missing]


_host: Host


def _stored(made: Path | AdapterError, store: ArtefactStore) -> Artefact | AdapterError:
    from popcorn_bench.media import probe

    if isinstance(made, AdapterError):
        return made
    try:
        with boundary("probe"):
            facts = probe(made)
    except AdapterError as error:
        return error
    size = made.stat().st_size
    return Artefact(
        sha256=store.put(made),
        suffix=made.suffix,
        bytes=size,
        width=facts.width,
        height=facts.height,
        frames=facts.frames,
        fps=facts.fps,
        seconds=facts.seconds,
        codec=facts.codec,
    )


def _sample(job: ScoreRequest, store: ArtefactStore) -> Sample:
    video = store.path(job.video.sha256, job.video.suffix) if job.video else None
    return Sample(query=job.query, title=job.title, video=video)


def _die_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
