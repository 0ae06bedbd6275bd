"""How many calls are at an endpoint at once."""

from __future__ import annotations

import asyncio
import random
from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

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


def _end(window: Window, *loads: float) -> None:
    for load in loads:
        window.ended(load)


def test_a_round_of_429s_halves_it_once() -> None:
    window = Window(32)
    _end(window, *[TOO_MANY] * 31)
    assert window.size == 32
    _end(window, TOO_MANY)
    assert window.size == 16
    _end(window, *[TOO_MANY] * 16)
    assert window.size == 8


def test_it_shrinks_by_the_share_that_was_refused() -> None:
    window = Window(20)
    _end(window, *[TOO_MANY] * 5, *[0.0] * 15)
    assert window.size == 15


def test_trouble_of_the_server_shrinks_less_than_too_many_calls() -> None:
    window = Window(20)
    _end(window, *[IN_TROUBLE] * 20)
    assert window.size == pytest.approx(16)


@pytest.mark.parametrize("load", [TOO_MANY, IN_TROUBLE])
def test_what_fails_now_and_then_is_no_sign_of_load(load: float) -> None:
    """Three in a hundred, whatever we do: fewer calls at once would help nobody."""
    window, dice = Window(32), random.Random(3)
    sizes = []
    for _ in range(5_000):
        window.ended(load if dice.random() < 0.03 else 0.0)
        sizes.append(window.size)
    assert fmean(sizes) > 0.8 * 32


@given(takes=st.integers(1, 24), most=st.integers(1, 64))
def test_it_settles_at_what_an_endpoint_takes(takes: int, most: int) -> None:
    """An endpoint that refuses all calls above so many: few are refused for long."""
    window = Window(most)
    sizes, refused = [], 0
    for _ in range(200):
        at_once = int(window.size)
        over = max(0, at_once - takes)
        refused += over
        _end(window, *[TOO_MANY] * over, *[0.0] * (at_once - over))
        sizes.append(at_once)
    assert 0.5 * min(takes, most) <= fmean(sizes[100:]) <= takes + 2
    assert refused <= 2 * most + 200


def test_it_never_shrinks_below_one_and_grows_by_one_a_round_up_to_its_width() -> None:
    window = Window(4)
    _end(window, *[TOO_MANY] * 50)
    assert window.size == 1
    _end(window, 0.0)
    assert window.size == 2
    _end(window, 0.0)
    assert window.size == 2
    _end(window, 0.0)
    assert window.size == 3
    _end(window, *[0.0] * 50)
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
