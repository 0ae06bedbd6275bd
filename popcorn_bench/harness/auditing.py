"""Does the audits of a run. They are bookkeeping: recorded like units and counted nowhere."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeAlias, cast

from popcorn_bench.errors import AdapterError
from popcorn_bench.harness.audit import AuditJob
from popcorn_bench.harness.decide import Action, Policy, decide
from popcorn_bench.harness.executors.protocol import Executor
from popcorn_bench.harness.limits.leaving import LeftOutError
from popcorn_bench.harness.progress import Display
from popcorn_bench.harness.retry import Attempted
from popcorn_bench.results.store import Store
from popcorn_bench.types import Audit, Stage

_AT_ONCE = 8
_Make: TypeAlias = Callable[[AdapterError | None], Awaitable[Audit]]


@dataclass(frozen=True, slots=True)
class Auditor:
    """Finds out what scores hang on.

    Args:
        store: opened for writing.
        executor: where evaluators are.
        display: is told of audits that failed.
        policy: what to do about failures.
        attempt: tries a call as the run tries one; raises `LeftOutError` when it stops.
    """

    store: Store
    executor: Executor
    display: Display
    policy: Policy
    attempt: Callable[[str, _Make], Awaitable[Attempted[Audit]]]

    async def do(self, jobs: Iterator[AuditJob]) -> None:
        """Make what is missing, several at once."""
        async with asyncio.TaskGroup() as group:
            for _ in range(_AT_ONCE):
                group.create_task(self._work(jobs))

    async def _work(self, jobs: Iterator[AuditJob]) -> None:
        for job in jobs:
            with suppress(LeftOutError):
                await self._audit(job)

    async def _audit(self, job: AuditJob) -> None:
        action, found = decide(self.store, job.unit, self.policy)
        if action is Action.REUSE:
            await self.store.finish(job.unit, cast("Audit", found), reused=True)
        if action is not Action.DO:
            return

        async def make(_: AdapterError | None) -> Audit:
            return await self.executor.audit(job.card.name, job.request)

        done = await self.attempt(f"audit of {job.card.name}", make)
        if done.error is None:
            await self.store.finish(job.unit, cast("Audit", done.result))
            return
        failure = done.error.failure(Stage.AUDIT, done.attempts)
        self.display.note(f"not audited: {failure.message}")
        await self.store.fail(job.unit, failure)
