"""How a unit ends that was never begun, and waiting that ends when the run does."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from popcorn_bench.errors import AdapterError, PopcornError


class LeftOutError(PopcornError):
    """Nothing was sent: the run stops or its budget is reached. The unit is left to another run."""


class NotSentError(AdapterError):
    """The unit fails without a call, because every such call is known to fail now."""


async def stopped_after(stop: asyncio.Event, seconds: float) -> bool:
    """Wait so many seconds; whether `stop` was set before they were over."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await stop.wait()
    return stop.is_set()
