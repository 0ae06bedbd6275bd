"""How many calls may be at one endpoint at once: more while it goes well, fewer when it is full."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from popcorn_bench.harness.limits.leaving import LeftOutError

TOO_MANY = 1.0  # a 429: the endpoint counts our calls
IN_TROUBLE = 0.2  # a 5xx or a timeout, which may not be of our making
_STRAY = 0.05  # of a round that fails so: no sign of load
_HALF = 0.5


@dataclass(slots=True)
class Window:
    """Additive increase, multiplicative decrease by the share of calls that tell of load.

    After as many calls as it is wide it shrinks by that share, to one half at most, or grows by
    one where at most a twentieth told of load; always between 1 and `most`. Going by the share
    instead of by a single sign (Alizadeh et al. 2010, DCTCP) tells an endpoint that is full from
    one that fails now and then, whatever we do.
    """

    most: int
    size: float = field(init=False)
    _active: int = field(default=0, init=False)
    _ended: int = field(default=0, init=False)
    _load: float = field(default=0.0, init=False)
    _waiting: deque[asyncio.Future[None]] = field(default_factory=deque, init=False)
    _closed: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        self.size = float(self.most)

    @asynccontextmanager
    async def entered(self) -> AsyncIterator[None]:
        """Be one of those inside.

        Raises:
            LeftOutError: when it was closed while one waited.
        """
        await self._enter()
        try:
            yield
        finally:
            self._active -= 1
            self._admit()

    def ended(self, load: float = 0.0) -> None:
        """A call ended; `load` is what it tells of: `TOO_MANY`, `IN_TROUBLE` or nothing."""
        self._ended += 1
        self._load += load
        if self._ended < self.size:
            return
        share = self._load / self._ended
        self._ended, self._load = 0, 0.0
        if share > _STRAY:
            self.size = max(1.0, self.size * max(_HALF, 1 - share))
        else:
            self.size = min(float(self.most), self.size + 1)
            self._admit()

    def close(self) -> None:
        """Let nobody in any more."""
        self._closed = True
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_exception(LeftOutError("the run stops"))

    async def _enter(self) -> None:
        if self._closed:
            raise LeftOutError("the run stops")
        if not self._waiting and self._active < int(self.size):
            self._active += 1
            return
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not (
                turn.cancelled() or turn.exception()
            ):  # let in and cancelled in one moment
                self._active -= 1
                self._admit()
            raise

    def _admit(self) -> None:
        while self._waiting and self._active < int(self.size):
            turn = self._waiting.popleft()
            if not turn.done():
                self._active += 1
                turn.set_result(None)
