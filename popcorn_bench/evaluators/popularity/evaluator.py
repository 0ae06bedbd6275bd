"""`popularity` as an evaluator: title and topic in, predicted log2(comments) out."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Final

from popcorn_bench.errors import AdapterError
from popcorn_bench.evaluators.popularity.card import AnchorTable, Card, read_card, verify
from popcorn_bench.evaluators.popularity.rows import read_rows
from popcorn_bench.evaluators.popularity.settings import SHIPPED
from popcorn_bench.evaluators.popularity.topics import OTHERS, TOPICS, category_of
from popcorn_bench.evaluators.protocol import Sample
from popcorn_bench.types import Anchor, Direction, EvaluatorCard, Input, Metric, Score

if TYPE_CHECKING:
    from popcorn_bench.evaluators.popularity.blocks import Floats
    from popcorn_bench.evaluators.popularity.model import Model

_EVERY_TOPIC: Final = "*"
POPULARITY: Final = Metric(
    name="popularity",
    description=(
        "Predicted log2 of the number of comments that a human micro-video with this title would "
        "draw in its category, by a model trained on MicroLens-100k. It reads the title and the "
        "topic and sees nothing of the video."
    ),
    direction=Direction.HIGHER,
    unit="log2(comments)",
    low=0.0,
)


class Popularity:
    """The shipped predictor; its weights are held against their card when it is built."""

    max_batch = 4096

    def __init__(self) -> None:
        from popcorn_bench.evaluators.popularity.model import load

        self._card = _shipped_card()
        verify(self._card, SHIPPED)
        self._model: Model = load(SHIPPED)

    @staticmethod
    def card() -> EvaluatorCard:
        """Inputs, metric and human anchors, without loading the model."""
        shipped = _shipped_card()
        return EvaluatorCard(
            name=shipped.name,
            version=shipped.version,
            inputs=(Input.TITLE, Input.TOPIC),
            metrics=(POPULARITY,),
            weights=shipped.sha256,
            anchors=tuple(_anchors(shipped)),
        )

    @staticmethod
    def missing() -> list[str]:
        """Nothing: it is part of the core."""
        return []

    @staticmethod
    def trained_on() -> frozenset[str]:
        """See `EvaluatorClass`."""
        return read_rows(SHIPPED)

    def score(self, samples: Sequence[Sample]) -> Iterator[tuple[Score, ...] | AdapterError]:
        """One score per sample with its percentile among human videos of the topic."""
        categories = [self.category(sample.query.topic) for sample in samples]
        values = self.predict([sample.title for sample in samples], categories)
        for sample, value in zip(samples, values.tolist(), strict=True):
            place = percentile(value, self._table(sample.query.topic).quantiles)
            yield (Score(metric=POPULARITY.name, value=value, percentile=place),)

    def predict(self, titles: Sequence[str], categories: Sequence[str]) -> Floats:
        """Predicted log2(comments), [n]; `categories` are names of the corpus."""
        return self._model.predict(titles, categories)

    def category(self, topic: str) -> str:
        """The category that a topic is judged in."""
        return category_of(topic, self._card.categories)

    def _table(self, topic: str) -> AnchorTable:
        return _table(self._card.anchors, self.category(topic))


def percentile(value: float, quantiles: Sequence[float]) -> float:
    """Place of a value among 101 percentiles, 0..100; in a run of equals the middle one."""
    left, right = bisect_left(quantiles, value), bisect_right(quantiles, value)
    if left < right:
        return (left + right - 1) / 2
    if left in (0, len(quantiles)):
        return 0.0 if left == 0 else 100.0
    below, above = quantiles[left - 1], quantiles[left]
    return round(left - 1 + (value - below) / (above - below), 2)


@cache
def _shipped_card() -> Card:
    return read_card(SHIPPED)


def _anchors(card: Card) -> Iterator[Anchor]:
    """Anchors by topic: those of the tasks, the categories' own names, and `*` for the rest."""
    names = {topic: category for topic, category in TOPICS.items() if category in card.anchors}
    names |= {category: category for category in card.anchors if category != OTHERS}
    for topic, category in names.items():
        table = card.anchors[category]
        yield Anchor(
            metric=POPULARITY.name,
            topic=topic,
            n=table.n,
            mean=table.mean,
            sd=table.sd,
            quantiles=table.quantiles,
        )


def _table(tables: Mapping[str, AnchorTable], category: str) -> AnchorTable:
    """Human scores of a category, or of all videos.

    A topic without a category of its own is compared with all human videos: those under `Others`
    are no more like it than any, and are few.
    """
    return (
        tables[_EVERY_TOPIC] if category == OTHERS else tables.get(category, tables[_EVERY_TOPIC])
    )
