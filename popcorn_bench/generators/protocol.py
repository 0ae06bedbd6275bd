"""What the harness asks of a generator; adapters implement it, catalogs name them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Protocol, runtime_checkable

from popcorn_bench.errors import AdapterError
from popcorn_bench.types import LLM, Brief, BriefRules, Generator, Message


@dataclass(frozen=True, slots=True)
class MediaRequest:
    """One cover or clip to make; equal requests to one generator give equal media."""

    prompt: str
    seed: int


@dataclass(frozen=True, slots=True)
class Made:
    """A finished file and what it took.

    `cost_usd` is what a provider asked, None where that is not known. `seconds` is the device's
    time, of a batch its share; `peak_gb` the most GPU memory that was taken.
    """

    path: Path
    cost_usd: float | None = None
    seconds: float | None = None
    peak_gb: float | None = None

    def __post_init__(self) -> None:
        given = [n for n in (self.cost_usd, self.seconds, self.peak_gb) if n is not None]
        if not all(map(isfinite, given)):
            raise ValueError(f"{self.path.name} took {given}, not all finite numbers")


class TextClient(Protocol):
    """Calls language models; one client serves all of a run."""

    async def brief(
        self, llm: LLM, messages: Sequence[Message], seed: int, rules: BriefRules
    ) -> Brief:
        """Ask once and parse the answer.

        Raises:
            AdapterError: with the kind that names what went wrong.
        """
        ...

    async def close(self) -> None:
        """Free the connections."""
        ...


class MediaGenerator(Protocol):
    """Makes covers or clips; built once per worker process by its adapter class."""

    def generate(
        self, requests: Sequence[MediaRequest], folder: Path
    ) -> Iterator[Path | Made | AdapterError]:
        """Yield, for each request in order, a finished file in `folder` or the error."""
        ...


@runtime_checkable
class Resumable(Protocol):
    """A generator that goes on with what a killed process had begun.

    `state` is the results folder, set before the first call of `generate`; what has to outlive
    the process is noted there.
    """

    state: Path | None


@runtime_checkable
class Stepped(Protocol):
    """A generator that tells how far it is.

    `on_step(done, steps, requests)` is called from another thread after each denoising step of a
    batch of that many requests; it is set before the first call of `generate` and must not raise.
    """

    on_step: Callable[[int, int, int], None] | None


@runtime_checkable
class Overlapping(Protocol):
    """An adapter whose `generate` may begin anew while the last clips of a call are written.

    It sees to it itself that only one call computes at a time. So a GPU need not wait between
    batches.
    """

    overlaps: bool


@runtime_checkable
class Priced(Protocol):
    """An adapter whose media are paid for."""

    def remarks(self, generator: Generator) -> list[str]:
        """Say what a user should know before paying, in short phrases."""
        ...

    def usd_per_clip(self, generator: Generator) -> float | None:
        """USD of one clip or cover, None where it is not known beforehand."""
        ...


class MediaAdapter(Protocol):
    """The class behind a registry name: cheap to import, heavy only when called."""

    max_batch: int
    parallel: bool  # several CPU workers at once; False: one worker per device

    @staticmethod
    def missing(generator: Generator) -> list[str]:
        """Say what this machine lacks to run it (an extra, a GPU, a key), in short phrases."""
        ...

    @staticmethod
    def setting_names(generator: Generator) -> frozenset[str]:
        """Name the settings that `--video-args` may change."""
        ...

    @staticmethod
    def resolved(generator: Generator) -> Generator:
        """Complete it: every setting read, in range (UsageError otherwise) and with its default.

        Where the adapter's own code decides the artefact, its version enters the revision.
        """
        ...

    def __call__(self, generator: Generator, device: str) -> MediaGenerator:
        """Load."""
        ...
