"""Calls in processes of their own: one while that is enough, more where the rate asks for it."""

from __future__ import annotations

import asyncio
import os
import pickle
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from popcorn_bench.errors import AdapterError
from popcorn_bench.remote.shards.load import Load
from popcorn_bench.remote.shards.wire import Answer, Ask, Cancel, Service, packed, receive

_CLOSING_SECONDS = 5.0
_CODE = (
    "import sys; sys.path[:] = {path!r}; from popcorn_bench.remote.shards.shard import nursery; "
    "nursery({control}, {build})"
)


class Shards:
    """Does calls by services in other processes, which start with the first call.

    Args:
        build: makes the service inside a shard; pickled, so it holds no secret and no connection.
            Keys are in the environment, which shards have from this process.
        most: shards; by default one per core.
    """

    def __init__(self, build: Callable[[], Service], most: int | None = None) -> None:
        self._build = build
        self._most = most or _cores()
        self._load = Load()
        self._shards: list[_Shard] = []
        self._nursery: _Nursery | None = None

    @property
    def processes(self) -> int:
        """Shards that live now."""
        return sum(shard.alive for shard in self._shards)

    async def call(self, *request: Any) -> Any:  # noqa: ANN401 - the service's own types
        """One call.

        Raises:
            PopcornError: what the service raised.
            AdapterError: `worker_died` (retriable) where the shard was lost on the way.
        """
        shard = await self._least_busy()
        answer = await shard.ask(request)
        self._load.saw(answer.seconds, answer.cpu_seconds)
        if isinstance(answer.error, AdapterError):
            answer.error.answer = answer.said
        if answer.error is not None:
            raise answer.error
        return answer.result

    async def close(self) -> None:
        """End all processes: those that do not go by themselves are killed."""
        for shard in self._shards:
            shard.leave()
        gone = [shard.listening for shard in self._shards]
        if gone:
            await asyncio.wait(gone, timeout=_CLOSING_SECONDS)
        self._shards.clear()
        if self._nursery is not None:
            self._nursery.end()
            self._nursery = None

    async def _least_busy(self) -> _Shard:
        self._shards = [shard for shard in self._shards if shard.alive]
        at_once = 1 + sum(len(shard.calls) for shard in self._shards)
        wanted = self._load.processes(at_once, self._most)
        while len(self._shards) < wanted:
            self._shards.append(_Shard(self._born()))
        return min(self._shards[:wanted], key=lambda shard: len(shard.calls))

    def _born(self) -> socket.socket:
        """The socket to a new shard."""
        if self._nursery is not None and not self._nursery.alive:
            self._nursery.end()
            self._nursery = None
        self._nursery = self._nursery or _Nursery(self._build)
        return self._nursery.fork()


class _Nursery:
    """The process that shards are forked from, in a group of its own with them.

    Ctrl-C in a terminal does not reach that group: the main process decides what goes on.
    """

    def __init__(self, build: Callable[[], Service]) -> None:
        self._control, theirs = socket.socketpair()
        reading, writing = os.pipe()
        code = _CODE.format(path=sys.path, control=theirs.fileno(), build=reading)
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - this very interpreter
                [sys.executable, "-P", "-c", code],
                pass_fds=(theirs.fileno(), reading),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                process_group=0,
            )
        os.close(reading)
        with suppress(BrokenPipeError), os.fdopen(writing, "wb") as pipe:
            pipe.write(pickle.dumps(build))

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def fork(self) -> socket.socket:
        """Our end of the socket to a new shard; it is at its end where none could be made."""
        ours, theirs = socket.socketpair()
        with theirs, suppress(OSError):
            socket.send_fds(self._control, [b"+"], [theirs.fileno()])
        return ours

    def end(self) -> None:
        """End the process and every shard that is left."""
        self._control.close()
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


@dataclass(slots=True)
class _Shard:
    """One process, as seen from here."""

    connection: socket.socket
    calls: dict[int, asyncio.Future[Answer]] = field(default_factory=dict)
    alive: bool = True
    listening: asyncio.Task[None] = field(init=False)
    _numbers: count[int] = field(default_factory=count)
    _writer: asyncio.StreamWriter | None = None
    _early: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.listening = asyncio.create_task(self._listen())

    async def ask(self, request: tuple[Any, ...]) -> Answer:
        """Have a call done."""
        if not self.alive:
            raise _lost()
        number = next(self._numbers)
        self.calls[number] = asyncio.get_running_loop().create_future()
        self._send(Ask(number, request))
        try:
            return await self.calls[number]
        except asyncio.CancelledError:
            self._send(Cancel(number))
            raise
        finally:
            del self.calls[number]

    def leave(self) -> None:
        """Let the process end: it goes when nobody can ask it any more."""
        self.alive = False
        if self._writer is not None and self._writer.can_write_eof():
            with suppress(OSError):
                self._writer.write_eof()
        else:
            self.listening.cancel()

    def _send(self, message: object) -> None:
        if self._writer is None:
            self._early.append(packed(message))
        elif self.alive:
            self._writer.write(packed(message))

    async def _listen(self) -> None:
        try:
            reader, self._writer = await asyncio.open_unix_connection(sock=self.connection)
            self._writer.writelines(self._early)
            while True:
                answer = await receive(reader)
                if isinstance(answer, Answer):
                    self._hand_over(answer)
        except (EOFError, OSError):
            pass
        finally:
            self._end()

    def _hand_over(self, answer: Answer) -> None:
        call = self.calls.get(answer.number)
        if call is not None and not call.done():
            call.set_result(answer)

    def _end(self) -> None:
        """Tell all who wait."""
        self.alive = False
        for call in self.calls.values():
            if not call.done():
                call.set_exception(_lost())
        if self._writer is not None:
            self._writer.close()
        else:
            self.connection.close()


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _lost() -> AdapterError:
    return AdapterError("worker_died", "the process that made the call was lost", retriable=True)
