"""The evaluator `quality`: one decode of each clip, six numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import ClassVar

from popcorn_bench.errors import AdapterError
from popcorn_bench.evaluators.protocol import Sample
from popcorn_bench.evaluators.quality.card import CARD
from popcorn_bench.types import EvaluatorCard, Score


class Quality:
    """Measures motion, flicker, sharpness, exposure, colourfulness and freeze of a video."""

    max_batch: ClassVar[int] = 16

    def __init__(self) -> None:
        import cv2

        cv2.setNumThreads(1)  # one worker per core measures; more threads only get in their way

    @staticmethod
    def card() -> EvaluatorCard:
        """Describe the metrics."""
        return CARD

    @staticmethod
    def missing() -> list[str]:
        """Nothing: it runs on any machine."""
        return []

    @staticmethod
    def trained_on() -> frozenset[str]:
        """Nothing: it was not trained."""
        return frozenset()

    def score(self, samples: Sequence[Sample]) -> Iterator[tuple[Score, ...] | AdapterError]:
        """Yield the six scores of each sample's video, or why it cannot be measured."""
        for sample in samples:
            try:
                yield self._measured(sample.video)
            except AdapterError as error:
                yield error

    @staticmethod
    def _measured(video: Path | None) -> tuple[Score, ...]:
        from popcorn_bench.evaluators.quality.frames import frames
        from popcorn_bench.evaluators.quality.meters import measure

        if video is None:
            raise AdapterError("missing_input", "quality reads a video and there is none")
        found = measure(frames(video))
        return tuple(Score(metric=m.name, value=found[m.name]) for m in CARD.metrics)
