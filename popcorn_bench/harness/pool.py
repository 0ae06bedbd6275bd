"""Workers that each load one host once, take batches, and may die without harm.

Where they run is the business of `start`: a process on this machine, or an actor of a cluster.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import ceil
from typing import Any, Generic, Protocol, TypeVar

from popcorn_bench.errors import AdapterError
from popcorn_bench.harness.gate import Open, Room
from popcorn_bench.harness.process import LocalWorker
from popcorn_bench.harness.progress import Step
from popcorn_bench.harness.worker import Host

Job = TypeVar("Job")
Result = TypeVar("Result")

ITEM_SECONDS = 3600.0  # without a step or a result; longer than any clip takes on any GPU

_STARTS = 3  # a worker lost before it had a job is replaced so often before jobs bear it

_IDLE_SECONDS = 2.0  # before room is given to another model: its jobs come in a stream


class Worker(Protocol):
    """Somewhere a host is loaded; whatever it raises means that it is lost."""

    async def ready(self) -> bool:
        """Wait a moment until it can take a batch; False where that takes longer."""
        ...

    async def send(self, jobs: Sequence[Any]) -> None:
        """Hand a batch over."""
        ...

    async def receive(self) -> object:
        """The next result or `Step`, in the order of the jobs."""
        ...

    def kill(self) -> None:
        """End it at once."""
        ...


@dataclass(slots=True, eq=False)
class _Item:
    """A job that somebody waits for; `alone` after it was with others when a worker was lost."""

    job: Any
    future: asyncio.Future[Any]
    alone: bool = False


@dataclass(frozen=True, slots=True)
class Seat:
    """Room for one worker: its host, and the gate to its device where that is scarce."""

    host: Host
    gate: Room = field(default_factory=Open)


@dataclass(slots=True)
class Pool(Generic[Job, Result]):
    """At most one worker per seat; they start when there are jobs for them.

    A worker that dies or hangs takes along only the job that it was at: others that it had been
    sent are done again, one by one. A worker gives its room away when it has nothing to do and
    another pool waits for it. Use as an async context manager; leaving it ends the workers.
    """

    seats: list[Seat]
    max_batch: int
    item_seconds: float = ITEM_SECONDS
    on_step: Callable[[Step], None] = field(default=lambda _: None)
    start: Callable[[Host], Worker] = LocalWorker
    _waiting: deque[_Item] = field(default_factory=deque, init=False)
    _some: asyncio.Event = field(default_factory=asyncio.Event, init=False)
    _working: dict[int, asyncio.Task[None]] = field(default_factory=dict, init=False)
    _coming: int = field(default=0, init=False)  # seats that are about to take a job

    async def submit(self, job: Job) -> Result:
        """Do one job.

        Raises:
            AdapterError: what the host gave instead of a result; `worker_died` (retriable) when
                the worker was lost, `worker_timeout` when it hung.
        """
        item = _Item(job, asyncio.get_running_loop().create_future())
        self._put(item)
        result: Result = await item.future
        return result

    def drop_waiting(self) -> None:
        """Cancel the jobs that no worker has been sent."""
        for item in self._waiting:
            item.future.cancel()
        self._waiting.clear()
        self._some.clear()

    def widen(self, seats: Sequence[Seat]) -> None:
        """Add seats."""
        self.seats += seats
        self._call()

    async def __aenter__(self) -> Pool[Job, Result]:
        return self

    async def __aexit__(self, *error: object) -> None:
        self.drop_waiting()
        while tasks := list(self._working.values()):
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _put(self, item: _Item) -> None:
        self._waiting.append(item)
        self._some.set()
        self._call()

    def _call(self) -> None:
        """Set more seats to work while there are jobs that nobody is about to take."""
        if len(self._waiting) <= self._coming or len(self._working) == len(self.seats):
            return
        for number, seat in enumerate(self.seats):
            if number not in self._working and len(self._waiting) > self._coming:
                self._coming += 1
                self._working[number] = asyncio.create_task(self._work(number, seat))

    async def _work(self, number: int, seat: Seat) -> None:
        """One turn of a seat, from when it gets its room until it gives that away."""
        try:
            await seat.gate.enter()
            try:
                await self._turn(seat)
            finally:
                seat.gate.leave()
        finally:
            self._coming -= 1
            del self._working[number]
        self._call()

    async def _turn(self, seat: Seat) -> None:
        """Batches by one worker, replaced when it is lost."""
        worker: Worker | None = None
        idle_losses = 0
        try:
            while await self._is_needed(seat.gate):
                flight = deque[_Item]()
                try:
                    worker = worker or self.start(seat.host)
                    if await worker.ready() and (batch := self._take()):
                        flight += batch
                        await self._serve(worker, flight, seat.gate)
                        idle_losses = 0
                except Exception as error:  # noqa: BLE001 - whatever happens, nobody waits for ever
                    if worker is not None:
                        worker.kill()
                    worker = None
                    idle_losses += not flight
                    if flight or idle_losses % _STARTS == 0:
                        self._lost(flight or self._take(), error)
        finally:
            if worker is not None:
                worker.kill()

    async def _is_needed(self, gate: Room) -> bool:
        """Wait for a job; False where none comes for a while and somebody wants the room."""
        while not self._waiting:
            try:
                async with asyncio.timeout(_IDLE_SECONDS):
                    await self._some.wait()
            except TimeoutError:
                if gate.wanted:
                    return False
        return not gate.pressed

    def _take(self) -> list[_Item]:
        """The next jobs, a fair share of those that wait; one that was set apart comes alone."""
        fair = min(self.max_batch, ceil(len(self._waiting) / len(self.seats)))
        batch: list[_Item] = []
        while self._waiting and len(batch) < fair and not (batch and self._waiting[0].alone):
            item = self._waiting.popleft()
            if not item.future.done():  # nobody waits for it any more
                batch.append(item)
            if item.alone:
                break
        if not self._waiting:
            self._some.clear()
        return batch

    async def _serve(self, worker: Worker, flight: deque[_Item], gate: Room) -> None:
        """Work a batch off; where others wait, the next is sent when half of it is done.

        So a worker never waits for its next job, and no seat hoards what another could do.
        """
        with self._busy():
            await worker.send([item.job for item in flight])
            sent = len(flight)
            while flight:
                result = await self._result(worker)
                _deliver(flight.popleft().future, result)
                if 0 < 2 * len(flight) <= sent and not gate.pressed:
                    sent = await self._send_more(worker, flight) or sent

    async def _send_more(self, worker: Worker, flight: deque[_Item]) -> int:
        """Send another batch on top; how many the worker then has, 0 where nothing was sent."""
        if flight[-1].alone or not self._waiting or self._waiting[0].alone:
            return 0
        more = self._take()
        flight += more
        if more:
            await worker.send([item.job for item in more])
        return len(flight) if more else 0

    async def _result(self, worker: Worker) -> object:
        while True:
            async with asyncio.timeout(self.item_seconds):  # wait_for may swallow cancellation
                result = await worker.receive()
            if not isinstance(result, Step):
                return result
            self.on_step(result)

    @contextmanager
    def _busy(self) -> Iterator[None]:
        """A seat that is at work takes no job for now, so that others may be called."""
        self._coming -= 1
        self._call()
        try:
            yield
        finally:
            self._coming += 1

    def _lost(self, flight: Sequence[_Item], error: Exception) -> None:
        """Fail the only job that a lost worker had; of several, give each another try, alone."""
        undone = [item for item in flight if not item.future.done()]
        if len(undone) == 1:
            undone[0].future.set_exception(_reason(error))
            return
        for item in undone:
            item.alone = True
            self._put(item)


def _reason(error: Exception) -> AdapterError:
    if isinstance(error, TimeoutError):
        return AdapterError("worker_timeout", "the worker process hung and was ended")
    told = next(iter(str(error).splitlines()), "")
    what = f"the worker process was lost: {type(error).__name__}: {told}".rstrip(": ")
    return AdapterError("worker_died", what, retriable=True)


def _deliver(future: asyncio.Future[Any], result: object) -> None:
    if future.done():
        return
    if isinstance(result, AdapterError):
        future.set_exception(result)
    else:
        future.set_result(result)
