"""Real worker processes: what one job does wrong is its own failure, and nobody waits for ever."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from popcorn_bench.errors import AdapterError
from popcorn_bench.harness import pool as pools
from popcorn_bench.harness.gate import Gate
from popcorn_bench.harness.pool import Pool, Seat, Worker
from popcorn_bench.harness.process import LocalWorker
from popcorn_bench.harness.progress import Step
from popcorn_bench.harness.worker import Host
from tests.harness.hosts import Doubling, Occupying, Sampling, Sleeping

JOBS = range(8)


async def _all(
    host: Doubling,
    seconds: float = 30.0,
    workers: int = 2,
    start: Callable[[Host], Worker] = LocalWorker,
) -> Sequence[object]:
    seats = [Seat(host)] * workers
    async with Pool[int, int](seats, 4, item_seconds=seconds, start=start) as pool:
        jobs = (pool.submit(job) for job in JOBS)
        return await asyncio.wait_for(asyncio.gather(*jobs, return_exceptions=True), 50)


def _kinds(results: Sequence[object]) -> dict[int, str]:
    return {n: r.kind for n, r in enumerate(results) if isinstance(r, AdapterError)}


async def test_every_job_gets_its_own_result() -> None:
    assert await _all(Doubling()) == [2 * job for job in JOBS]


@pytest.mark.parametrize(
    ("vice", "kind"),
    [
        ("raises", "bug"),
        ("dies", "worker_died"),
        ("hangs", "worker_timeout"),
        ("unsendable", "bug"),
    ],
)
async def test_one_bad_job_harms_no_other(vice: str, kind: str) -> None:
    results = await _all(Doubling(vice), seconds=2.0 if vice == "hangs" else 30.0)

    assert _kinds(results) == {3: kind}
    assert [r for r in results if isinstance(r, int)] == [2 * job for job in JOBS if job != 3]


async def test_a_result_too_few_is_a_failure_and_one_too_many_is_left_out() -> None:
    short = await _all(Doubling("stops_short"), workers=1)
    assert set(_kinds(short).values()) == {"bug"}
    assert await _all(Doubling("surplus"), workers=1) == [2 * job for job in JOBS]


async def test_a_process_that_cannot_start_is_a_failure_not_a_hang() -> None:
    def refuse(_host: Host) -> Worker:
        raise EOFError

    found = _kinds(await _all(Doubling(), start=refuse))
    assert found == dict.fromkeys(JOBS, "worker_died")


async def test_a_process_lost_before_it_had_a_job_costs_none_an_attempt() -> None:
    class Stillborn(LocalWorker):
        async def ready(self) -> bool:
            raise EOFError

    kinds: list[Callable[[Host], Worker]] = [LocalWorker, Stillborn, Stillborn]

    def start(host: Host) -> Worker:
        return kinds.pop()(host)

    found = await _all(Doubling(), workers=1, start=start)

    assert found == [2 * job for job in JOBS]
    assert not kinds


async def test_waiting_jobs_can_be_dropped() -> None:
    async with Pool[int, int]([Seat(Doubling("hangs", bad=0))], 1, item_seconds=3.0) as pool:
        jobs = [asyncio.create_task(pool.submit(job)) for job in JOBS]
        await asyncio.sleep(0.5)
        pool.drop_waiting()
        results = await asyncio.gather(*jobs, return_exceptions=True)

    assert _kinds(results) == {0: "worker_timeout"}
    assert all(isinstance(r, asyncio.CancelledError) for r in results[1:])


async def test_leaving_ends_the_processes_even_when_results_have_just_arrived() -> None:
    async with asyncio.timeout(20):
        async with Pool[int, int]([Seat(Doubling())] * 4, 1) as pool:
            jobs = [asyncio.create_task(pool.submit(job)) for job in range(200)]
            await jobs[0]
            time.sleep(0.2)  # noqa: ASYNC251 - a busy loop, while results arrive
            await asyncio.sleep(0)
            for job in jobs:
                job.cancel()


async def test_news_come_before_the_result_and_are_no_result() -> None:
    heard: list[Step] = []
    async with Pool[int, int]([Seat(Doubling())], 4, on_step=heard.append) as pool:
        assert await asyncio.gather(*(pool.submit(job) for job in JOBS)) == [2 * j for j in JOBS]

    assert [step.done for step in heard] == list(JOBS)


async def test_a_device_holds_one_model_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pools, "_IDLE_SECONDS", 0.2)
    gate = Gate("cuda:0")
    hosts = [Occupying(name, tmp_path / "device") for name in "ab"]
    async with AsyncExitStack() as stack:
        a, b = [
            await stack.enter_async_context(Pool[int, str]([Seat(host, gate)], 2)) for host in hosts
        ]
        found = await asyncio.gather(*(pool.submit(n) for n in range(6) for pool in (a, b)))
        later = await asyncio.wait_for(a.submit(9), 20)

    assert found == ["a", "b"] * 6
    assert later == "a"


async def test_jobs_that_wait_for_a_device_can_be_dropped() -> None:
    gate = Gate("cuda:0")
    await gate.enter()
    async with Pool[int, int]([Seat(Doubling(), gate)], 2) as pool:
        jobs = [asyncio.create_task(pool.submit(job)) for job in JOBS]
        await asyncio.sleep(0.1)
        pool.drop_waiting()
        results = await asyncio.gather(*jobs, return_exceptions=True)
        gate.leave()

    assert all(isinstance(r, asyncio.CancelledError) for r in results)


async def test_a_process_that_dies_keeps_its_turn_at_the_device() -> None:
    gate = Gate("cuda:0")
    async with Pool[int, int]([Seat(Doubling("dies"), gate)], 4) as pool:
        jobs = (pool.submit(job) for job in JOBS)
        found = await asyncio.gather(*jobs, return_exceptions=True)

    assert _kinds(found) == {3: "worker_died"}
    assert not gate.wanted


@pytest.mark.parametrize("overlaps", [True, False])
async def test_the_next_batch_begins_while_the_last_is_being_written(
    tmp_path: Path, *, overlaps: bool
) -> None:
    """Only for those that say that they can; results come in order either way."""
    log = tmp_path / "log"
    async with Pool[int, int]([Seat(Sampling(log, overlaps))], 4) as pool:
        assert await asyncio.gather(*(pool.submit(job) for job in range(12))) == [*range(12)]

    noted = log.read_text().splitlines()
    assert (noted.index("sampled 4") < noted.index("wrote 3")) is overlaps


async def test_the_next_batch_is_sent_before_the_last_is_done() -> None:
    """The worker does not wait for its next job while somebody reads what it did."""
    sent: list[tuple[int, int]] = []
    got: list[object] = []

    class Counting(LocalWorker):
        async def send(self, jobs: Sequence[object]) -> None:
            sent.append((len(jobs), len(got)))
            await super().send(jobs)

        async def receive(self) -> object:
            result = await super().receive()
            got.extend([] if isinstance(result, Step) else [result])
            return result

    async with Pool[int, int]([Seat(Doubling())], 4, start=Counting) as pool:
        await asyncio.gather(*(pool.submit(job) for job in range(8)))

    assert sent == [(4, 0), (4, 2)], "each batch, and how many results had come by then"


async def test_batches_larger_than_a_pipe_holds_pass_both_ways() -> None:
    """Neither side may wait until the other has read."""
    words = ["x" * 20_000] * 200
    async with asyncio.timeout(60):
        async with Pool[str, str]([Seat(Doubling())], 64) as pool:
            made = await asyncio.gather(*(pool.submit(word) for word in words))

    assert made == [2 * word for word in words]


async def test_what_nobody_waits_for_any_more_is_not_done() -> None:
    async with Pool[int, tuple[int, int, str]]([Seat(Sleeping(0.2))], 1) as pool:
        jobs = [asyncio.create_task(pool.submit(job)) for job in range(6)]
        await asyncio.sleep(0)
        for job in jobs[:4]:
            job.cancel()
        found = await asyncio.gather(*jobs, return_exceptions=True)

    assert [type(r) for r in found[:4]] == [asyncio.CancelledError] * 4
    assert [r[0] for r in found[4:] if isinstance(r, tuple)] == [4, 5]


async def test_no_more_processes_start_than_there_are_jobs() -> None:
    begun: list[int] = []

    def start(host: Host) -> Worker:
        begun.append(1)
        return LocalWorker(host)

    async with Pool[int, int]([Seat(Doubling())] * 4, 4, start=start) as pool:
        assert list(await asyncio.gather(pool.submit(0), pool.submit(1))) == [0, 2]

    assert len(begun) == 2


async def test_seats_can_be_added_while_jobs_wait() -> None:
    async with Pool[int, tuple[int, int, str]]([Seat(Sleeping(0.3))], 1) as pool:
        jobs = [asyncio.create_task(pool.submit(job)) for job in range(8)]
        await jobs[0]
        pool.widen([Seat(Sleeping(0.3))] * 2)
        found = await asyncio.gather(*jobs)

    assert [job for job, _, _ in found] == [*range(8)]
    assert len({pid for _, pid, _ in found}) == 3
