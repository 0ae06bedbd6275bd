"""Hosts that misbehave in one way each; they travel to worker processes by import."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Doubling:
    """Doubles numbers; what it does at `bad` is its `vice`."""

    vice: str = ""
    bad: int = 3

    def run(self, jobs: Sequence[int]) -> Iterator[object]:
        for job in jobs:
            if job == self.bad and self.vice:
                yield from getattr(self, self.vice)()
            else:
                yield 2 * job
        if self.vice == "surplus":
            yield "one more"

    def raises(self) -> Iterator[object]:
        yield from ()
        raise RuntimeError("boom")

    def dies(self) -> Iterator[object]:
        yield from ()
        os._exit(9)

    def hangs(self) -> Iterator[object]:
        time.sleep(60)
        yield 0

    def stops_short(self) -> Iterator[object]:
        yield from ()

    def surplus(self) -> Iterator[object]:
        yield 2 * self.bad

    def unsendable(self) -> Iterator[object]:
        yield lambda: 0
