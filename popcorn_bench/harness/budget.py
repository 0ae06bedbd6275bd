"""A limit on what a run may take, in money or in time of a device; work in flight counts.

Every call sets aside what it may take before it begins and settles when it ends. One that does
not fit waits while others are in flight, since they may take less than was set aside; once nothing
is in flight and it still does not fit, the budget is reached and nothing that costs begins.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeVar

from popcorn_bench.errors import AdapterError
from popcorn_bench.harness.limits.faults import may_be_billed
from popcorn_bench.harness.limits.leaving import LeftOutError

R = TypeVar("R")
_ROUNDING = 1e-9


@dataclass(slots=True)
class Budget:
    """One run's limit; None sets none.

    `taken` counts what has ended, `held` what is set aside for what is in flight. `presumed` is
    the part of `taken` that nobody said: set aside for calls whose end told no amount.
    """

    limit: float | None
    taken: float = 0.0
    held: float = 0.0
    presumed: float = 0.0
    reached: bool = False
    _in_flight: int = field(default=0, init=False)
    _closed: bool = field(default=False, init=False)
    _waiting: list[asyncio.Future[None]] = field(default_factory=list, init=False)

    async def spend(
        self,
        estimate: Callable[[], float | None],
        call: Callable[[], Awaitable[R]],
        taken_by: Callable[[R], float | None],
        lost: Callable[[AdapterError], float | None],
    ) -> R:
        """Make a call that takes of the budget.

        A result whose share nobody knows, a failure that may be billed all the same, and whatever
        nobody foresaw count with what was set aside for them.

        Args:
            estimate: the most that it will take, asked for when there may be room: those that
                ended meanwhile may have told. Where it is unknown (None) the call waits for all
                others and is given all that is left.
            call: makes it.
            taken_by: what a result took.
            lost: what a failed call took.

        Raises:
            LeftOutError: when the budget is reached or the run stops before it begins.
        """
        if self.limit is None or estimate() == 0:
            return await call()
        held = await self._hold(self.limit, estimate)
        known: float | None = None  # whatever else it ends with: it may be billed
        try:
            result = await call()
            known = taken_by(result)
        except AdapterError as error:
            known = lost(error)
            known = 0.0 if known is None and not may_be_billed(error) else known
            raise
        except (LeftOutError, asyncio.CancelledError):
            known = 0.0  # not begun, or the run is at its end
            raise
        finally:
            self._settle(held, known)
        return result

    def close(self) -> None:
        """Let nothing more begin."""
        self._closed = True
        self._wake()

    async def _hold(self, limit: float, estimate: Callable[[], float | None]) -> float:
        while not (self.reached or self._closed):
            free = limit - self.taken - self.held
            alone = not self._in_flight
            needed = estimate()
            wanted = free if needed is None else needed
            if (alone or needed is not None) and 0 < wanted <= free + _ROUNDING:
                self.held += wanted
                self._in_flight += 1
                return wanted
            if alone:
                self.reached = True
                self._wake()
                break
            turn = asyncio.get_running_loop().create_future()
            self._waiting.append(turn)
            await turn
        raise LeftOutError("the budget is reached" if self.reached else "the run stops")

    def _settle(self, held: float, taken: float | None) -> None:
        self._in_flight -= 1
        self.held = self.held - held if self._in_flight else 0.0
        self.taken += held if taken is None else taken
        self.presumed += held if taken is None else 0.0
        self._wake()

    def _wake(self) -> None:
        waiting, self._waiting = self._waiting, []
        for turn in waiting:
            if not turn.done():
                turn.set_result(None)
