"""Pools of real actors: the same promises as those of processes, on nodes that come and go."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from popcorn_bench.errors import AdapterError
from popcorn_bench.harness.executors.actor import ActorWorker, Need
from popcorn_bench.harness.executors.cluster import nodes
from popcorn_bench.harness.executors.disk import Disk
from popcorn_bench.harness.executors.places import Place, Places
from popcorn_bench.harness.pool import Pool, Seat
from popcorn_bench.harness.progress import Step
from popcorn_bench.harness.worker import Host
from popcorn_bench.results.artifacts.place import ArtefactPlace
from tests.harness.hosts import Doubling, Sleeping
from tests.harness.ray.conftest import Hands

JOBS = range(8)
ONE = Need(num_cpus=1)


def starting(need: Need = ONE, note: Callable[[str], None] = print) -> Callable[[Host], Any]:
    nowhere = Disk(Path("/nowhere"), Path("/nowhere/token"), ArtefactPlace())
    return partial(ActorWorker, need=need, disk=nowhere, note=note)


async def _all(host: Doubling, seconds: float = 60.0, workers: int = 2) -> Sequence[object]:
    seats = [Seat(host)] * workers
    async with Pool[int, int](seats, 4, item_seconds=seconds, start=starting()) as pool:
        jobs = (pool.submit(job) for job in JOBS)
        return await asyncio.wait_for(asyncio.gather(*jobs, return_exceptions=True), 120)


def _kinds(results: Sequence[object]) -> dict[int, str]:
    return {n: r.kind for n, r in enumerate(results) if isinstance(r, AdapterError)}


@pytest.mark.parametrize(
    ("vice", "kind"), [("raises", "bug"), ("dies", "worker_died"), ("hangs", "worker_timeout")]
)
async def test_one_bad_job_harms_no_other(driver: Hands, vice: str, kind: str) -> None:
    driver.add(cpus=2)

    results = await _all(Doubling(vice), seconds=5.0 if vice == "hangs" else 60.0)

    assert _kinds(results) == {3: kind}
    assert [r for r in results if isinstance(r, int)] == [2 * job for job in JOBS if job != 3]


async def test_news_come_before_the_result_and_are_no_result(driver: Hands) -> None:
    driver.add()
    heard: list[Step] = []
    seats = [Seat(Doubling())]

    async with Pool[int, int](seats, 4, on_step=heard.append, start=starting()) as pool:
        assert await asyncio.gather(*(pool.submit(job) for job in JOBS)) == [2 * j for j in JOBS]

    assert [step.done for step in heard] == list(JOBS)


async def test_a_killed_actor_takes_along_only_the_job_that_it_was_at(driver: Hands) -> None:
    driver.add()
    async with Pool[int, Any]([Seat(Sleeping(0.5))], 1, start=starting()) as pool:
        _, pid, _ = await pool.submit(0)
        hit = asyncio.create_task(pool.submit(1))
        after = asyncio.create_task(pool.submit(2))
        await asyncio.sleep(0.2)
        os.kill(pid, signal.SIGKILL)
        with pytest.raises(AdapterError) as lost:
            await hit
        job, other, _ = await after

    assert (lost.value.kind, lost.value.retriable) == ("worker_died", True)
    assert job == 2
    assert other != pid


async def test_a_killed_node_takes_no_finished_unit_along(driver: Hands) -> None:
    stays, goes = driver.add(), driver.add()
    assert stays is not goes
    async with Pool[int, Any]([Seat(Sleeping(0.3))] * 2, 2, start=starting()) as pool:
        jobs = [asyncio.create_task(pool.submit(job)) for job in range(24)]
        for job in jobs:
            await job
            if len({done.result()[1] for done in jobs if done.done()}) > 1:
                break
        before = {n: job.result() for n, job in enumerate(jobs) if job.done()}
        await asyncio.to_thread(driver.kill, goes)
        found = await asyncio.wait_for(asyncio.gather(*jobs, return_exceptions=True), 100)

    assert {n: found[n] for n in before} == before
    assert set(_kinds(found).values()) <= {"worker_died"}
    assert len(_kinds(found)) <= 1, "the one that it was at, if it was its last"
    assert all(r[0] == n for n, r in enumerate(found) if isinstance(r, tuple))


async def test_an_actor_without_a_place_holds_no_job(driver: Hands) -> None:
    """Two seats for one CPU: the one that has it does everything."""
    driver.add()
    async with Pool[int, Any]([Seat(Sleeping(0.1))] * 2, 1, start=starting()) as pool:
        found = await asyncio.wait_for(asyncio.gather(*map(pool.submit, JOBS)), 60)

    assert [job for job, _, _ in found] == [*JOBS]
    assert len({pid for _, pid, _ in found}) == 1


async def test_a_place_may_be_a_share_of_a_gpu(driver: Hands) -> None:
    driver.add(cpus=1, gpus=2)
    need = Need(num_gpus=0.5)
    async with Pool[int, Any]([Seat(Sleeping(0.3))] * 4, 1, start=starting(need)) as pool:
        found = await asyncio.wait_for(asyncio.gather(*map(pool.submit, range(40))), 100)

    seen = {pid: gpu for _, pid, gpu in found}
    assert sorted(seen.values()) == ["0", "0", "1", "1"]


async def test_two_pools_take_turns_on_one_gpu(driver: Hands) -> None:
    driver.add(cpus=1, gpus=1)
    places, need = Places(), Need(num_gpus=1)
    places.resize(sum(nodes().gpus))
    pools = [
        Pool[int, Any]([Seat(Sleeping(0.1), Place(places, name, 1.0))], 2, start=starting(need))
        for name in "ab"
    ]
    async with pools[0], pools[1]:
        jobs = [pool.submit(job) for job in range(4) for pool in pools]
        found = await asyncio.wait_for(asyncio.gather(*jobs), 100)

    assert [job for job, _, _ in found] == [0, 0, 1, 1, 2, 2, 3, 3]
    assert {gpu for _, _, gpu in found} == {"0"}


async def test_nothing_of_a_pool_is_left_on_the_nodes(driver: Hands) -> None:
    driver.add(cpus=2)
    async with Pool[int, Any]([Seat(Sleeping(0.2))] * 2, 1, start=starting()) as pool:
        found = await asyncio.gather(*map(pool.submit, range(6)))
    pids = {pid for _, pid, _ in found}

    for _ in range(100):
        if not any(map(_alive, pids)):
            break
        time.sleep(0.1)  # noqa: ASYNC251 - nothing else goes on
    assert not any(map(_alive, pids))


def _alive(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False
