"""The evaluator `judge-pairs`: a vision LLM compares a clip with fixed anchors, in both orders."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from statistics import fmean
from typing import ClassVar, Final, NamedTuple

from popcorn_bench.errors import AdapterError, UsageError
from popcorn_bench.evaluators.judge import rubric
from popcorn_bench.evaluators.judge.anchors import (
    AnchorClip,
    anchors_sha,
    for_topic,
    read_anchors,
)
from popcorn_bench.evaluators.judge.jury import Heard, Jury, Question
from popcorn_bench.evaluators.judge.pictures import Picture, frames_of
from popcorn_bench.evaluators.judge.settings import PairsSettings
from popcorn_bench.evaluators.judge.verdict import Choice
from popcorn_bench.evaluators.protocol import Asks, Sample
from popcorn_bench.evaluators.untrained import Untrained
from popcorn_bench.types import Direction, EvaluatorCard, Input, Metric, Score

VERSION: Final = "1"  # a change that alters any score gets another; new words of the rubric do, too
_HALF: Final = 0.5

WINS: Final = Metric(
    name="judge_pairs",
    description=(
        "How often a vision LLM expects the clip to draw more comments than the anchors it is "
        "compared with, over all anchors and both orders: a pair that turns round with its order "
        "counts half. Titles are cut to a common length."
    ),
    direction=Direction.HIGHER,
    unit="share of pairs won",
    low=0.0,
    high=1.0,
    members=("shown first", "shown second"),
)
FLIPS: Final = Metric(
    name="judge_pairs_flips",
    description=(
        "Share of pairs in which the judge chose the other clip when the order was turned round. "
        "A trait of the judge, not of the clip: at 0 it never hangs on the order, at 1 always."
    ),
    direction=Direction.NONE,
    unit="share of pairs",
    low=0.0,
    high=1.0,
)
LONGER: Final = Metric(
    name="judge_pairs_longer",
    description=(
        "Share of choices that fell on the clip with the longer title as written; titles of one "
        "length count half. A trait of the judge: far from one half it may hang on length."
    ),
    direction=Direction.NONE,
    unit="share of choices",
    low=0.0,
    high=1.0,
)


class _Shown(NamedTuple):
    """A clip of one side of a pair, with its whole title."""

    title: str
    frames: Sequence[Picture]


class JudgePairs(Untrained):
    """Asks about each anchor twice: with the clip shown first, and shown second."""

    max_batch: ClassVar[int] = 16
    parallel: ClassVar[bool] = False
    probed: ClassVar[bool] = False

    def __init__(self, card: EvaluatorCard, device: str) -> None:
        del device  # the model runs elsewhere
        if lacking := self.missing(card):
            raise AdapterError("unusable", f"judge-pairs: {'; '.join(lacking)}")
        told = self._settings = PairsSettings.of(card)
        clips = _unchanged(told, card.weights)
        self._anchors = {
            clip: _Shown(rubric.visible(clip.title), frames_of(clip.path, told.frames, told.size))
            for clip in clips
        }
        self._jury = Jury(told, Choice)

    @staticmethod
    def setting_names() -> frozenset[str]:
        """See `PairsSettings`."""
        return frozenset(PairsSettings.model_fields)

    @staticmethod
    def card(settings: Mapping[str, str]) -> EvaluatorCard:
        """Describe the judge; the model and the anchors belong to its identity."""
        read = PairsSettings.read(settings)
        clips = _anchors(read)
        return EvaluatorCard(
            name="judge-pairs",
            version=VERSION,
            inputs=(Input.TITLE, Input.TOPIC, Input.VIDEO),
            metrics=(WINS, FLIPS, LONGER),
            weights=anchors_sha(clips) if clips else "",
            settings=read.deciding(rubric.PAIR_RUBRIC),
            transport=read.transport(),
        )

    @staticmethod
    def missing(card: EvaluatorCard) -> list[str]:
        """A model, its key, or clips to compare with."""
        read = PairsSettings.of(card)
        return [*read.missing(), *([] if read.anchors else ["clips to compare with (anchors=DIR)"])]

    @staticmethod
    def asks(card: EvaluatorCard, topic: str) -> Asks:
        """Two requests for each anchor of the topic; both clips are shown."""
        told = PairsSettings.of(card)
        calls = 2 * len(list(for_topic(_anchors(told), topic)))
        words = str(rubric.pair((("", ()), ("", ())), topic, told.detail))
        usd = told.about_usd(words, 2 * told.frames)
        return Asks(calls, None if usd is None else calls * usd)

    def score(self, samples: Sequence[Sample]) -> Iterator[tuple[Score, ...] | AdapterError]:
        """Yield wins, flips and the share of longer titles of each sample, or why not."""
        heard = self._jury.hear([partial(self._questions, sample) for sample in samples])
        for sample, verdicts in zip(samples, heard, strict=True):
            if isinstance(verdicts, AdapterError):
                yield verdicts
            else:
                yield _scores(sample, list(self._against(sample)), verdicts)

    def _against(self, sample: Sample) -> Iterator[AnchorClip]:
        return for_topic(self._anchors, sample.query.topic)

    def _questions(self, sample: Sample) -> list[Question]:
        told = self._settings
        if sample.video is None:
            raise AdapterError("missing_input", "judge-pairs is shown a video and there is none")
        against = [self._anchors[clip] for clip in self._against(sample)]
        if not against:
            raise AdapterError("no_anchor", f"no anchor stands for topic {sample.query.topic!r}")
        frames = frames_of(sample.video, told.frames, told.size)
        mine = _Shown(rubric.visible(sample.title), frames)
        return [
            Question(rubric.pair(order, sample.query.topic, told.detail), 0)
            for other in against
            for order in _both_orders(*_levelled(mine, other, told.title_chars))
        ]


def level(one: str, two: str, longest: int) -> tuple[str, str]:
    """Two titles cut to the length of the shorter one, with an ellipsis as the last character.

    Never below `PairsSettings.SHORTEST_TITLE` characters, and never above `longest`.
    """
    common = min(max(min(len(one), len(two)), PairsSettings.SHORTEST_TITLE), longest)
    return _cut(one, common), _cut(two, common)


def _cut(title: str, length: int) -> str:
    return title if len(title) <= length else title[: length - 1] + "\u2026"


def _levelled(one: _Shown, two: _Shown, longest: int) -> tuple[_Shown, _Shown]:
    first, second = level(one.title, two.title, longest)
    return _Shown(first, one.frames), _Shown(second, two.frames)


def _both_orders(one: _Shown, two: _Shown) -> tuple[tuple[_Shown, _Shown], tuple[_Shown, _Shown]]:
    return (one, two), (two, one)


def _anchors(settings: PairsSettings) -> tuple[AnchorClip, ...]:
    return read_anchors(settings.anchors) if settings.anchors else ()


def _unchanged(settings: PairsSettings, weights: str) -> tuple[AnchorClip, ...]:
    """The anchors that the card was made from; a worker may start long after that."""
    try:
        clips = _anchors(settings)
    except UsageError as error:
        raise AdapterError("unusable", f"judge-pairs: {error}") from error
    if anchors_sha(clips) != weights:
        raise AdapterError("unusable", "judge-pairs: the anchors changed since the run began")
    return clips


def _scores(
    sample: Sample, anchors: Sequence[AnchorClip], heard: Heard[Choice]
) -> tuple[Score, ...]:
    """The verdicts stand two by two: the sample shown first, then second."""
    winners = [choice.winner for choice in heard.verdicts]
    ahead = [winner == "first" for winner in winners[::2]]
    behind = [winner == "second" for winner in winners[1::2]]
    flips = [one != two for one, two in zip(ahead, behind, strict=True)]
    longer = [
        _fell_on_longer(sample.title, anchor.title, won=won)
        for anchor, *both in zip(anchors, ahead, behind, strict=True)
        for won in both
    ]
    members = fmean(ahead), fmean(behind)
    return (  # the cost stands once: it bought all three
        Score(metric=WINS.name, value=fmean(members), members=members, cost_usd=heard.cost_usd),
        Score(metric=FLIPS.name, value=fmean(flips)),
        Score(metric=LONGER.name, value=fmean(longer)),
    )


def _fell_on_longer(title: str, other: str, *, won: bool) -> float:
    mine, theirs = len(rubric.visible(title)), len(rubric.visible(other))
    if mine == theirs:
        return _HALF
    return float(won == (mine > theirs))
