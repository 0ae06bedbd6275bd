"""So much a minute: calls in even steps."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass
from time import monotonic

from popcorn_bench.harness.limits.leaving import LeftOutError, stopped_after

_MINUTE = 60.0
_IN_A_ROW = 2
_SPREAD = 0.1  # of a wait, so that those who wait do not come back in one moment


@dataclass(slots=True)
class Pace:
    """Lets at most `per_minute` pass in a minute, evenly; None knows no limit.

    A token bucket that holds one call: what has passed moves the moment of the next one
    (the generic cell rate algorithm, ITU-T I.371, without tolerance).

    Args:
        per_minute: calls, or tokens.
        stop: ends all waiting.
    """

    per_minute: int | None
    stop: asyncio.Event
    _next: float = 0.0
    _held_until: float = 0.0
    _refused: int = 0

    async def take(self, amount: float = 1.0) -> None:
        """Wait for one's turn.

        Raises:
            LeftOutError: when the run stops meanwhile.
        """
        turn = max(monotonic(), self._next)
        self._next = turn + self._seconds(amount)
        while (wait := turn - monotonic()) > 0:
            await self._pause(wait)

    @property
    def held_s(self) -> float:
        """Seconds for which nothing may pass, as was asked for."""
        return max(0.0, self._held_until - monotonic())

    async def released(self) -> None:
        """Wait, once, until what was asked for is over; a little longer, each a different while.

        Raises:
            LeftOutError: when the run stops meanwhile.
        """
        if wait := self.held_s:
            spread = random.uniform(0, _SPREAD * wait)  # noqa: S311 - spreads load, guards no secret
            await self._pause(wait + spread)

    async def _pause(self, seconds: float) -> None:
        if await stopped_after(self.stop, seconds):
            raise LeftOutError("the run stops")

    def correct(self, taken: float, actual: float) -> None:
        """What passed was of another size than said when it was taken."""
        self._next += self._seconds(actual - taken)

    def refused(self, seconds: float) -> bool:
        """A call was asked to wait; the second in a row, with none let through between, holds all.

        One alone waits by itself: calls that get through beside it show that there is room.

        Returns:
            Whether all are held from now on, and were not before.
        """
        self._refused += 1
        if self._refused < _IN_A_ROW:
            return False
        now = monotonic()
        held, self._held_until = self._held_until, max(self._held_until, now + seconds)
        return held <= now

    def passed(self) -> None:
        """A call was let through, whatever came of it."""
        self._refused = 0

    def _seconds(self, amount: float) -> float:
        return amount * _MINUTE / self.per_minute if self.per_minute else 0.0
