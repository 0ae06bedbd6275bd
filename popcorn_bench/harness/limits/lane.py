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
from popcorn_bench.harness.limits.leaving import NotSentError
from popcorn_bench.harness.limits.lockout import Lockout
from popcorn_bench.harness.limits.pace import Pace
from popcorn_bench.harness.limits.window import IN_TROUBLE, TOO_MANY, Window
from popcorn_bench.remote.providers import provider_of

R = TypeVar("R")
_WORTH_A_LINE_S = 30.0
_TOO_LONG_S = 1_800.0  # a quota of the day: the units are left to a later run
_MINUTE = 60.0
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
        while True:
            await self.requests.released()
            async with self.window.entered():
                self._check()
                if not self.requests.held_s:  # else it was held while this call waited
                    return await self._send(send)

    async def _send(self, send: Callable[[], Awaitable[R]]) -> R:
        self.breaker.begin()
        try:
            result = await send()
        except AdapterError as error:
            self._failed(error)
            raise
        except BaseException:
            self.breaker.undecided()
            raise
        self.breaker.reached()
        self.window.ended()
        self.requests.passed()
        return result

    def _check(self) -> None:
        self.lockout.check()
        self.breaker.check()
        if self.requests.held_s > _TOO_LONG_S:
            minutes = self.requests.held_s / _MINUTE
            said = f"{self.lockout.who}: asked to wait {minutes:.0f} more minutes"
            raise NotSentError("rate_limit", said, retriable=True)

    def _failed(self, error: AdapterError) -> None:
        fault = fault_of(error)
        self.lockout.look(error)
        if fault is Fault.CONNECTION:
            self.breaker.missed()
            return
        if fault is Fault.TIMEOUT:  # a host that swallows what it is sent looks like this, too
            self.breaker.missed()
        else:
            self.breaker.reached()
        self.window.ended(_LOADED.get(fault, 0.0))
        if fault is not Fault.RATE_LIMIT:
            self.requests.passed()
        elif error.retry_after:
            self._hold(error.retry_after)

    def _hold(self, seconds: float) -> None:
        if self.requests.refused(seconds) and seconds >= _WORTH_A_LINE_S:
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
