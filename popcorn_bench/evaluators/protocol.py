"""What the harness asks of an evaluator."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from popcorn_bench.errors import AdapterError
from popcorn_bench.types import EvaluatorCard, Query, Score, Shift


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


@runtime_checkable
class Shifted(Protocol):
    """An evaluator that can tell how far samples are from the human ones it learned from."""

    def shift(self, samples: Sequence[Sample]) -> Shift | None:
        """Compare them as a group; None where there are too few."""
        ...


class EvaluatorClass(Protocol):
    """The class behind a registry name: cheap to import, heavy only when called.

    `max_batch` samples at most are scored at once. `parallel` allows several processes on the
    CPU; without it there is one. `probed` says that scoring altered samples costs nothing but
    time, so that the harness may find out what the scores hang on. `leak_free` names the evaluator
    that ranks where an LLM was shown rows that this one learned from; empty where there is none:
    then those rows are never shown.
    """

    max_batch: int
    parallel: bool
    probed: bool
    leak_free: str

    @staticmethod
    def setting_names() -> frozenset[str]:
        """Name the settings that `--evaluator-args` may change."""
        ...

    @staticmethod
    def card(settings: Mapping[str, str]) -> EvaluatorCard:
        """Describe the evaluator without loading it.

        Args:
            settings: as the user gave them, keys from `setting_names`; the card holds those that
                decide the scores, complete and typed.

        Raises:
            UsageError: for a value that does not fit.
        """
        ...

    @staticmethod
    def missing(card: EvaluatorCard) -> list[str]:
        """Say what this machine lacks to run it (an extra, a setting, a key), in short phrases."""
        ...

    @staticmethod
    def trained_on(card: EvaluatorCard) -> frozenset[str]:
        """Hashed ids of the corpus rows that it learned from; empty where it learned from none.

        What an LLM is shown must not be among them: its gain could be the evaluator's memory.
        """
        ...

    def __call__(self, card: EvaluatorCard, device: str) -> Evaluator:
        """Load; `device` is `auto`, `cpu`, `cuda`, `cuda:N` or `mps`."""
        ...


@runtime_checkable
class OnGpu(Protocol):
    """The class of an evaluator that computes on a GPU where there is one.

    `num_gpus` is the share of a GPU that it takes on a cluster.
    """

    num_gpus: float


def gpu_share(kind: EvaluatorClass) -> float:
    """The share of a GPU that an evaluator computes on; 0.0 where it needs none."""
    return kind.num_gpus if isinstance(kind, OnGpu) else 0.0


@dataclass(frozen=True, slots=True)
class Asks:
    """What a sample takes of a model: its requests, and about how many USD (None: not known)."""

    calls: int
    usd: float | None


@runtime_checkable
class Asking(Protocol):
    """The class of an evaluator that asks a model elsewhere, which may cost money."""

    @staticmethod
    def asks(card: EvaluatorCard, topic: str) -> Asks:
        """Say what one sample of that topic will take, before anything is loaded."""
        ...
