"""The one retry layer: finite attempts, only where a further one may help."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Generic, TypeVar

from popcorn_bench.errors import AdapterError, boundary

Result = TypeVar("Result")

ATTEMPTS = 4
_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.5, 60.0


@dataclass(frozen=True, slots=True)
class Attempted(Generic[Result]):
    """How a unit ended: its result or the last error, and what the attempts before it cost."""

    result: Result | None
    error: AdapterError | None = None
    attempts: int = 1
    wasted_usd: float = 0.0


async def attempt(
    what: str, make: Callable[[], Awaitable[Result]], stop: asyncio.Event
) -> Attempted[Result]:
    """Call `make` until it succeeds, fails for good, or `ATTEMPTS` are used up.

    `stop` ends the waiting: the last error then stands, to be tried again by another run.
    """
    wasted = 0.0
    for number in range(1, ATTEMPTS + 1):
        try:
            with boundary(what):
                return Attempted(await make(), None, number, wasted)
        except AdapterError as error:
            wait_s = _wait_s(number, error)
            last = not error.retriable or number == ATTEMPTS or wait_s > _LONGEST_WAIT_S
            if last or await _stopped(stop, wait_s):
                return Attempted(None, error, number, wasted)
            wasted += error.cost_usd or 0.0
    raise AssertionError("unreachable: the last attempt returns")


def _wait_s(number: int, error: AdapterError) -> float:
    """Exponential with full jitter, and never less than the other side asked for."""
    backoff = min(_LONGEST_WAIT_S, _FIRST_WAIT_S * 2.0**number)
    jittered = random.uniform(0, backoff)  # noqa: S311 - spreads load, guards no secret
    return max(jittered, error.retry_after or 0.0)


async def _stopped(stop: asyncio.Event, wait_s: float) -> bool:
    """Wait; whether `stop` was set before the time was over."""
    with suppress(TimeoutError):
        async with asyncio.timeout(wait_s):
            await stop.wait()
    return stop.is_set()
