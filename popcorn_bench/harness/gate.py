"""A device that holds one model at a time: who may load, and who has to make room."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Protocol


class Room(Protocol):
    """What a worker needs before it may load, held until it ends."""

    @property
    def wanted(self) -> bool:
        """Whether somebody waits for it, so that whoever has nothing to do shall leave."""
        ...

    @property
    def pressed(self) -> bool:
        """Whether it shall be left even by somebody who has something to do."""
        ...

    async def enter(self) -> None:
        """Wait for it and hold it."""
        ...

    def leave(self) -> None:
        """Let the next one have it."""
        ...


class Open:
    """Room without end."""

    wanted = False
    pressed = False

    async def enter(self) -> None:
        """Wait for nothing."""

    def leave(self) -> None:
        """Leave nothing."""


@dataclass(slots=True)
class Gate:
    """Held by the worker process that occupies a device; others wait in the order they came."""

    device: str
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)
    _waiting: int = field(default=0, init=False)

    @property
    def wanted(self) -> bool:
        """Whether somebody waits for the device."""
        return self._waiting > 0

    @property
    def pressed(self) -> bool:
        """Never: loading a model takes so long that what there is to do is done first."""
        return False

    async def enter(self) -> None:
        """Wait for the device and hold it."""
        self._waiting += 1
        try:
            await self._lock.acquire()
        finally:
            self._waiting -= 1

    def leave(self) -> None:
        """Let the next one have it."""
        self._lock.release()
