"""The inside of a worker process: it holds one loaded generator or evaluator and serves batches.

Results leave one by one, so that a finished clip is recorded before the next one is made. What one
job does wrong is its own failure: the others of its batch are done all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from time import monotonic
from typing import Any, Protocol, TypeAlias, cast

from popcorn_bench.errors import AdapterError, UsageError, boundary
from popcorn_bench.evaluators.protocol import Evaluator, Sample
from popcorn_bench.generators.protocol import (
    MediaAdapter,
    MediaGenerator,
    MediaRequest,
    Overlapping,
    Resumable,
    Stepped,
)
from popcorn_bench.generators.provenance import provenance
from popcorn_bench.harness import probes
from popcorn_bench.harness.keeping import stored
from popcorn_bench.harness.progress import Step
from popcorn_bench.results.artifacts import DAMAGED, Artefacts, Fetch, name_of, open_artefacts
from popcorn_bench.types import Artefact, Audit, EvaluatorCard, Generator, Query, Score


@dataclass(frozen=True, slots=True)
class ScoreRequest:
    """What an evaluator is to judge; video and cover are named by their places in the store."""

    query: Query
    title: str
    video: Artefact | None = None
    cover: Artefact | None = None


@dataclass(frozen=True, slots=True)
class AuditRequest:
    """Samples to find out on what an evaluator's scores hang."""

    samples: tuple[ScoreRequest, ...]


Tell: TypeAlias = Callable[[Step], None]


def _nobody(_: Step) -> None:
    """Where nobody listens."""


class Host(Protocol):
    """Travels to the worker process, loads there, and does batches of jobs."""

    def run(self, jobs: Sequence[Any], tell: Tell) -> Iterator[Any]:
        """Yield one result or `AdapterError` for each job, in order; `tell` news on the way."""
        ...


@dataclass(slots=True)
class GeneratorHost:
    """Makes artefacts and puts them into the store."""

    generator: Generator
    device: str
    folder: Path
    _loaded: MediaGenerator | None = field(default=None, init=False)
    _unloadable: AdapterError | None = field(default=None, init=False)

    @property
    def overlaps(self) -> bool:
        """See `Overlapping`."""
        adapter = _adapter(self.generator)
        return isinstance(adapter, Overlapping) and adapter.overlaps

    def run(
        self, jobs: Sequence[MediaRequest], tell: Tell = _nobody
    ) -> Iterator[Artefact | AdapterError]:
        """One artefact for each request."""
        made_by = self._generator()
        if isinstance(made_by, Stepped):
            made_by.on_step = lambda done, of, n: tell(Step(self.generator.name, done, of, n))
        store = open_artefacts(self.folder)
        with store.workspace() as scratch:
            started = monotonic()
            for request, made in zip(jobs, made_by.generate(jobs, scratch), strict=False):
                tags = provenance(self.generator, request)
                yield stored(made, store, monotonic() - started, tags)
                started = monotonic()

    def _generator(self) -> MediaGenerator:
        """The loaded generator; what cannot be loaded is not tried again for every job."""
        if self._unloadable is not None:
            raise self._unloadable
        try:
            with _loading(self.generator.name):
                self._loaded = self._loaded or self._load()
        except AdapterError as error:
            self._unloadable = error
            raise
        return self._loaded

    def _load(self) -> MediaGenerator:
        loaded = _adapter(self.generator)(self.generator, self.device)
        if isinstance(loaded, Resumable):
            loaded.state = self.folder
        return loaded


