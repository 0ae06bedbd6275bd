"""The executor of one machine: worker processes, one per GPU where there are GPUs."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import cast

from popcorn_bench.evaluators.catalog import evaluator_class
from popcorn_bench.evaluators.protocol import gpu_share
from popcorn_bench.generators.machine import devices
from popcorn_bench.generators.media_catalog import ADAPTERS, MediaEntry
from popcorn_bench.generators.protocol import MediaAdapter
from popcorn_bench.harness.executors.pooled import JudgePool, MediaPool, PooledExecutor
from popcorn_bench.harness.gate import Gate
from popcorn_bench.harness.plan import RunPlan
from popcorn_bench.harness.pool import Pool, Seat
from popcorn_bench.harness.progress import Step
from popcorn_bench.harness.worker import EvaluatorHost, GeneratorHost
from popcorn_bench.types import EvaluatorCard


class LocalExecutor(PooledExecutor):
    """Worker processes on this machine, for as long as the context lasts."""

    def __init__(
        self, plan: RunPlan, folder: Path, on_step: Callable[[Step], None] = lambda _: None
    ) -> None:
        local = LocalPools(plan.spec.device, folder, on_step)
        super().__init__(plan, local.media, local.judges)


class LocalPools:
    """Pools of processes on this machine that share its GPUs."""

    def __init__(self, device: str, folder: Path, on_step: Callable[[Step], None]) -> None:
        self._device, self._folder, self._on_step = device, folder, on_step
        self._gates = [Gate(name) for name in devices(device)]

    def media(self, entry: MediaEntry) -> MediaPool:
        """For one generator: one process per GPU where it takes one, else as its adapter says."""
        adapter = cast("MediaAdapter", ADAPTERS.load(entry.generator.adapter))
        on_gpu = self._gates if entry.on_gpu else []
        seats = [Seat(GeneratorHost(entry.generator, g.device, self._folder), g) for g in on_gpu]
        plain = Seat(GeneratorHost(entry.generator, self._device, self._folder))
        seats = seats or [plain] * (_cores() if adapter.parallel else 1)
        return Pool(seats, adapter.max_batch, on_step=self._on_step)

    def judges(self, card: EvaluatorCard) -> JudgePool:
        """For one evaluator; one that computes on a GPU waits for it as generators do."""
        kind = evaluator_class(card.name)
        on_gpu = self._gates if gpu_share(kind) else []
        seats = [Seat(EvaluatorHost(card, g.device, self._folder), g) for g in on_gpu]
        plain = Seat(EvaluatorHost(card, self._device, self._folder))
        seats = seats or [plain] * (_cores() if kind.parallel else 1)
        return Pool(seats, kind.max_batch)


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
