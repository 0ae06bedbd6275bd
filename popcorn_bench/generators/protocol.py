"""What the harness asks of a generator; adapters implement it, catalogs name them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from popcorn_bench.errors import AdapterError
from popcorn_bench.types import LLM, Brief, BriefRules, Generator, Message


@dataclass(frozen=True, slots=True)
class MediaRequest:
    """One cover or clip to make; equal requests to one generator give equal media."""

    prompt: str
    seed: int


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
    ) -> Iterator[Path | AdapterError]:
        """Yield, for each request in order, a finished file in `folder` or the error."""
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
