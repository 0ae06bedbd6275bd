"""How many calls may be at one endpoint at once: more while it goes well, fewer when it is full."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from popcorn_bench.harness.limits.leaving import LeftOutError

TOO_MANY = 0.5  # after a 429: the endpoint counts our calls
IN_TROUBLE = 0.8  # after a 5xx or a timeout, which may not be of our making


@dataclass(slots=True)
class Window:
    """Additive increase, multiplicative decrease (Chiu and Jain 1989), between 1 and `most`.

    It shrinks once for all calls that were under way together: they tell of one moment. It grows
    by one after as many successes as it is wide.
    """

    most: int
    size: float = field(init=False)
    _active: int = field(default=0, init=False)
    _round: int = field(default=0, init=False)
    _good: int = field(default=0, init=False)
    _waiting: deque[asyncio.Future[None]] = field(default_factory=deque, init=False)
    _closed: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        self.size = float(self.most)

    @asynccontextmanager
    async def entered(self) -> AsyncIterator[int]:
        """Be one of those inside; gives the round, to be handed to `shrink`.

        Raises:
            LeftOutError: when it was closed while one waited.
        """
        await self._enter()
        try:
            yield self._round
        finally:
            self._active -= 1
            self._admit()

    def shrink(self, begun_in: int, factor: float) -> None:
        """A call failed because of load."""
        if begun_in != self._round:
            return
        self._round += 1
        self._good = 0
        self.size = max(1.0, self.size * factor)

    def grow(self) -> None:
        """A call went well."""
        self._good += 1
        if self._good >= self.size:
            self._good = 0
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
            if turn.done() and not turn.cancelled():  # let in and cancelled in one moment
                self._active -= 1
                self._admit()
            raise

    def _admit(self) -> None:
        while self._waiting and self._active < int(self.size):
            turn = self._waiting.popleft()
            if not turn.done():
                self._active += 1
                turn.set_result(None)
