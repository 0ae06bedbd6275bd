"""A cluster's CPUs or GPUs, shared out among the pools that want them."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True, eq=False)
class _Waiter:
    pool: str
    amount: float
    future: asyncio.Future[None]


@dataclass(slots=True)
class Places:
    """What there is of one resource; who holds least is served first.

    A request larger than all there is passes, too: it then waits in the cluster, where an
    autoscaler sees it.
    """

    total: float = 0.0
    _held: Counter[str] = field(default_factory=Counter, init=False)
    _used: float = field(default=0.0, init=False)
    _waiters: list[_Waiter] = field(default_factory=list, init=False)

    def resize(self, total: float) -> None:
        """There is more or less of it now; what is held stays held."""
        self.total = total
        self._grant()

    async def enter(self, pool: str, amount: float) -> None:
        """Wait for `amount` and hold it."""
        waiter = _Waiter(pool, amount, asyncio.get_running_loop().create_future())
        self._waiters.append(waiter)
        self._grant()
        try:
            await waiter.future
        except asyncio.CancelledError:
            if waiter in self._waiters:
                self._waiters.remove(waiter)
            else:
                self.leave(pool, amount)
            raise

    def leave(self, pool: str, amount: float) -> None:
        """Give it back."""
        self._used -= amount
        self._held[pool] -= 1
        self._grant()

    def wanted_by_others(self, pool: str) -> bool:
        """Whether another pool waits."""
        return any(waiter.pool != pool for waiter in self._waiters)

    def pressed(self, pool: str) -> bool:
        """Whether another pool waits that holds none, while this one holds several."""
        return self._held[pool] > 1 and any(self._held[w.pool] == 0 for w in self._waiters)

    def _grant(self) -> None:
        for waiter in sorted(self._waiters, key=lambda waiter: self._held[waiter.pool]):
            if self._fits(waiter):
                self._waiters.remove(waiter)
                self._used += waiter.amount
                self._held[waiter.pool] += 1
                waiter.future.set_result(None)
                self._grant()  # who holds least may be another one now
                return

    def _fits(self, waiter: _Waiter) -> bool:
        if waiter.future.done():  # who waited was cancelled and has not noticed yet
            return False
        alone = not self._held[waiter.pool] and waiter.amount > self.total
        return alone or self._used + waiter.amount <= self.total


@dataclass(frozen=True, slots=True)
class Place:
    """A seat's share of a resource. See `Room`."""

    places: Places
    pool: str
    amount: float

    @property
    def wanted(self) -> bool:
        """See `Room`."""
        return self.places.wanted_by_others(self.pool)

    @property
    def pressed(self) -> bool:
        """See `Room`."""
        return self.places.pressed(self.pool)

    async def enter(self) -> None:
        """See `Room`."""
        await self.places.enter(self.pool, self.amount)

    def leave(self) -> None:
        """See `Room`."""
        self.places.leave(self.pool, self.amount)
