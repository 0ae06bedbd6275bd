"""Where media and scores are made: the interface, and its form for one machine."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Protocol, Self, cast

from popcorn_bench.evaluators.catalog import evaluator_class
from popcorn_bench.fingerprint import generator_id
from popcorn_bench.generators.machine import devices
from popcorn_bench.generators.media_catalog import ADAPTERS, MediaEntry
from popcorn_bench.generators.protocol import MediaAdapter, MediaRequest
from popcorn_bench.harness.gate import Gate
from popcorn_bench.harness.plan import RunPlan
from popcorn_bench.harness.pool import Pool, Seat
from popcorn_bench.harness.progress import Step
from popcorn_bench.harness.worker import (
    AuditRequest,
    EvaluatorHost,
    GeneratorHost,
    ScoreRequest,
)
from popcorn_bench.types import Artefact, Audit, EvaluatorCard, Generator, Score

Scores = tuple[Score, ...]


class Executor(Protocol):
    """Makes media and scores somewhere; all raise `AdapterError` for a unit that failed."""

    async def make(self, generator: Generator, request: MediaRequest) -> Artefact:
        """One clip or cover by a generator of the plan."""
        ...

    async def judge(self, evaluator: str, request: ScoreRequest) -> Scores:
        """The scores of one sample by the evaluator of that name."""
        ...

    async def audit(self, evaluator: str, request: AuditRequest) -> Audit:
        """What the scores of the evaluator of that name hang on."""
        ...

    def drop_waiting(self) -> None:
        """Cancel what has not begun."""
        ...


class LocalExecutor:
    """Worker processes on this machine, for as long as the context lasts."""

    def __init__(
        self, plan: RunPlan, folder: Path, on_step: Callable[[Step], None] = lambda _: None
    ) -> None:
        device = plan.spec.device
        gates = [Gate(name) for name in devices(device)]
        makers = [*plan.videos, *filter(None, [plan.cover])]
        self._media = {
            generator_id(m.generator): _media(m, device, gates, folder, on_step) for m in makers
        }
        self._judges = {card.name: _judges(card, device, folder) for card in plan.evaluators}
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        for media in self._media.values():
            await self._stack.enter_async_context(media)
        for judges in self._judges.values():
            await self._stack.enter_async_context(judges)
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._stack.aclose()

    async def make(self, generator: Generator, request: MediaRequest) -> Artefact:
        """See `Executor`."""
        return await self._media[generator_id(generator)].submit(request)

    async def judge(self, evaluator: str, request: ScoreRequest) -> Scores:
        """See `Executor`."""
        return cast("Scores", await self._judges[evaluator].submit(request))

    async def audit(self, evaluator: str, request: AuditRequest) -> Audit:
        """See `Executor`."""
        return cast("Audit", await self._judges[evaluator].submit(request))

    def drop_waiting(self) -> None:
        """See `Executor`."""
        for media in self._media.values():
            media.drop_waiting()
        for judges in self._judges.values():
            judges.drop_waiting()


def _media(
    entry: MediaEntry,
    device: str,
    gates: Sequence[Gate],
    folder: Path,
    on_step: Callable[[Step], None],
) -> Pool[MediaRequest, Artefact]:
    """Processes for one generator: one per GPU where it takes one, else as its adapter says."""
    adapter = cast("MediaAdapter", ADAPTERS.load(entry.generator.adapter))
    if entry.on_gpu and gates:
        seats = [Seat(GeneratorHost(entry.generator, g.device, folder), g) for g in gates]
    else:
        seat = Seat(GeneratorHost(entry.generator, device, folder))
        seats = [seat] * (_cores() if adapter.parallel else 1)
    return Pool(seats, adapter.max_batch, on_step=on_step)


def _judges(
    card: EvaluatorCard, device: str, folder: Path
) -> Pool[ScoreRequest | AuditRequest, Scores | Audit]:
    kind = evaluator_class(card.name)
    seat = Seat(EvaluatorHost(card, device, folder))
    return Pool([seat] * (_cores() if kind.parallel else 1), kind.max_batch)


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
