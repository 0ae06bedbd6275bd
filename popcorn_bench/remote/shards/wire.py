"""What goes between the main process and its shards: pickled values, each after its length.

Both ends are this program, started by the same user from the same files.
"""

from __future__ import annotations

import asyncio
import pickle
import struct
from typing import Any, NamedTuple, Protocol

from popcorn_bench.errors import PopcornError

_LENGTH = struct.Struct("!I")


class Service(Protocol):
    """What a shard does its work with; it is made inside of it."""

    async def answer(self, *request: Any) -> object:  # noqa: ANN401 - the caller's own types
        """Do one call; raises `PopcornError` only."""
        ...

    async def close(self) -> None:
        """Close what is open."""
        ...


class Ask(NamedTuple):
    """Do a call."""

    number: int
    request: tuple[Any, ...]


class Cancel(NamedTuple):
    """Nobody waits for a call any more."""

    number: int


class Answer(NamedTuple):
    """How a call ended: with a result, or with an error and what a model had said.

    `seconds` is what the call took, `cpu_seconds` what the shard has computed since its last
    answer.
    """

    number: int
    result: object
    error: PopcornError | None
    said: str
    seconds: float
    cpu_seconds: float


def packed(message: object) -> bytes:
    """A message as it is sent."""
    body = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
    return _LENGTH.pack(len(body)) + body


async def receive(reader: asyncio.StreamReader) -> object:
    """The next message.

    Raises:
        EOFError: where the other end is gone.
        OSError: the same.
    """
    (length,) = _LENGTH.unpack(await reader.readexactly(_LENGTH.size))
    return pickle.loads(await reader.readexactly(length))  # noqa: S301 - from our own process
