"""The evaluator `alignment`, cheap to import."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from importlib.util import find_spec
from typing import ClassVar, Final

from popcorn_bench.errors import AdapterError, UsageError
from popcorn_bench.evaluators.alignment.card import checkpoint, described, setting_names
from popcorn_bench.evaluators.protocol import Sample
from popcorn_bench.evaluators.untrained import Untrained
from popcorn_bench.types import EvaluatorCard, Score

_EXTRA: Final = ("torch", "transformers")


class Alignment(Untrained):
    """Agreement of a video with the query and with its title."""

    max_batch: ClassVar[int] = 64
    parallel: ClassVar[bool] = False
    num_gpus: ClassVar[float] = 1.0
    probed: ClassVar[bool] = True

    def __init__(self, card: EvaluatorCard, device: str) -> None:
        from popcorn_bench.evaluators.alignment.comparison import Comparison

        found = checkpoint(card)
        if found.folder is None or found.lacks():
            raise UsageError(f"alignment: {found.lacks()}")
        frames, batch = int(str(card.settings["frames"])), int(str(card.transport["batch"]))
        self._comparison = Comparison(found.folder, device, frames=frames, batch=batch)

    @staticmethod
    def setting_names() -> frozenset[str]:
        """Which model, and how many frames it looks at."""
        return setting_names()

    @staticmethod
    def card(settings: Mapping[str, str]) -> EvaluatorCard:
        """See `EvaluatorClass`."""
        return described(settings)

    @staticmethod
    def missing(card: EvaluatorCard) -> list[str]:
        """The extra, or the weights; nothing is downloaded to find out."""
        lacks = checkpoint(card).lacks()
        if all(map(find_spec, _EXTRA)):
            return [lacks] if lacks else []
        extra = "extra 'evaluators' not installed (pip install 'popcorn-bench[evaluators]')"
        return [extra, lacks] if lacks else [extra]

    def score(self, samples: Sequence[Sample]) -> Iterator[tuple[Score, ...] | AdapterError]:
        """Yield the scores of each sample, or why there are none."""
        return self._comparison.score(samples)
