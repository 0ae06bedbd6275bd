"""What a Ray cluster adds to the work itself: 1, 2 and 4 workers on one machine.

    python -m benchmarks.ray_scaling [--workers 1,2,4] [--seconds 10]

Sleeping units show the handing over alone: efficiency is the ideal time over the measured one.
CPU-bound units stand beside as many processes of the local executor on the same units, because
more workers than free cores cannot be faster anywhere; both ways take turns, three rounds each, and
the best of each counts. A cluster of one machine is started for it; starting is not counted.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.ray_hosts import Counts, Sleeps, count
from popcorn_bench.harness.executors.actor import ActorWorker, Need
from popcorn_bench.harness.executors.cluster import connected
from popcorn_bench.harness.executors.disk import Disk
from popcorn_bench.harness.pool import Pool, Seat, Worker
from popcorn_bench.harness.process import LocalWorker
from popcorn_bench.harness.worker import Host
from popcorn_bench.results.artifacts.place import ArtefactPlace

_UNIT = 0.25  # seconds
_ROUNDS = 3
_BATCH = 4

Start = Callable[[Host], Worker]


async def _timed(host: Host, start: Start, jobs: Sequence[Any], workers: int) -> float:
    """Seconds for the jobs, after every worker has done one."""
    async with Pool[Any, Any]([Seat(host)] * workers, _BATCH, start=start) as pool:
        await asyncio.gather(*(pool.submit(jobs[0]) for _ in range(2 * _BATCH * workers)))
        began = time.perf_counter()
        await asyncio.gather(*map(pool.submit, jobs))
        return time.perf_counter() - began


def _on_ray(host: Host) -> Worker:
    nowhere = Disk(Path.cwd(), Path.cwd() / "none", ArtefactPlace())
    return ActorWorker(host, need=Need(num_cpus=0.01), disk=nowhere, note=print)


def _best(measure: Callable[[], float]) -> float:
    return min(measure() for _ in range(_ROUNDS))


def _number() -> int:
    """How far one core counts in the time of a unit."""
    began = time.perf_counter()
    count(1_000_000)
    return int(1_000_000 * _UNIT / (time.perf_counter() - began))


def _measured(host: Host, start: Start, jobs: Sequence[Any], workers: int) -> float:
    return asyncio.run(_timed(host, start, jobs, workers))


def _line(workers: int, seconds: float) -> str:
    units = int(seconds / _UNIT) * workers
    ideal = units * _UNIT / workers
    slept = partial(_measured, Sleeps(), jobs=[_UNIT] * units, workers=workers)
    counted = partial(_measured, Counts(), jobs=[_number()] * units, workers=workers)
    sleeping = _best(lambda: slept(start=_on_ray))
    both = [(counted(start=LocalWorker), counted(start=_on_ray)) for _ in range(_ROUNDS)]
    local, ray = (min(times) for times in zip(*both, strict=True))
    return (
        f"| {workers} | {units} | {ideal / sleeping:.3f} | {local:.2f} | {ray:.2f} "
        f"| {ray / local:.3f} |"
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--workers", default="1,2,4")
    parser.add_argument("--seconds", type=float, default=10.0, help="ideal time of each row")
    options = parser.parse_args()
    print("| workers | units | sleeping: efficiency | counting, local s | on Ray s | Ray / local |")
    print("|---:|---:|---:|---:|---:|---:|")
    with connected(None):
        for workers in options.workers.split(","):
            print(_line(int(workers), options.seconds), flush=True)


if __name__ == "__main__":
    main()
