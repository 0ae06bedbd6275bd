"""The one retry layer: finite attempts, only where a further one may help."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
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


async def attempt(what: str, make: Callable[[], Awaitable[Result]]) -> Attempted[Result]:
    """Call `make` until it succeeds, fails for good, or `ATTEMPTS` are used up."""
    wasted = 0.0
    for number in range(1, ATTEMPTS + 1):
        try:
            with boundary(what):
                return Attempted(await make(), None, number, wasted)
        except AdapterError as error:
            if not error.retriable or number == ATTEMPTS:
                return Attempted(None, error, number, wasted)
            wasted += error.cost_usd or 0.0
            await asyncio.sleep(_wait_s(number, error))
    raise AssertionError("unreachable: the last attempt returns")


def _wait_s(number: int, error: AdapterError) -> float:
    """Exponential with full jitter, and never less than the other side asked for."""
    backoff = min(_LONGEST_WAIT_S, _FIRST_WAIT_S * 2.0**number)
    jittered = random.uniform(0, backoff)  # noqa: S311 - spreads load, guards no secret
    return max(jittered, min(error.retry_after or 0.0, _LONGEST_WAIT_S))
