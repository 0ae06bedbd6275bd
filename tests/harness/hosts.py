"""Hosts that misbehave in one way each; they travel to worker processes by import."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from popcorn_bench.harness.progress import Step
from popcorn_bench.harness.worker import Tell


@dataclass(frozen=True)
class Doubling:
    """Doubles numbers; what it does at `bad` is its `vice`."""

    vice: str = ""
    bad: int = 3

    def run(self, jobs: Sequence[int], tell: Tell) -> Iterator[object]:
        for job in jobs:
            tell(Step("doubling", job, len(jobs)))
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


@dataclass
class Occupying:
    """Holds a device, a file that nobody else may hold, from its first job to its process's end."""

    name: str
    device: Path

    def run(self, jobs: Sequence[int], tell: Tell) -> Iterator[str]:
        tell(Step(self.name, 0, len(jobs)))
        holder = str(os.getpid())
        if not self.device.exists() or not _alive(self.device.read_text()):
            self.device.write_text(holder)
        assert self.device.read_text() == holder, "two models on one device"
        for _ in jobs:
            yield self.name


def _alive(pid: str) -> bool:
    return Path(f"/proc/{pid}").exists()


@dataclass(frozen=True)
class Sleeping:
    """Takes its time over each job and says which process did it, and what GPUs that saw."""

    seconds: float

    def run(self, jobs: Sequence[int], tell: Tell) -> Iterator[tuple[int, int, str]]:
        for job in jobs:
            tell(Step("sleeping", job, len(jobs)))
            time.sleep(self.seconds)
            yield job, os.getpid(), os.environ.get("CUDA_VISIBLE_DEVICES", "")


@dataclass
class Sampling:
    """Computes one batch at a time, and writes each result slowly; notes what it did when."""

    log: Path
    overlaps: bool

    def run(self, jobs: Sequence[int], tell: Tell) -> Iterator[int]:
        tell(Step("sampling", 0, len(jobs)))
        for job in jobs:
            self._note(f"sampled {job}")
            yield from self._write(job, last=job == jobs[-1])

    def _write(self, job: int, *, last: bool) -> Iterator[int]:
        if last:
            time.sleep(1.0)
        self._note(f"wrote {job}")
        yield job

    def _note(self, what: str) -> None:
        with self.log.open("a") as log:
            log.write(f"{what}\n")
