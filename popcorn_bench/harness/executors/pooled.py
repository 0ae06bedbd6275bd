"""An executor made of pools: one for each generator and each evaluator of a plan."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from typing import Any, Self, TypeAlias, cast

from popcorn_bench.fingerprint import generator_id
from popcorn_bench.generators.media_catalog import MediaEntry
from popcorn_bench.generators.protocol import MediaRequest
from popcorn_bench.harness.executors.protocol import Scores
from popcorn_bench.harness.plan import RunPlan
from popcorn_bench.harness.pool import Pool
from popcorn_bench.harness.worker import AuditRequest, ScoreRequest
from popcorn_bench.types import Artefact, Audit, EvaluatorCard, Generator

MediaPool: TypeAlias = Pool[MediaRequest, Artefact]
JudgePool: TypeAlias = Pool[ScoreRequest | AuditRequest, Scores | Audit]


class PooledExecutor:
    """Hands each unit to the pool of its generator or evaluator, as long as the context lasts."""

    def __init__(
        self,
        plan: RunPlan,
        media: Callable[[MediaEntry], MediaPool],
        judges: Callable[[EvaluatorCard], JudgePool],
    ) -> None:
        makers = [*plan.videos, *filter(None, [plan.cover])]
        self.media = {generator_id(entry.generator): media(entry) for entry in makers}
        self.judges = {card.name: judges(card) for card in plan.evaluators}
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        for pool in self._pools():
            await self._stack.enter_async_context(pool)
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._stack.aclose()

    async def make(self, generator: Generator, request: MediaRequest) -> Artefact:
        """See `Executor`."""
        return await self.media[generator_id(generator)].submit(request)

    async def judge(self, evaluator: str, request: ScoreRequest) -> Scores:
        """See `Executor`."""
        return cast("Scores", await self.judges[evaluator].submit(request))

    async def audit(self, evaluator: str, request: AuditRequest) -> Audit:
        """See `Executor`."""
        return cast("Audit", await self.judges[evaluator].submit(request))

    def drop_waiting(self) -> None:
        """See `Executor`."""
        for pool in self._pools():
            pool.drop_waiting()

    def _pools(self) -> Iterator[Pool[Any, Any]]:
        yield from self.media.values()
        yield from self.judges.values()
