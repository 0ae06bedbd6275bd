"""What the harness asks of an evaluator."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from popcorn_bench.errors import AdapterError
from popcorn_bench.types import EvaluatorCard, Query, Score


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What may be judged; an evaluator reads the inputs that its card declares and no others."""

    query: Query
    title: str
    cover: Path | None = None
    video: Path | None = None


class Evaluator(Protocol):
    """Gives scores to samples; built once per worker process by its class."""

    def score(self, samples: Sequence[Sample]) -> Iterator[tuple[Score, ...] | AdapterError]:
        """Yield, for each sample in order, one score per metric of the card, or the error."""
        ...


class EvaluatorClass(Protocol):
    """The class behind a registry name: cheap to import, heavy only when called."""

    max_batch: int

    @staticmethod
    def card() -> EvaluatorCard:
        """Describe the evaluator without loading it."""
        ...

    @staticmethod
    def missing() -> list[str]:
        """Say what this machine lacks to run it, in short phrases."""
        ...

    @staticmethod
    def trained_on() -> frozenset[str]:
        """Hashed ids of the corpus rows that it learned from; empty where it learned from none.

        What an LLM is shown must not be among them: its gain could be the evaluator's memory.
        """
        ...

    def __call__(self) -> Evaluator:
        """Load."""
        ...
