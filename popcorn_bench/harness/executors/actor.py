"""A worker on a node of a Ray cluster, as the driver sees it."""

from __future__ import annotations

import asyncio
import os
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any

from popcorn_bench.harness.executors.desk import Desk
from popcorn_bench.harness.executors.disk import Disk, Reach, Shipped, land, load
from popcorn_bench.harness.worker import Host
from popcorn_bench.plugins import VARIABLE

_MOMENT = 1.0
_LONG = 30.0  # without a place: time to say so
_LEAVING = 5.0
_THREADS = 4  # of an actor: two batches, and a question meanwhile


@dataclass(frozen=True, slots=True)
class Need:
    """What an actor takes of a node: CPUs and GPUs, which may be fractions."""

    num_cpus: float = 0.0
    num_gpus: float = 0.0

    def __str__(self) -> str:
        parts = [(self.num_cpus, "CPU"), (self.num_gpus, "GPU")]
        return " and ".join(f"{amount:g} {name}" for amount, name in parts if amount)


class ActorWorker:
    """One actor; a new one takes its place when it is lost. See `Worker`.

    Args:
        host: what it shall hold.
        need: what it takes of a node.
        disk: the results folder.
        note: is told once when it waits long for a place.
    """

    def __init__(self, host: Host, *, need: Need, disk: Disk, note: Callable[[str], None]) -> None:
        import ray

        options = {"num_cpus": need.num_cpus, "num_gpus": need.num_gpus, "max_restarts": 0}
        self._actor: Any = (
            ray.remote(Desk)
            .options(**options, max_concurrency=_THREADS, scheduling_strategy="SPREAD")
            .remote(host, disk, os.environ.get(VARIABLE, ""))
        )
        self._folder, self._need, self._note = disk.folder, need, note
        self._began: float | None = monotonic()
        self._reach = Reach(away=False, ships=False)
        self._streams: deque[Any] = deque()
        self._placed: asyncio.Future[Reach] = asyncio.ensure_future(_answer(self._actor.reach))
        self._placed.add_done_callback(_heard)

    async def ready(self) -> bool:
        """See `Worker`: whether it has a place and runs."""
        await asyncio.wait([self._placed], timeout=_MOMENT)
        if self._placed.done():
            self._reach = self._placed.result()
            return True
        if self._began is not None and monotonic() - self._began > _LONG:
            self._began = None
            self._note(f"waiting for a place on the cluster with {self._need}")
        return False

    async def send(self, jobs: Sequence[Any]) -> None:
        """See `Worker`."""
        files = await asyncio.to_thread(load, jobs, self._folder) if self._reach.ships else {}
        serve = self._actor.serve.options(num_returns="streaming")
        self._streams.append(serve.remote(jobs, files))

    async def receive(self) -> object:
        """See `Worker`."""
        while True:
            try:
                reference = await anext(self._streams[0])
            except StopAsyncIteration:
                self._streams.popleft()
                continue
            result = await reference
            if isinstance(result, Shipped):
                return await asyncio.to_thread(land, result, self._folder)
            return result

    def kill(self) -> None:
        """See `Worker`."""
        import ray

        if self._reach.away:
            ray.wait([self._actor.leave.remote()], timeout=_LEAVING)
        ray.kill(self._actor)


async def _answer(method: Any) -> Reach:  # noqa: ANN401 - a method of an actor
    answer: Reach = await method.remote()
    return answer


def _heard(future: asyncio.Future[Reach]) -> None:
    """Look at the error, which matters only where somebody still waits for the actor."""
    if not future.cancelled():
        future.exception()
