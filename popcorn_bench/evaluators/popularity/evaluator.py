"""`popularity` as an evaluator: title and topic in, predicted log2(comments) out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final

from popcorn_bench.errors import AdapterError, UsageError
from popcorn_bench.evaluators.measures.humans import humans_of
from popcorn_bench.evaluators.measures.topics import category_of
from popcorn_bench.evaluators.popularity.card import Card, learned_from, read_card, verify
from popcorn_bench.evaluators.popularity.settings import VERSION, model_path, shipped
from popcorn_bench.evaluators.popularity.validity import INPUTS, evaluator_card, metric
from popcorn_bench.evaluators.protocol import Sample
from popcorn_bench.types import EvaluatorCard, Score, Shift

if TYPE_CHECKING:
    from popcorn_bench.evaluators.popularity.blocks import Floats
    from popcorn_bench.evaluators.popularity.model import Model

_MODEL: Final = "model"


@dataclass(frozen=True, slots=True)
class Judged:
    """What the predictor says of a title, in log2(comments).

    `low` and `high` bound the 90 % interval of the label. `percentile` (0..100) is the place among
    human videos of the category. `members` are the predictions of the ensemble's members.
    """

    score: float
    low: float
    high: float
    percentile: float
    members: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Moved:
    """A feature of a title, and by how much it raises (or, below 0, lowers) the score.

    `effect` is in log2(comments).
    """

    feature: str
    effect: float


class Popularity:
    """A predictor, shipped or trained by the user; its weights are held against their card."""

    name: ClassVar[str] = "popularity"
    max_batch = 4096
    parallel = False
    probed = True
    leak_free = "popularity-disjoint"

    def __init__(self, card: EvaluatorCard, device: str) -> None:
        """Load; `device` is not used: it runs on the CPU."""
        from popcorn_bench.evaluators.popularity.storage import load

        del device
        path = _file(card)
        self._metric = card.metrics[0].name
        self._card = model_card(card)
        verify(self._card, path)
        if self._card.sha256 != card.weights:
            raise UsageError(f"{path}: is another model than when it was planned to be used")
        self._model: Model = load(path)

    @staticmethod
    def setting_names() -> frozenset[str]:
        """The file of a model that the user trained."""
        return frozenset({_MODEL})

    @classmethod
    def card(cls, settings: Mapping[str, str]) -> EvaluatorCard:
        """See `EvaluatorClass`; the weights of a model, not where they lie, identify it."""
        if _MODEL in settings:
            return cls._trained(model_path(Path(settings[_MODEL]).expanduser(), cls.name))
        if not shipped(cls.name).is_file():
            scale = metric(cls.name, "MicroLens-100k")
            return EvaluatorCard(name=cls.name, version=VERSION, inputs=INPUTS, metrics=(scale,))
        return evaluator_card(read_card(shipped(cls.name)))

    @classmethod
    def missing(cls, card: EvaluatorCard) -> list[str]:
        """Weights that are not there, or what they learned from."""
        path = _file(card)
        if not path.is_file():
            return [f"its weights {path.name}, which are not there"]
        try:
            cls.trained_on(card)
        except UsageError as error:
            return [f"what it learned from ({error})"]
        return []

    @classmethod
    def trained_on(cls, card: EvaluatorCard) -> frozenset[str]:
        """See `EvaluatorClass`; a model whose rows are not known is an error."""
        return learned_from(model_card(card), _file(card))

    def score(self, samples: Sequence[Sample]) -> Iterator[tuple[Score, ...] | AdapterError]:
        """One score per sample with its interval, its members and its human percentile."""
        titles, categories = self._read(samples)
        for found in self.judge(titles, categories):
            yield (
                Score(
                    metric=self._metric,
                    value=found.score,
                    percentile=found.percentile,
                    low=found.low,
                    high=found.high,
                    members=found.members,
                ),
            )

    def shift(self, samples: Sequence[Sample]) -> Shift | None:
        """See `Shifted`: against held-out human titles of the same categories."""
        from popcorn_bench.evaluators.popularity import shift

        return shift.measure(self._model, *self._read(samples))

    def predict(self, titles: Sequence[str], categories: Sequence[str]) -> Floats:
        """Predicted log2(comments), [n]; `categories` are names of the corpus."""
        return self._model.predict(titles, categories)

    def judge(self, titles: Sequence[str], categories: Sequence[str]) -> list[Judged]:
        """All that is known of n titles; `categories` are names of the corpus."""
        rows = self._model.predict_members(titles, categories).tolist()
        return [
            self._judge(score, tuple(members), category)
            for (score, *members), category in zip(rows, categories, strict=True)
        ]

    def explain(self, title: str, category: str, top: int = 8) -> list[Moved]:
        """What moved a score from the mean of human videos of the category; see `explain.py`."""
        from popcorn_bench.evaluators.popularity.explain import explain

        mean = humans_of(self._card.anchors, self._model.known(category)).mean
        return explain(self._model, title, category, mean, top)

    def neighbours(
        self,
        corpus_titles: Sequence[str],
        corpus_categories: Sequence[str],
        title: str,
        category: str,
        k: int,
    ) -> list[tuple[int, float]]:
        """Indices and similarities of the k human titles that are nearest; see `neighbours.py`."""
        from popcorn_bench.evaluators.popularity.neighbours import neighbours

        return neighbours(self._model, corpus_titles, corpus_categories, title, category, k)

    def category(self, topic: str) -> str:
        """The category that a topic is judged in."""
        return category_of(topic, self._card.categories)

    @classmethod
    def _trained(cls, path: Path) -> EvaluatorCard:
        """The card of a model that the user trained."""
        if not path.is_file():
            raise UsageError(f"model: no such file: {path}")
        found = read_card(path)
        verify(found, path)
        if found.name != cls.name:
            raise UsageError(f"model: {path} is a {found.name!r}, not a {cls.name!r}")
        return replace(evaluator_card(found), transport={_MODEL: str(path.absolute())})

    def _read(self, samples: Sequence[Sample]) -> tuple[list[str], list[str]]:
        titles = [sample.title for sample in samples]
        return titles, [self.category(sample.query.topic) for sample in samples]

    def _judge(self, score: float, members: tuple[float, ...], category: str) -> Judged:
        place = humans_of(self._card.anchors, category).percentile(score)
        width = self._card.interval.half_width(category)
        low = max(score - width, self._model.bounds[0])  # no video has fewer comments
        return Judged(score, round(low, 6), round(score + width, 6), place, members)


class PopularityDisjoint(Popularity):
    """The same, trained only on rows that are never shown to an LLM."""

    name = "popularity-disjoint"
    leak_free = ""


def model_card(card: EvaluatorCard) -> Card:
    """The card of the model behind an evaluator's card.

    Raises:
        FileError: if it is not there or does not fit this version.
    """
    return read_card(_file(card))


def _file(card: EvaluatorCard) -> Path:
    model = card.transport.get(_MODEL)
    return Path(str(model)) if model else shipped(card.name)
