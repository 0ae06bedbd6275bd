"""How many calls are at an endpoint at once."""

from __future__ import annotations

import asyncio

import pytest

from popcorn_bench.harness.limits.leaving import LeftOutError
from popcorn_bench.harness.limits.window import IN_TROUBLE, TOO_MANY, Window


async def _hold(window: Window, seen: list[int], until: asyncio.Event) -> None:
    async with window.entered():
        seen.append(1)
        await until.wait()
    seen.pop()


async def test_no_more_are_let_in_than_the_window_is_wide() -> None:
    window, inside, go = Window(3), list[int](), asyncio.Event()
    async with asyncio.TaskGroup() as group:
        for _ in range(10):
            group.create_task(_hold(window, inside, go))
        await asyncio.sleep(0.01)
        assert len(inside) == 3
        go.set()
    assert inside == []


async def test_a_429_halves_once_for_all_that_were_under_way() -> None:
    window = Window(32)
    async with window.entered() as first, window.entered() as second:
        window.shrink(first, TOO_MANY)
        window.shrink(second, TOO_MANY)
    assert window.size == 16
    async with window.entered() as later:
        window.shrink(later, TOO_MANY)
    assert window.size == 8


async def test_trouble_of_the_server_shrinks_less_than_too_many_calls() -> None:
    window = Window(32)
    async with window.entered() as begun:
        window.shrink(begun, IN_TROUBLE)
    assert 16 < window.size < 32


async def test_it_never_shrinks_below_one_and_grows_by_one_per_window_up_to_its_width() -> None:
    window = Window(4)
    for _ in range(10):
        async with window.entered() as begun:
            window.shrink(begun, TOO_MANY)
    assert window.size == 1
    window.grow()
    assert window.size == 2
    window.grow()
    assert window.size == 2
    window.grow()
    assert window.size == 3
    for _ in range(50):
        window.grow()
    assert window.size == 4


async def test_whoever_is_cancelled_leaves_no_gap() -> None:
    window, inside, go = Window(1), list[int](), asyncio.Event()
    holding = asyncio.create_task(_hold(window, inside, go))
    waiting = [asyncio.create_task(_hold(window, inside, go)) for _ in range(3)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    waiting[0].cancel()
    go.set()
    await asyncio.gather(holding, *waiting, return_exceptions=True)
    async with asyncio.timeout(1), window.entered():
        pass


async def test_one_that_is_let_in_and_cancelled_in_one_moment_gives_its_room_back() -> None:
    window, go = Window(1), asyncio.Event()
    holding = asyncio.create_task(_hold(window, [], go))
    waiting = asyncio.create_task(_hold(window, [], go))
    await asyncio.sleep(0.01)
    go.set()
    await holding  # lets the other one in ...
    waiting.cancel()  # ... before it could go on
    await asyncio.gather(waiting, return_exceptions=True)
    async with asyncio.timeout(1), window.entered():
        pass


async def test_a_closed_window_sends_those_home_who_wait() -> None:
    window, go = Window(1), asyncio.Event()
    holding = asyncio.create_task(_hold(window, [], go))
    waiting = asyncio.create_task(_hold(window, [], go))
    await asyncio.sleep(0.01)
    window.close()
    with pytest.raises(LeftOutError):
        await waiting
    go.set()
    await holding
    with pytest.raises(LeftOutError):
        async with window.entered():
            pass
