"""Worker processes on this machine: each loads once, takes batches, and may die without harm."""

from __future__ import annotations

import asyncio
import os
import pickle
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from math import ceil
from multiprocessing import get_context
from multiprocessing.context import ForkServerContext
from typing import Any, Generic, TypeVar

from popcorn_bench.errors import AdapterError
from popcorn_bench.harness import worker
from popcorn_bench.harness.gate import Gate
from popcorn_bench.harness.progress import Step
from popcorn_bench.harness.worker import Host

Job = TypeVar("Job")
Result = TypeVar("Result")

ITEM_SECONDS = 3600.0  # without a step or a result; longer than any clip takes on any GPU

_IDLE_SECONDS = 2.0  # before a device is given to another model: its jobs come in a stream


@dataclass(slots=True)
class _Item:
    """A job that somebody waits for; `alone` after its batch took a process down."""

    job: Any
    future: asyncio.Future[Any]
    alone: bool = False


class _Process:
    """One worker process and the pipe to it."""

    def __init__(self, host: Host) -> None:
        context = _context()
        self._connection, theirs = context.Pipe()
        self._process = context.Process(target=worker.main, args=(theirs, host), daemon=True)
        self._process.start()
        theirs.close()

    def send(self, jobs: Sequence[Any]) -> None:
        """Hand a batch over."""
        self._connection.send(jobs)

    def receive(self) -> object:
        """The next result; EOFError when the process is gone."""
        return pickle.loads(self._connection.recv_bytes())  # noqa: S301 - from our own process

    def kill(self) -> None:
        """End it at once; whoever waits in `receive` gets an EOFError."""
        self._process.kill()
        self._process.join()
        self._connection.close()


@dataclass(frozen=True, slots=True)
class Seat:
    """Room for one worker process: its host, and the gate to its device where that is scarce."""

    host: Host
    gate: Gate | None = None


@dataclass(slots=True)
class Pool(Generic[Job, Result]):
    """One process per seat; they start with the first job.

    A process that dies or hangs takes along only the job that it was at: the others of its batch
    are done again, one by one. A process behind a gate ends when it has nothing to do and another
    pool wants its device. Use as an async context manager; leaving it ends the processes.
    """

    seats: Sequence[Seat]
    max_batch: int
    item_seconds: float = ITEM_SECONDS
    on_step: Callable[[Step], None] = field(default=lambda _: None)
    _queue: asyncio.Queue[_Item] = field(default_factory=asyncio.Queue, init=False)
    _at_gate: list[_Item] = field(default_factory=list, init=False)
    _tasks: list[asyncio.Task[None]] = field(default_factory=list, init=False)
    _threads: ThreadPoolExecutor = field(init=False)

    def __post_init__(self) -> None:
        self._threads = ThreadPoolExecutor(len(self.seats), thread_name_prefix="pool")

    async def submit(self, job: Job) -> Result:
        """Do one job.

        Raises:
            AdapterError: what the host gave instead of a result; `worker_died` (retriable) when
                the process was lost, `worker_timeout` when it hung.
        """
        item = _Item(job, asyncio.get_running_loop().create_future())
        self._queue.put_nowait(item)
        if len(self._tasks) < len(self.seats):
            seat = self.seats[len(self._tasks)]
            self._tasks.append(asyncio.create_task(self._work(seat)))
        result: Result = await item.future
        return result

    def drop_waiting(self) -> None:
        """Cancel the jobs that no process has begun."""
        while not self._queue.empty():
            self._queue.get_nowait().future.cancel()
        for item in self._at_gate:
            item.future.cancel()

    async def __aenter__(self) -> Pool[Job, Result]:
        return self

    async def __aexit__(self, *error: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._threads.shutdown(wait=False)

    async def _work(self, seat: Seat) -> None:
        """One seat: its turns at the device, one after another; without a gate a single one."""
        while True:
            batch = await self._take()
            if seat.gate is None:
                await self._turn(seat, batch)
                continue
            self._at_gate += batch
            await seat.gate.enter()
            try:
                self._at_gate = [item for item in self._at_gate if item not in batch]
                if wanted := [item for item in batch if not item.future.done()]:
                    await self._turn(seat, wanted)
            finally:
                seat.gate.leave()

    async def _turn(self, seat: Seat, batch: list[_Item]) -> None:
        """Batches by one process, replaced when it is lost, until another pool wants the device."""
        process: _Process | None = None
        try:
            while True:
                try:
                    process = process or _Process(seat.host)
                    await self._serve(process, batch)
                except Exception as error:  # noqa: BLE001 - whatever happens, nobody waits for ever
                    if process is not None:
                        process.kill()
                    process = None
                    self._lost(batch, error)
                found = await self._next(seat)
                if found is None:
                    return
                batch = found
        finally:
            if process is not None:
                process.kill()

    async def _next(self, seat: Seat) -> list[_Item] | None:
        """The next batch, or None where there is none for a while and the device is wanted."""
        while seat.gate is not None:
            try:
                async with asyncio.timeout(_IDLE_SECONDS):
                    return await self._take()
            except TimeoutError:
                if seat.gate.wanted:
                    return None
        return await self._take()

    async def _take(self) -> list[_Item]:
        """The next jobs, a fair share of those that wait; one that broke its batch comes alone."""
        batch = [await self._queue.get()]
        fair = min(self.max_batch, ceil(self._queue.qsize() / len(self.seats)))
        while len(batch) < fair and not self._queue.empty() and not batch[0].alone:
            item = self._queue.get_nowait()
            if item.alone:
                self._queue.put_nowait(item)
                break
            batch.append(item)
        return batch

    async def _serve(self, process: _Process, batch: Sequence[_Item]) -> None:
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._threads, process.send, [item.job for item in batch])
        for item in batch:
            result: object = Step("", 0, 0)
            while isinstance(result, Step):
                receiving = loop.run_in_executor(self._threads, process.receive)
                async with asyncio.timeout(self.item_seconds):  # wait_for may swallow cancellation
                    result = await receiving
                if isinstance(result, Step):
                    self.on_step(result)
            _deliver(item.future, result)

    def _lost(self, batch: Sequence[_Item], error: Exception) -> None:
        """The first undone job is the one that the process was at; give the others another try."""
        undone = [item for item in batch if not item.future.done()]
        if len(batch) == 1:
            for item in undone:
                item.future.set_exception(_reason(error))
            return
        for item in undone:
            item.alone = True
            self._queue.put_nowait(item)


def _reason(error: Exception) -> AdapterError:
    if isinstance(error, TimeoutError):
        return AdapterError("worker_timeout", "the worker process hung and was ended")
    what = f"the worker process was lost: {type(error).__name__}"
    return AdapterError("worker_died", what, retriable=True)


def _deliver(future: asyncio.Future[Any], result: object) -> None:
    if future.done():
        return
    if isinstance(result, AdapterError):
        future.set_exception(result)
    else:
        future.set_result(result)


def _context() -> ForkServerContext:
    """Processes forked from a clean server that has loaded what most of them need.

    The server holds no thread and no GPU, so forking it is safe, and a worker starts in a moment.
    """
    for name in worker.THREAD_VARIABLES:  # read when the libraries below are loaded
        os.environ.setdefault(name, "1")
    context = get_context("forkserver")
    context.set_forkserver_preload(["popcorn_bench.harness.worker", "numpy", "av", "cv2"])
    return context
