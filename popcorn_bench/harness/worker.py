"""The inside of a worker process: it holds one loaded generator or evaluator and serves batches.

Results leave one by one, so that a finished clip is recorded before the next one is made. What one
job does wrong is its own failure: the others of its batch are done all the same.
"""

from __future__ import annotations

import os
import pickle
import signal
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from multiprocessing import parent_process
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Protocol, cast

from popcorn_bench.errors import AdapterError, boundary
from popcorn_bench.evaluators.protocol import Evaluator, Sample
from popcorn_bench.generators.protocol import MediaAdapter, MediaGenerator, MediaRequest
from popcorn_bench.results.artifacts import ArtefactStore, file_sha
from popcorn_bench.types import Artefact, EvaluatorCard, Generator, Query, Score

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

    def run(self, jobs: Sequence[Any]) -> Iterator[Any]:
        """Yield one result or `AdapterError` for each job, in order."""
        ...


@dataclass(slots=True)
class GeneratorHost:
    """Makes artefacts and puts them into the store."""

    generator: Generator
    device: str
    folder: Path
    _loaded: MediaGenerator | None = field(default=None, init=False)

    def run(self, jobs: Sequence[MediaRequest]) -> Iterator[Artefact | AdapterError]:
        """One artefact for each request."""
        from popcorn_bench.generators.video.catalog import ADAPTERS

        if self._loaded is None:
            adapter = cast("MediaAdapter", ADAPTERS.load(self.generator.adapter))
            self._loaded = adapter(self.generator, self.device)
        store = ArtefactStore(self.folder)
        with store.workspace() as scratch:
            for made in self._loaded.generate(jobs, scratch):
                yield _stored(made, store)


@dataclass(slots=True)
class EvaluatorHost:
    """Scores samples."""

    card: EvaluatorCard
    folder: Path
    _loaded: Evaluator | None = field(default=None, init=False)

    def run(self, jobs: Sequence[ScoreRequest]) -> Iterator[tuple[Score, ...] | AdapterError]:
        """The scores of each sample."""
        from popcorn_bench.harness.resolve import evaluator_class

        if self._loaded is None:
            self._loaded = evaluator_class(self.card.name)()
        store = ArtefactStore(self.folder)
        samples = [_sample(job, store) for job in jobs]
        sound = [sample for sample in samples if isinstance(sample, Sample)]
        scored = iter(self._loaded.score(sound))
        for sample in samples:
            yield sample if isinstance(sample, AdapterError) else self._checked(next(scored, None))

    def _checked(self, scores: object) -> tuple[Score, ...] | AdapterError:
        """Hold what an evaluator gave against its card: one score per metric."""
        if isinstance(scores, AdapterError):
            return scores
        given = scores if isinstance(scores, tuple) else ()
        names = [score.metric for score in given if isinstance(score, Score)]
        if names != [metric.name for metric in self.card.metrics]:
            return AdapterError("bug", f"{self.card.name} gave {type(scores).__name__} {names}")
        return given


def main(connection: Connection, host: Host) -> None:
    """Serve batches from the connection until it closes: as many answers as jobs, in order."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides when to stop
    threading.Thread(target=_die_with_parent, daemon=True).start()
    while True:
        try:
            jobs = connection.recv()
        except EOFError:
            return
        for result in results_of(host, jobs):
            _send(connection, result)


def results_of(host: Host, jobs: Sequence[Any]) -> Iterator[Any]:
    """Exactly one result or `AdapterError` for each job, whatever the host does."""
    done = 0
    try:
        with boundary(type(host).__name__):
            for result in islice(host.run(jobs), len(jobs)):
                done += 1
                yield result
    except AdapterError as error:
        if len(jobs) == 1 and not done:
            yield error
            return
        for job in jobs[done:]:  # one of them broke the batch: each for itself
            yield from results_of(host, [job])
        return
    for _ in jobs[done:]:
        yield AdapterError("bug", f"{type(host).__name__} gave no result")


def _send(connection: Connection, result: object) -> None:
    try:
        data = pickle.dumps(result)
    except Exception as error:  # noqa: BLE001 - whatever a plugin's object raises
        data = pickle.dumps(AdapterError("bug", f"a result cannot be sent: {error}"))
    connection.send_bytes(data)


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


def _sample(job: ScoreRequest, store: ArtefactStore) -> Sample | AdapterError:
    """What the evaluator reads. A damaged file is removed, so that the clip is made again."""
    if job.video is None:
        return Sample(query=job.query, title=job.title)
    path = store.path(job.video.sha256, job.video.suffix)
    try:
        sound = file_sha(path) == job.video.sha256
    except OSError:
        sound = False
    if sound:
        return Sample(query=job.query, title=job.title, video=path)
    path.unlink(missing_ok=True)
    message = "the file was damaged and is removed; run again to make it again"
    return AdapterError("damaged_artefact", message, retriable=True)


def _die_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
