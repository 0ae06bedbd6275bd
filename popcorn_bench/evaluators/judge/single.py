"""The evaluator `judge`: a vision LLM rates one clip, several times."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from statistics import fmean
from typing import ClassVar, Final

from popcorn_bench.errors import AdapterError
from popcorn_bench.evaluators.judge import rubric
from popcorn_bench.evaluators.judge.jury import Heard, Jury, Question
from popcorn_bench.evaluators.judge.pictures import cover_of, frames_of
from popcorn_bench.evaluators.judge.settings import JudgeSettings
from popcorn_bench.evaluators.judge.verdict import HIGHEST, LOWEST, Rating
from popcorn_bench.evaluators.protocol import Asks, Sample
from popcorn_bench.evaluators.untrained import Untrained
from popcorn_bench.types import Direction, EvaluatorCard, Input, Metric, Score

VERSION: Final = "1"  # a change that alters any score gets another; new words of the rubric do, too
_DESCRIPTION: Final = (
    "What share of the human micro-videos on the topic would draw fewer comments, as a vision LLM "
    "predicts it from the title and frames of the clip: the mean of several answers to one "
    "rubric. An opinion on an anchored scale, not calibrated on real comments."
)


class Judge(Untrained):
    """Asks the model of its settings; what a clip drew from it is the mean of the answers."""

    max_batch: ClassVar[int] = 32
    parallel: ClassVar[bool] = False
    probed: ClassVar[bool] = False

    def __init__(self, card: EvaluatorCard, device: str) -> None:
        del device  # the model runs elsewhere
        if lacking := self.missing(card):
            raise AdapterError("unusable", f"judge: {'; '.join(lacking)}")
        self._settings = JudgeSettings.of(card)
        self._metric = card.metrics[0]
        self._jury = Jury(self._settings, Rating)

    @staticmethod
    def setting_names() -> frozenset[str]:
        """See `JudgeSettings`."""
        return frozenset(JudgeSettings.model_fields)

    @staticmethod
    def card(settings: Mapping[str, str]) -> EvaluatorCard:
        """Describe the judge; which model it is belongs to its identity."""
        read = JudgeSettings.read(settings)
        metric = Metric(
            name="judge",
            description=_DESCRIPTION,
            direction=Direction.HIGHER,
            unit="% of human videos",
            low=LOWEST,
            high=HIGHEST,
            members=tuple(f"answer {number}" for number in range(1, read.repeats + 1)),
        )
        cover = (Input.COVER,) if read.cover else ()
        return EvaluatorCard(
            name="judge",
            version=VERSION,
            inputs=(Input.TITLE, Input.TOPIC, Input.VIDEO, *cover),
            metrics=(metric,),
            settings=read.deciding(rubric.SINGLE_RUBRIC),
            transport=read.transport(),
        )

    @staticmethod
    def missing(card: EvaluatorCard) -> list[str]:
        """A model, or its key."""
        return JudgeSettings.of(card).missing()

    @staticmethod
    def asks(card: EvaluatorCard, topic: str) -> Asks:
        """As many requests as answers are wanted."""
        told = JudgeSettings.of(card)
        words = str(rubric.single("", topic, (), None, told.detail))
        usd = told.about_usd(words, told.frames + told.cover)
        return Asks(told.repeats, None if usd is None else told.repeats * usd)

    def score(self, samples: Sequence[Sample]) -> Iterator[tuple[Score, ...] | AdapterError]:
        """Yield the mean rating of each sample with all answers, or why there is none."""
        for heard in self._jury.hear([partial(self._questions, sample) for sample in samples]):
            yield heard if isinstance(heard, AdapterError) else (self._score(heard),)

    def _questions(self, sample: Sample) -> list[Question]:
        told = self._settings
        if sample.video is None or (told.cover and sample.cover is None):
            what = "video" if sample.video is None else "cover"
            raise AdapterError("missing_input", f"judge is shown a {what} and there is none")
        frames = frames_of(sample.video, told.frames, told.size)
        cover = cover_of(sample.cover, told.size) if told.cover and sample.cover else None
        asked = rubric.single(sample.title, sample.query.topic, frames, cover, told.detail)
        return [Question(asked, seed) for seed in range(told.repeats)]

    def _score(self, heard: Heard[Rating]) -> Score:
        given = tuple(rating.score for rating in heard.verdicts)
        return Score(
            metric=self._metric.name, value=fmean(given), members=given, cost_usd=heard.cost_usd
        )
