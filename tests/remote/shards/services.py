"""Services that shards hold in tests."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from popcorn_bench.errors import AdapterError


class Telling:
    """Answers with the process that it is in, after some seconds."""

    async def answer(self, seconds: float, left: str = "") -> int:
        try:
            await asyncio.sleep(seconds)
        except asyncio.CancelledError:
            Path(left).touch()  # noqa: ASYNC240 - at the very end
            raise
        return os.getpid()

    async def close(self) -> None:
        pass


class Failing:
    """Fails as it is told to."""

    async def answer(self, how: str) -> None:
        if how == "bug":
            raise ZeroDivisionError("of this program")
        error = AdapterError(how, "no", retriable=True, retry_after=7.5, cost_usd=0.25)
        error.answer = "what the model said"
        raise error

    async def close(self) -> None:
        pass
