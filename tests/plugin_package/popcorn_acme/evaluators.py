"""An evaluator of our own."""

from __future__ import annotations

from collections.abc import Mapping

from popcorn_bench.evaluators.protocol import Sample
from popcorn_bench.evaluators.simple import SimpleEvaluator
from popcorn_bench.settings import Settings, whole
from popcorn_bench.types import Direction, Metric


class Brevity(SimpleEvaluator):
    """Shorter titles are better: one minus the share of the length that is allowed."""

    name = "brevity"
    version = "1"
    metrics = (
        Metric(
            name="brevity",
            description="1 minus the title's length over the most that is allowed.",
            direction=Direction.HIGHER,
            high=1.0,
        ),
    )
    options = Settings(most=whole(50, 1, 1000))

    def judge(self, sample: Sample) -> Mapping[str, float]:
        """Count the characters."""
        return {"brevity": 1 - len(sample.title) / int(self.settings["most"])}
