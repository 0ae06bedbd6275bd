"""An evaluator in one method, for those who write their own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

from popcorn_bench.errors import AdapterError, boundary
from popcorn_bench.evaluators.protocol import Sample
from popcorn_bench.evaluators.untrained import Untrained
from popcorn_bench.settings import Settings
from popcorn_bench.types import EvaluatorCard, Input, Metric, Score


class SimpleEvaluator(Untrained):
    """To inherit from: `judge` gives one number per metric. An `EvaluatorClass` that does the rest.

    A subclass says what it is: `name`, as it is registered; `version`, which has to change with
    whatever changes its scores; the `inputs` that it reads; its `metrics`; and the `options`
    that users may change. `probed` is for one whose scores cost nothing but time. One that learned
    from a corpus also overrides `trained_on`.
    """

    name: ClassVar[str] = ""
    version: ClassVar[str] = ""
    inputs: ClassVar[tuple[Input, ...]] = (Input.TITLE,)
    metrics: ClassVar[tuple[Metric, ...]] = ()
    options: ClassVar[Settings] = Settings()
    max_batch: ClassVar[int] = 64
    parallel: ClassVar[bool] = True
    probed: ClassVar[bool] = True

    def __init__(self, card: EvaluatorCard, device: str) -> None:
        """Load: a subclass that has a model puts it on `device` here."""
        self.settings, self.device = self.options.checked(card.settings), device

    def judge(self, sample: Sample) -> Mapping[str, float]:
        """One finite number per metric, by name.

        Raise `AdapterError` for what a user should read as one line; anything else becomes a
        failure of kind `bug`.
        """
        raise NotImplementedError

    def score(self, samples: Sequence[Sample]) -> Iterator[tuple[Score, ...] | AdapterError]:
        """Yield the scores of each sample, or the error."""
        for sample in samples:
            try:
                with boundary(f"{type(self).__name__}.judge"):
                    found = self.judge(sample)
                    scores = tuple(Score(metric=m.name, value=found[m.name]) for m in self.metrics)
            except AdapterError as error:
                yield error
            else:
                yield scores

    @classmethod
    def setting_names(cls) -> frozenset[str]:
        """Name the settings that may be changed."""
        return cls.options.names

    @classmethod
    def card(cls, settings: Mapping[str, str]) -> EvaluatorCard:
        """The card with all settings, in range.

        Raises:
            UsageError: for a value that does not fit.
        """
        return EvaluatorCard(
            name=cls.name,
            version=cls.version,
            inputs=cls.inputs,
            metrics=cls.metrics,
            settings=cls.options.checked(settings),
        )

    @staticmethod
    def missing(card: EvaluatorCard) -> list[str]:
        """Nothing; a subclass may name an extra or a key that is not there."""
        del card
        return []
