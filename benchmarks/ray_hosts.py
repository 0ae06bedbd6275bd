"""Units for `ray_scaling.py`; they travel to workers by import."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from popcorn_bench.harness.worker import Tell


@dataclass(frozen=True, slots=True)
class Sleeps:
    """Takes as long as the job says."""

    def run(self, jobs: Sequence[float], tell: Tell) -> Iterator[float]:
        del tell
        for seconds in jobs:
            time.sleep(seconds)
            yield seconds


@dataclass(frozen=True, slots=True)
class Counts:
    """Counts as far as the job says, on one core."""

    def run(self, jobs: Sequence[int], tell: Tell) -> Iterator[int]:
        del tell
        for number in jobs:
            yield count(number)


def count(number: int) -> int:
    total = 0
    for step in range(number):
        total ^= step * step
    return total
