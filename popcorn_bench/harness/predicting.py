"""What a popularity predictor says of titles: scores, what moved them, and who is near."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import islice
from math import log2
from pathlib import Path
from typing import TYPE_CHECKING, cast

from popcorn_bench.errors import UsageError, did_you_mean
from popcorn_bench.evaluators.catalog import evaluator_class
from popcorn_bench.evaluators.measures.topics import OTHERS, TOPICS, category_of
from popcorn_bench.evaluators.popularity.evaluator import model_card
from popcorn_bench.harness.titlefile import Titled
from popcorn_bench.tasks.corpora.catalog import MICROLENS, CorpusCatalog

if TYPE_CHECKING:
    from popcorn_bench.evaluators.measures.accuracy import Accuracy
    from popcorn_bench.evaluators.popularity import Popularity
    from popcorn_bench.evaluators.popularity.evaluator import Judged, Moved

_BATCH = 4096  # titles at once: what is in memory of a file
_REMEMBERED = 4096  # topics whose category is kept
_DIGITS = 6
_TOLD = 5  # unknown topics that are named


@dataclass(frozen=True, slots=True)
class Prediction:
    """Predicted log2(comments) of a title as a human video of its category.

    `low` and `high` bound the 90 % interval; `percentile` (0..100) is the place among human videos
    of `category`, the one that the title was judged in.
    """

    id: str
    score: float
    low: float
    high: float
    percentile: float
    category: str


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A human video with a title near the one asked about; `similarity` is in 0..1."""

    id: str
    title: str
    category: str
    comments: int | None
    similarity: float


@dataclass(frozen=True, slots=True)
class Explained:
    """A prediction with its reasons; `neighbours` is None where no corpus is at hand."""

    title: str
    prediction: Prediction
    moved: tuple[Moved, ...]
    neighbours: tuple[Neighbour, ...] | None


class Predictor:
    """A popularity predictor; the model is loaded when the first title is scored.

    Args:
        name: of the evaluator.
        model: a file that the user trained; the shipped one where it is None.

    Raises:
        UsageError: for an evaluator that this machine cannot run, or a model that does not fit.
    """

    def __init__(self, name: str, model: Path | None = None) -> None:
        kind = evaluator_class(name)
        self._card = kind.card({} if model is None else {"model": str(model)})
        if lacking := kind.missing(self._card):
            raise UsageError(f"--evaluator: {name} needs {'; '.join(lacking)}")
        self._anchored = {anchor.topic for anchor in self._card.anchors}
        found = model_card(self._card)
        self._interval = found.interval
        self.category = lru_cache(_REMEMBERED)(lambda topic: category_of(topic, found.categories))

    @cached_property
    def _model(self) -> Popularity:
        return cast("Popularity", evaluator_class(self._card.name)(self._card, "cpu"))

    def predict(self, rows: Iterable[Titled]) -> Iterator[tuple[list[Titled], list[Prediction]]]:
        """Predict in batches, each with the rows that it is for."""
        left = iter(rows)
        while batch := list(islice(left, _BATCH)):
            yield batch, self._judge(batch)

    def explain(self, row: Titled, corpus: NeighbourCorpus | None) -> Explained:
        """Predict for one title, with what moved the score most and its human neighbours."""
        (prediction,) = self._judge([row])
        category = prediction.category
        return Explained(
            title=row.title,
            prediction=prediction,
            moved=tuple(self._model.explain(row.title, category)),
            neighbours=None if corpus is None else corpus.near(self._model, row.title, category),
        )

    def compared_with(self, category: str) -> str:
        """Whose human videos a percentile is among: of the category, or of all."""
        known = category != OTHERS and category in self._anchored
        return category if known else "all categories"

    def established(self, category: str) -> bool:
        """Whether it was measured how well intervals of the category hold."""
        return self._interval.established(category)

    def suggest(self, topic: str) -> str:
        """A hint for a topic that is not known."""
        return did_you_mean(topic, {*TOPICS, *self._anchored} - {"*"})

    def unknown(self, topic: str) -> bool:
        """Whether a topic is judged as `OTHERS` for want of a category of its own."""
        return self.category(topic) == OTHERS and topic.strip().lower() != OTHERS.lower()

    def _judge(self, rows: Sequence[Titled]) -> list[Prediction]:
        categories = [self.category(row.category) for row in rows]
        found = self._model.judge([row.title for row in rows], categories)
        return [
            _prediction(row.id, said, category)
            for row, said, category in zip(rows, found, categories, strict=True)
        ]


def _prediction(key: str, said: Judged, category: str) -> Prediction:
    return Prediction(
        id=key,
        score=round(said.score, _DIGITS),
        low=round(said.low, _DIGITS),
        high=round(said.high, _DIGITS),
        percentile=round(said.percentile, 2),
        category=category,
    )


class NeighbourCorpus:
    """Human videos to find neighbours among.

    Args:
        folder: the files of MicroLens-100k.
        k: how many neighbours.

    Raises:
        UsageError: for a folder that holds no such corpus.
    """

    def __init__(self, folder: Path, k: int) -> None:
        frame = CorpusCatalog().load(MICROLENS, folder).frame
        self._rows = list(frame.select("id", "title", "category", "comments").iter_rows())
        self._titles = [row[1] for row in self._rows]
        self._categories = [row[2] for row in self._rows]
        self._k = k

    def near(self, model: Popularity, title: str, category: str) -> tuple[Neighbour, ...]:
        """The k nearest as the predictor sees them, the nearest first."""
        found = model.neighbours(self._titles, self._categories, title, category, self._k)
        return tuple(
            Neighbour(key, name, group, comments, similarity)
            for index, similarity in found
            for key, name, group, comments in [self._rows[index]]
        )


@dataclass(slots=True)
class Unknown:
    """Topics that have no category: how many rows, and the first few topics by their number."""

    rows: int = 0
    topics: Counter[str] = field(default_factory=Counter)

    def add(self, topic: str) -> None:
        """Count a row."""
        self.rows += 1
        if topic in self.topics or len(self.topics) < _TOLD:
            self.topics[topic] += 1


@dataclass(slots=True)
class Checked:
    """What a file holds, once it was found right.

    `unmeasured` are the categories of which nobody knows how well their intervals hold.
    """

    rows: int = 0
    unknown: Unknown = field(default_factory=Unknown)
    unmeasured: set[str] = field(default_factory=set)


def check(rows: Iterable[Titled], predictor: Predictor) -> Checked:
    """Go through all rows before anything is said about one; what is wrong is raised."""
    found = Checked()
    for row in rows:
        found.rows += 1
        if predictor.unknown(row.category):
            found.unknown.add(row.category)
        if not predictor.established(category := predictor.category(row.category)):
            found.unmeasured.add(category)
    return found


class Measured:
    """Labels beside scores: 16 bytes a row, so that figures are over the whole set."""

    def __init__(self) -> None:
        self._labels, self._scores = array("d"), array("d")

    def add(self, rows: Sequence[Titled], found: Sequence[Prediction]) -> None:
        """Take the rows that have a label, log2 of their comments."""
        for row, prediction in zip(rows, found, strict=True):
            if row.comments is not None:
                self._labels.append(log2(row.comments))
                self._scores.append(prediction.score)

    def accuracy(self) -> Accuracy | None:
        """The figures; None where no row has a label."""
        import numpy as np

        from popcorn_bench.evaluators.measures.accuracy import accuracy

        if not self._labels:
            return None
        return accuracy(np.asarray(self._labels), np.asarray(self._scores))
