"""Who gets a share of the cluster next."""

from __future__ import annotations

import asyncio

from popcorn_bench.harness.executors.places import Place, Places


async def _enter(place: Place) -> asyncio.Task[None]:
    task = asyncio.create_task(place.enter())
    await _settled()
    return task


async def _settled() -> None:
    """Whatever can go on has gone on."""
    for _ in range(5):
        await asyncio.sleep(0)


def _places(total: float, *pools: str, amount: float = 1.0) -> list[Place]:
    places = Places(total)
    return [Place(places, pool, amount) for pool in pools]


async def test_every_pool_gets_one_place_before_any_gets_a_second() -> None:
    a, b, c = _places(2.0, "a", "b", "c")
    tasks = [await _enter(place) for place in (a, a, a, b, c)]
    assert [task.done() for task in tasks] == [True, True, False, False, False]

    a.leave()
    await _settled()
    assert [task.done() for task in tasks] == [True, True, False, True, False]
    b.leave()
    await _settled()
    assert [task.done() for task in tasks] == [True, True, False, True, True]
    for task in tasks:
        task.cancel()


async def test_who_holds_several_makes_room_for_who_has_none() -> None:
    a, b = _places(2.0, "a", "b")
    await a.enter()
    await a.enter()
    assert not a.pressed
    task = await _enter(b)
    assert (a.pressed, a.wanted, b.wanted) == (True, True, False)

    a.leave()
    await task
    assert not a.pressed, "the last place is kept while there is something to do"


async def test_shares_add_up_to_what_there_is() -> None:
    (place,) = _places(1.0, "a", amount=0.25)
    tasks = [await _enter(place) for _ in range(6)]
    assert sum(task.done() for task in tasks) == 4
    for task in tasks:
        task.cancel()


async def test_new_nodes_let_more_in() -> None:
    (place,) = _places(1.0, "a")
    tasks = [await _enter(place) for _ in range(3)]
    place.places.resize(3.0)
    await asyncio.gather(*tasks)


async def test_what_is_larger_than_the_cluster_waits_in_the_cluster() -> None:
    """An autoscaler must see it; here it would wait for ever."""
    a, b = _places(0.0, "a", "b")
    await asyncio.gather(a.enter(), b.enter())
    task = await _enter(a)
    assert not task.done(), "one of each is enough"
    task.cancel()


async def test_who_gives_up_waiting_leaves_no_gap() -> None:
    a, b = _places(1.0, "a", "b")
    await a.enter()
    first, second = await _enter(b), await _enter(b)
    first.cancel()
    a.leave()
    await asyncio.wait_for(second, 10)
    assert not a.wanted
