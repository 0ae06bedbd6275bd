"""The inside of a shard, and of the process that shards are forked from.

LiteLLM takes seconds to load, so one process loads it and forks every shard from there; forking is
safe, because that process has no thread and no connection. Each ends when the socket to the main
process does, however that happens.
"""

from __future__ import annotations

import asyncio
import gc
import os
import pickle
import signal
import socket
from collections.abc import Callable
from contextlib import suppress
from time import monotonic, process_time
from typing import NoReturn, cast

from popcorn_bench.errors import AdapterError, PopcornError, boundary
from popcorn_bench.remote import runtime
from popcorn_bench.remote.shards.wire import Answer, Ask, Cancel, Service, packed, receive

_CLOSING_SECONDS = 3.0


def nursery(control: int, build: int) -> None:
    """Load what shards need and fork one for each socket that arrives over `control`.

    Args:
        control: a connected Unix socket.
        build: a pipe with the pickled function that makes a shard's service.
    """
    with open(build, "rb") as pipe:
        make = cast("Callable[[], Service]", pickle.load(pipe))  # noqa: S301 - from our parent
    runtime.load_now()
    gc.collect()
    gc.freeze()  # shards share these pages, and never look through them for garbage
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them
    with socket.socket(fileno=control) as channel:
        while found := _next_socket(channel):
            if os.fork() == 0:
                channel.close()
                _live(found, make)
            found.close()


def _next_socket(channel: socket.socket) -> socket.socket | None:
    """The next socket, or None where the main process is gone."""
    _, handles, _, _ = socket.recv_fds(channel, 1, 1)
    return socket.socket(fileno=handles[0]) if handles else None


def _live(connection: socket.socket, make: Callable[[], Service]) -> NoReturn:
    """All that a shard does; it leaves without what its parent has yet to tidy up."""
    status = 1
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        asyncio.run(_serve(connection, make()))
        status = 0
    finally:
        os._exit(status)


async def _serve(connection: socket.socket, service: Service) -> None:
    reader, writer = await asyncio.open_unix_connection(sock=connection)
    serving = _Serving(service, writer)
    with suppress(EOFError, OSError):
        while True:
            message = await receive(reader)
            if isinstance(message, Ask):
                serving.begin(message)
            elif isinstance(message, Cancel):
                serving.cancel(message.number)
    await serving.close()


class _Serving:
    """The calls that a shard is at."""

    def __init__(self, service: Service, writer: asyncio.StreamWriter) -> None:
        self._service, self._writer = service, writer
        self._calls: dict[int, asyncio.Task[None]] = {}
        self._computed = process_time()

    def begin(self, ask: Ask) -> None:
        call = self._calls[ask.number] = asyncio.create_task(self._do(ask))
        call.add_done_callback(lambda _: self._calls.pop(ask.number))

    def cancel(self, number: int) -> None:
        if number in self._calls:
            self._calls[number].cancel()

    async def close(self) -> None:
        """End what nobody waits for."""
        calls = list(self._calls.values())
        for call in calls:
            call.cancel()
        with suppress(TimeoutError):
            async with asyncio.timeout(_CLOSING_SECONDS):
                await asyncio.gather(*calls, return_exceptions=True)
                await self._service.close()

    async def _do(self, ask: Ask) -> None:
        began = monotonic()
        result, failure, said = None, None, ""
        try:
            with boundary("a call in a shard"):
                result = await self._service.answer(*ask.request)
        except PopcornError as error:
            failure, said = error, error.answer if isinstance(error, AdapterError) else ""
        before, self._computed = self._computed, process_time()
        spent = (monotonic() - began, self._computed - before)
        self._writer.write(packed(Answer(ask.number, result, failure, said, *spent)))
