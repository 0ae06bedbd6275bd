"""Worker processes on this machine: each loads once, takes batches, and may die without harm."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from math import ceil
from multiprocessing import get_context
from multiprocessing.context import BaseContext
from typing import Any, Generic, TypeVar

from popcorn_bench.errors import AdapterError
from popcorn_bench.harness import worker
from popcorn_bench.harness.worker import Host

Job = TypeVar("Job")
Result = TypeVar("Result")


class Pool(Generic[Job, Result]):
    """`workers` processes that hold the same host; they start with the first job.

    Every worker has an executor of its own, so that a process that dies takes along only the batch
    that it held. Use as an async context manager.
    """

    def __init__(self, host: Host, workers: int, max_batch: int) -> None:
        self._host, self._workers, self._max_batch = host, workers, max_batch
        self._queue: asyncio.Queue[tuple[Job, asyncio.Future[Result]]] = asyncio.Queue()
        self._tasks: list[asyncio.Task[None]] = []

    async def submit(self, job: Job) -> Result:
        """Do one job.

        Raises:
            AdapterError: what the host gave instead of a result; `worker_died` (retriable) when
                the process was lost.
        """
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._queue.put_nowait((job, future))
        if len(self._tasks) < self._workers and not self._queue.empty():
            self._tasks.append(asyncio.create_task(self._work()))
        return await future

    def drop_waiting(self) -> None:
        """Cancel the jobs that no worker has taken yet."""
        while not self._queue.empty():
            _, future = self._queue.get_nowait()
            future.cancel()

    async def __aenter__(self) -> Pool[Job, Result]:
        return self

    async def __aexit__(self, *error: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _work(self) -> None:
        loop = asyncio.get_running_loop()
        executor = self._executor()
        try:
            while True:
                batch = await self._take()
                jobs = [job for job, _ in batch]
                try:
                    results = await loop.run_in_executor(executor, worker.serve, jobs)
                except BrokenProcessPool:
                    executor = self._executor()
                    results = [_lost() for _ in jobs]
                _deliver(batch, results)
        finally:
            executor.shutdown(wait=False, cancel_futures=True)

    async def _take(self) -> list[tuple[Job, asyncio.Future[Result]]]:
        batch = [await self._queue.get()]
        fair = min(self._max_batch, ceil(self._queue.qsize() / self._workers))
        while len(batch) < fair and not self._queue.empty():
            batch.append(self._queue.get_nowait())
        return batch

    def _executor(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(
            max_workers=1,
            mp_context=_context(),
            initializer=worker.start,
            initargs=(self._host,),
        )


def _lost() -> AdapterError:
    return AdapterError("worker_died", "the worker process died", retriable=True)


def _context() -> BaseContext:
    """Processes forked from a clean server that has loaded what most of them need.

    The server holds no thread and no GPU, so forking it is safe, and a worker starts in a moment.
    """
    for name in worker.THREAD_VARIABLES:  # read when the libraries below are loaded
        os.environ.setdefault(name, "1")
    context = get_context("forkserver")
    context.set_forkserver_preload(["popcorn_bench.harness.worker", "numpy", "av", "cv2"])
    return context


def _deliver(batch: Sequence[tuple[Any, asyncio.Future[Any]]], results: Sequence[Any]) -> None:
    for (_, future), result in zip(batch, results, strict=True):
        if future.done():
            continue
        if isinstance(result, AdapterError):
            future.set_exception(result)
        else:
            future.set_result(result)