@dataclass(slots=True)
class EvaluatorHost:
    """Scores samples, and is audited on some of them."""

    card: EvaluatorCard
    device: str
    folder: Path
    _loaded: Evaluator | None = field(default=None, init=False)
    _unloadable: AdapterError | None = field(default=None, init=False)

    def run(
        self, jobs: Sequence[ScoreRequest | AuditRequest], tell: Tell = _nobody
    ) -> Iterator[tuple[Score, ...] | Audit | AdapterError]:
        """The scores of each sample, or what an audit found; there is no news on the way."""
        del tell
        requests = [job for job in jobs if isinstance(job, ScoreRequest)]
        scores = self._score(requests)
        for job in jobs:
            yield next(scores) if isinstance(job, ScoreRequest) else self._audit(job)

    def _score(
        self, requests: Sequence[ScoreRequest]
    ) -> Iterator[tuple[Score, ...] | AdapterError]:
        store = open_artefacts(self.folder)
        with store.reading() as fetch:
            samples = [_sample(request, store, fetch) for request in requests]
            sound = [sample for sample in samples if isinstance(sample, Sample)]
            scored = iter(self._evaluator().score(sound)) if sound else iter(())
            for sample in samples:
                if isinstance(sample, AdapterError):
                    yield sample
                else:
                    yield self._checked(next(scored, None))

    def _audit(self, request: AuditRequest) -> Audit:
        store = open_artefacts(self.folder)
        with store.reading() as fetch, store.workspace() as scratch:
            samples = [_sample(item, store, fetch) for item in request.samples]
            sound = [sample for sample in samples if isinstance(sample, Sample)]
            return probes.audit(self._evaluator(), self.card, sound, scratch)

    def _evaluator(self) -> Evaluator:
        """The loaded evaluator; what cannot be loaded is not tried again for every job."""
        if self._unloadable is not None:
            raise self._unloadable
        try:
            with _loading(self.card.name):
                self._loaded = self._loaded or self._load()
        except AdapterError as error:
            self._unloadable = error
            raise
        return self._loaded

    def _load(self) -> Evaluator:
        from popcorn_bench.evaluators import catalog

        return catalog.evaluator_class(self.card.name)(self.card, self.device)

    def _checked(self, scores: object) -> tuple[Score, ...] | AdapterError:
        """Hold what an evaluator gave against its card: one score per metric."""
        if isinstance(scores, AdapterError):
            return scores
        given = scores if isinstance(scores, tuple) else ()
        names = [score.metric for score in given if isinstance(score, Score)]
        if names != [metric.name for metric in self.card.metrics]:
            return AdapterError("bug", f"{self.card.name} gave {type(scores).__name__} {names}")
        return given


@contextmanager
def _loading(name: str) -> Iterator[None]:
    """Whatever keeps a part from loading is a failure of its units, none of the process."""
    try:
        with boundary(f"loading {name}"):
            yield
    except UsageError as error:
        raise AdapterError("unusable", str(error)) from error


def _adapter(generator: Generator) -> MediaAdapter:
    from popcorn_bench.generators.media_catalog import ADAPTERS

    return cast("MediaAdapter", ADAPTERS.load(generator.adapter))


def overlaps(host: Host) -> bool:
    """Whether a batch may begin while the last of the batch before it are being written."""
    with suppress(UsageError):  # what cannot be found is told when it is to be loaded
        return bool(getattr(host, "overlaps", False))
    return False


def results_of(host: Host, jobs: Sequence[Any], tell: Tell = _nobody) -> Iterator[Any]:
    """Exactly one result or `AdapterError` for each job, whatever the host does."""
    done = 0
    try:
        with boundary(type(host).__name__):
            for result in islice(host.run(jobs, tell), len(jobs)):
                done += 1
                yield result
    except AdapterError as error:
        if len(jobs) == 1 and not done:
            yield error
            return
        for job in jobs[done:]:  # one of them broke the batch: each for itself
            yield from results_of(host, [job], tell)
        return
    for _ in jobs[done:]:
        yield AdapterError("bug", f"{type(host).__name__} gave no result")


def _sample(job: ScoreRequest, store: Artefacts, fetch: Fetch) -> Sample | AdapterError:
    """What the evaluator reads. A damaged file is removed, so that it is made again."""
    try:
        sample = Sample(
            query=job.query,
            title=job.title,
            cover=_whole(job.cover, store, fetch),
            video=_whole(job.video, store, fetch),
        )
        return probes.blank(sample) or sample
    except AdapterError as error:
        return error


def _whole(artefact: Artefact | None, store: Artefacts, fetch: Fetch) -> Path | None:
    if artefact is None:
        return None
    name = name_of(artefact.sha256, artefact.suffix)
    try:
        return fetch(name)
    except AdapterError as error:
        if error.kind != DAMAGED:
            raise
        store.discard(name)
        message = "the file was damaged and is removed; run again to make it again"
        raise AdapterError(DAMAGED, message, retriable=True) from error
