"""So many calls a minute."""

from __future__ import annotations

import asyncio
from time import monotonic

import pytest

from popcorn_bench.harness.limits.leaving import LeftOutError
from popcorn_bench.harness.limits.pace import Pace


async def _seconds(pace: Pace, *amounts: float) -> float:
    began = monotonic()
    await asyncio.gather(*(pace.take(amount) for amount in amounts))
    return monotonic() - began


async def test_calls_come_in_even_steps() -> None:
    assert 0.2 <= await _seconds(Pace(1_200, asyncio.Event()), *[1.0] * 5) < 2


async def test_a_large_call_makes_the_next_one_wait_longer() -> None:
    pace = Pace(60_000, asyncio.Event())
    assert 0.3 <= await _seconds(pace, 300, 1) < 2


async def test_what_was_guessed_too_large_is_given_back() -> None:
    pace = Pace(600, asyncio.Event())
    await pace.take(100)  # ten seconds' worth
    pace.correct(100, 1)
    assert await _seconds(pace, 1) < 2


async def test_without_a_limit_nobody_waits_until_it_is_held() -> None:
    pace = Pace(None, asyncio.Event())
    assert await _seconds(pace, *[1e9] * 100) < 0.5
    pace.refused(0.2)
    assert pace.refused(0.2)
    began = monotonic()
    await asyncio.gather(pace.released(), pace.released())
    assert 0.2 <= monotonic() - began < 2


async def test_a_stop_ends_the_waiting() -> None:
    stop = asyncio.Event()
    pace = Pace(1, stop)
    await pace.take()
    waiting = asyncio.create_task(pace.take())
    await asyncio.sleep(0.01)
    stop.set()
    with pytest.raises(LeftOutError):
        async with asyncio.timeout(1):
            await waiting
