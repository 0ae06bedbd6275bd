"""The way of a call to an LLM: key, pace, window, breaker, and then it is sent."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from popcorn_bench.errors import AdapterError
from popcorn_bench.generators.llm.catalog import LLMEntry
from popcorn_bench.harness.limits.breaker import Breaker
from popcorn_bench.harness.limits.faults import Fault, fault_of
from popcorn_bench.harness.limits.lockout import Lockout
from popcorn_bench.harness.limits.pace import Pace
from popcorn_bench.harness.limits.window import IN_TROUBLE, TOO_MANY, Window
from popcorn_bench.remote.providers import provider_of

R = TypeVar("R")
_WORTH_A_LINE_S = 30.0
_LOADED = {Fault.RATE_LIMIT: TOO_MANY, Fault.OVERLOAD: IN_TROUBLE, Fault.TIMEOUT: IN_TROUBLE}


@dataclass(frozen=True, slots=True)
class Lane:
    """The limits of one LLM; `window` and `breaker` are shared by all at the same endpoint."""

    lockout: Lockout
    requests: Pace
    tokens: Pace
    window: Window
    breaker: Breaker

    async def call(self, send: Callable[[], Awaitable[R]], tokens: int) -> R:
        """Send when it may be sent, and learn from what comes of it.

        Args:
            send: the call.
            tokens: of request and answer together, as far as known beforehand.

        Raises:
            AdapterError: what the call raises; `NotSentError` where it is not sent.
            LeftOutError: when the run stops before it is sent.
        """
        self._check()
        await self.requests.take()
        await self.tokens.take(tokens)
        async with self.window.entered() as begun_in:
            self._check()
            self.breaker.begin()
            try:
                result = await send()
            except AdapterError as error:
                self._failed(error, begun_in)
                raise
            except BaseException:
                self.breaker.undecided()
                raise
            self.breaker.reached()
            self.window.grow()
            return result

    def _check(self) -> None:
        self.lockout.check()
        self.breaker.check()

    def _failed(self, error: AdapterError, begun_in: int) -> None:
        fault = fault_of(error)
        self.lockout.look(error)
        if fault is Fault.CONNECTION:
            self.breaker.missed()
        elif fault is Fault.TIMEOUT:
            self.breaker.undecided()
        else:
            self.breaker.reached()
        if fault in _LOADED:
            self.window.shrink(begun_in, _LOADED[fault])
        elif fault is not Fault.CONNECTION:
            self.window.grow()
        if fault is Fault.RATE_LIMIT and error.retry_after:
            self._hold(error.retry_after)

    def _hold(self, seconds: float) -> None:
        if self.requests.hold(seconds) and seconds >= _WORTH_A_LINE_S:
            self.lockout.note(f"{self.lockout.who}: asked to wait {seconds:.0f} s")


def lanes(
    entries: Sequence[LLMEntry],
    max_connections: int,
    stop: asyncio.Event,
    note: Callable[[str], None],
) -> dict[str, Lane]:
    """A lane for each LLM, by its name."""
    windows: dict[tuple[str, str], Window] = {}
    breakers: dict[tuple[str, str], Breaker] = {}
    found = {}
    for entry in entries:
        endpoint = (provider_of(entry.llm.model), str(entry.llm.params.get("api_base", "")))
        where = endpoint[1] or f"the endpoint of {endpoint[0]}"
        found[entry.llm.name] = Lane(
            lockout=Lockout(entry.llm.name, note),
            requests=Pace(entry.rpm, stop),
            tokens=Pace(entry.tpm, stop),
            window=windows.setdefault(endpoint, Window(max_connections)),
            breaker=breakers.setdefault(endpoint, Breaker(where)),
        )
    return found
