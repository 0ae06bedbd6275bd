"""Where media and scores are made: the interface, and its form for one machine."""

from __future__ import annotations

import os
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Protocol, Self, cast

from popcorn_bench.generators.protocol import MediaAdapter, MediaRequest
from popcorn_bench.generators.video.catalog import ADAPTERS, VideoEntry
from popcorn_bench.harness.plan import RunPlan
from popcorn_bench.harness.pool import Pool
from popcorn_bench.harness.resolve import evaluator_class
from popcorn_bench.harness.worker import EvaluatorHost, GeneratorHost, ScoreRequest
from popcorn_bench.types import Artefact, EvaluatorCard, Score

Scores = tuple[Score, ...]


class Executor(Protocol):
    """Makes clips and scores somewhere; both raise `AdapterError` for a unit that failed."""

    async def make(self, generator: str, request: MediaRequest) -> Artefact:
        """One clip by the generator of that name."""
        ...

    async def judge(self, evaluator: str, request: ScoreRequest) -> Scores:
        """The scores of one sample by the evaluator of that name."""
        ...

    def drop_waiting(self) -> None:
        """Cancel what has not begun."""
        ...


class LocalExecutor:
    """Worker processes on this machine, for as long as the context lasts."""

    def __init__(self, plan: RunPlan, folder: Path) -> None:
        device = plan.spec.device
        self._clips = {v.generator.name: _clips(v, device, folder) for v in plan.videos}
        self._judges = {card.name: _judges(card, folder) for card in plan.evaluators}
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        for clips in self._clips.values():
            await self._stack.enter_async_context(clips)
        for judges in self._judges.values():
            await self._stack.enter_async_context(judges)
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._stack.aclose()

    async def make(self, generator: str, request: MediaRequest) -> Artefact:
        """See `Executor`."""
        return await self._clips[generator].submit(request)

    async def judge(self, evaluator: str, request: ScoreRequest) -> Scores:
        """See `Executor`."""
        return await self._judges[evaluator].submit(request)

    def drop_waiting(self) -> None:
        """See `Executor`."""
        for clips in self._clips.values():
            clips.drop_waiting()
        for judges in self._judges.values():
            judges.drop_waiting()


def _clips(entry: VideoEntry, device: str, folder: Path) -> Pool[MediaRequest, Artefact]:
    adapter = cast("MediaAdapter", ADAPTERS.load(entry.generator.adapter))
    host = GeneratorHost(entry.generator, device, folder)
    return Pool(host, _cores() if adapter.parallel else 1, adapter.max_batch)


def _judges(card: EvaluatorCard, folder: Path) -> Pool[ScoreRequest, Scores]:
    """Decoding clips is work for every core; scoring texts is not."""
    workers = _cores() if card.sees_video else 1
    return Pool(EvaluatorHost(card, folder), workers, evaluator_class(card.name).max_batch)


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
