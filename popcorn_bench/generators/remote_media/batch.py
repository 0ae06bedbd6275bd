"""Several requests at once in one event loop; results leave in the order of the requests."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import TypeAlias

from popcorn_bench.errors import AdapterError, StoreError, boundary
from popcorn_bench.generators.protocol import Made, MediaRequest
from popcorn_bench.remote import runtime

Make: TypeAlias = Callable[[int, MediaRequest], Awaitable[Made]]


def in_order(
    make: Make, requests: Sequence[MediaRequest], connections: int
) -> Iterator[Made | AdapterError]:
    """Make all, at most `connections` at once; yield each when those before it are yielded.

    What is finished early waits in memory, its file on disk. Leaving early cancels the rest.

    Args:
        make: makes the request of that number.
        requests: what to make.
        connections: how many at once.
    """
    with asyncio.Runner() as runner:
        tasks = runner.run(_begin(make, requests, connections))
        try:
            for task in tasks:
                yield runner.run(_outcome(task))
        finally:
            runner.run(_end(tasks))


async def _begin(
    make: Make, requests: Sequence[MediaRequest], connections: int
) -> list[asyncio.Task[Made]]:
    room = asyncio.Semaphore(connections)

    async def one(place: int, request: MediaRequest) -> Made:
        async with room:
            try:
                with boundary("calling the service"):
                    return await make(place, request)
            except StoreError as error:  # what cannot be noted is not submitted
                raise AdapterError("ledger", str(error)) from error

    return [asyncio.create_task(one(place, request)) for place, request in enumerate(requests)]


async def _outcome(task: asyncio.Task[Made]) -> Made | AdapterError:
    try:
        return await task
    except AdapterError as error:
        return error


async def _end(tasks: Sequence[asyncio.Task[Made]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await runtime.close()
