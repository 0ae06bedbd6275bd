"""The evaluator `quality`: one decode of each clip, a number for each metric."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import ClassVar

from popcorn_bench.errors import AdapterError
from popcorn_bench.evaluators.protocol import Sample
from popcorn_bench.evaluators.quality.card import CARD
from popcorn_bench.evaluators.untrained import Untrained
from popcorn_bench.types import EvaluatorCard, Score


class Quality(Untrained):
    """Measures how a video moves, how sharp it is, and its light and colours."""

    max_batch: ClassVar[int] = 16
    parallel: ClassVar[bool] = True
    probed: ClassVar[bool] = True

    def __init__(self, card: EvaluatorCard, device: str) -> None:
        import cv2

        del device  # the CPU it is: decoding is what takes the time
        cv2.setNumThreads(1)  # one worker per core measures; more threads only get in their way
        self._metrics = card.metrics

    @staticmethod
    def setting_names() -> frozenset[str]:
        """None: all clips are measured alike."""
        return frozenset()

    @staticmethod
    def card(settings: Mapping[str, str]) -> EvaluatorCard:
        """Describe the metrics; there is nothing to set."""
        del settings
        return CARD

    @staticmethod
    def missing(card: EvaluatorCard) -> list[str]:
        """Nothing: it runs on any machine."""
        del card
        return []

    def score(self, samples: Sequence[Sample]) -> Iterator[tuple[Score, ...] | AdapterError]:
        """Yield the scores of each sample's video, or why it cannot be measured."""
        for sample in samples:
            try:
                yield self._measured(sample.video)
            except AdapterError as error:
                yield error

    def _measured(self, video: Path | None) -> tuple[Score, ...]:
        from popcorn_bench.evaluators.quality.frames import frames
        from popcorn_bench.evaluators.quality.measure import measure

        if video is None:
            raise AdapterError("missing_input", "quality reads a video and there is none")
        found = measure(frames(video))
        return tuple(Score(metric=m.name, value=found[m.name]) for m in self._metrics)
