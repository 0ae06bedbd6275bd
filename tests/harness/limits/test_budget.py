"""What may be spent, with what is in flight."""

from __future__ import annotations

import asyncio
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from popcorn_bench.errors import AdapterError
from popcorn_bench.harness.budget import Budget
from popcorn_bench.harness.limits.leaving import LeftOutError


async def _spend(
    budget: Budget, estimate: float | None, took: float | None, error: AdapterError | None = None
) -> None:
    async def call() -> float | None:
        await asyncio.sleep(0)
        if error is not None:
            raise error
        return took

    await budget.spend(lambda: estimate, call, lambda result: result, lambda error: error.cost_usd)


@given(
    limit=st.floats(0, 20),
    calls=st.lists(st.tuples(st.floats(0, 3), st.floats(0, 1), st.booleans()), max_size=30),
)
def test_it_is_not_passed_whatever_the_order(
    limit: float, calls: list[tuple[float, float, bool]]
) -> None:
    budget = Budget(limit)
    charged = 0.0

    async def one(estimate: float, share: float, *, fails: bool) -> None:
        async def call() -> float:
            nonlocal charged
            for _ in range(random.Random(estimate).randrange(4)):
                await asyncio.sleep(0)
            charged += estimate * share
            if fails:
                raise AdapterError("refusal", "", cost_usd=estimate * share)
            return estimate * share

        await budget.spend(lambda: estimate, call, lambda usd: usd, lambda error: error.cost_usd)

    async def go() -> list[BaseException | None]:
        async with asyncio.timeout(10):
            jobs = (one(estimate, share, fails=fails) for estimate, share, fails in calls)
            return await asyncio.gather(*jobs, return_exceptions=True)

    ended = asyncio.run(go())
    assert charged <= limit + 1e-6
    assert budget.held == 0
    assert budget.taken == pytest.approx(charged)
    assert budget.reached == any(isinstance(end, LeftOutError) for end in ended)


async def test_one_that_does_not_fit_waits_for_those_in_flight() -> None:
    budget = Budget(10)
    async with asyncio.timeout(1):  # 6 are set aside twice, and 1 is taken each time
        await asyncio.gather(*(_spend(budget, 6, 1) for _ in range(5)))
    assert (budget.taken, budget.reached) == (5, False)


async def test_an_unknown_amount_goes_alone() -> None:
    budget, alone = Budget(10), []

    async def call() -> float:
        alone.append(budget.held)
        await asyncio.sleep(0)
        return 2

    async with asyncio.timeout(1):
        spent = [budget.spend(lambda: None, call, float, lambda _: None) for _ in range(3)]
        await asyncio.gather(*spent)
    assert alone == [10, 8, 6]


async def test_what_nobody_knows_counts_as_set_aside() -> None:
    budget = Budget(10)
    await _spend(budget, 3, None)
    with pytest.raises(AdapterError):
        await _spend(budget, 2, None, AdapterError("timeout", "", retriable=True))
    assert budget.taken == 5
    with pytest.raises(AdapterError):
        await _spend(budget, 2, None, AdapterError("overload", "", retriable=True))
    assert budget.taken == 5


async def test_once_reached_nothing_that_costs_begins_and_the_rest_does() -> None:
    budget = Budget(1)
    with pytest.raises(LeftOutError):
        await _spend(budget, 2, 2)
    with pytest.raises(LeftOutError):
        await _spend(budget, 0.5, 0.5)
    await _spend(budget, 0, 0)
    assert budget.taken == 0


async def test_closing_ends_the_waiting() -> None:
    budget, go = Budget(1), asyncio.Event()

    async def slow() -> float:
        await go.wait()
        return 1.0

    running = asyncio.create_task(budget.spend(lambda: 1, slow, float, lambda _: None))
    await asyncio.sleep(0)
    waiting = asyncio.create_task(_spend(budget, 1, 1))
    await asyncio.sleep(0)
    budget.close()
    with pytest.raises(LeftOutError):
        await waiting
    go.set()
    assert await running == 1
    assert not budget.reached


async def test_what_nobody_foresaw_counts_as_set_aside() -> None:
    budget = Budget(10)

    async def broken() -> float:
        raise RuntimeError("an answer came, and our own code could not take it")

    with pytest.raises(RuntimeError):
        await budget.spend(lambda: 3, broken, float, lambda _: None)
    assert (budget.taken, budget.presumed, budget.held) == (3, 3, 0)


async def test_what_was_left_out_or_cancelled_costs_nothing() -> None:
    budget = Budget(10)

    async def left() -> float:
        raise LeftOutError("not begun")

    async def waits() -> float:
        await asyncio.Event().wait()
        return 1.0

    with pytest.raises(LeftOutError):
        await budget.spend(lambda: 3, left, float, lambda _: None)
    running = asyncio.create_task(budget.spend(lambda: 3, waits, float, lambda _: None))
    await asyncio.sleep(0)
    assert budget.held == 3
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert (budget.taken, budget.presumed, budget.held) == (0, 0, 0)
