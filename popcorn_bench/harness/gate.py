"""A device that holds one model at a time: who may load, and who has to make room."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field


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
