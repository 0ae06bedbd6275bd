"""`mmra` as an evaluator: title, topic, frames and cover in, predicted log2(comments) out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final

from popcorn_bench.errors import AdapterError, UsageError
from popcorn_bench.evaluators.measures.humans import anchors, humans_of
from popcorn_bench.evaluators.measures.rows import read_rows
from popcorn_bench.evaluators.measures.topics import EVERY, category_of, judged_as
from popcorn_bench.evaluators.mmra.card import WEIGHTS_FILE, Card, read_card, verify
from popcorn_bench.evaluators.mmra.config import VERSION, Config, Inputs, read_config
from popcorn_bench.evaluators.protocol import Sample
from popcorn_bench.types import JSON, Direction, EvaluatorCard, Input, Metric, Score

if TYPE_CHECKING:
    from popcorn_bench.evaluators.mmra.scorer import Scorer

_BATCH: Final = 8
_EXTRA: Final = ("torch", "transformers")
_DIGITS: Final = 4  # what lies beyond depends on how clips were batched
MMRA: Final = Metric(
    name="mmra",
    description=(
        "Predicted log2 of the number of comments that a human micro-video like this would draw, "
        "by the network of MMRA (SIGIR 2024) trained on MicroLens. What it reads is named by the "
        "inputs of its card; the topic only chooses the human videos that it is compared with, "
        "unless it was trained with the category before the title."
    ),
    direction=Direction.HIGHER,
    unit="log2(comments)",
)


class Mmra:
    """A predictor that the user trained; its files are held against their card when it is built."""

    max_batch: ClassVar[int] = 64
    parallel: ClassVar[bool] = False
    num_gpus: ClassVar[float] = 1.0
    probed: ClassVar[bool] = True
    leak_free: ClassVar[str] = ""

    def __init__(self, card: EvaluatorCard, device: str) -> None:
        folder = _folder(card)
        if folder is None:
            raise UsageError("mmra needs a trained model (model=DIR)")
        from popcorn_bench.evaluators.mmra.scorer import Scorer

        self._card, self._config = read_card(folder), read_config(folder)
        verify(self._card, folder)
        self._scorer: Scorer = Scorer(folder, device, int(str(card.transport["batch"])))

    @staticmethod
    def setting_names() -> frozenset[str]:
        """The folder of a trained model, and how many clips are encoded at once."""
        return frozenset({"model", "batch"})

    @staticmethod
    def card(settings: Mapping[str, str]) -> EvaluatorCard:
        """See `EvaluatorClass`; its weights, not where they lie, identify the model."""
        transport: dict[str, JSON] = {"batch": _whole(settings.get("batch", str(_BATCH)))}
        if "model" not in settings:
            return _described(Inputs(), transport)
        folder = Path(settings["model"]).expanduser()
        if not folder.is_dir():
            raise UsageError(f"model: no such folder: {folder}")
        found, config = read_card(folder), read_config(folder)
        transport["model"] = str(folder.absolute())
        return _described(config.inputs, transport, found, config)

    @staticmethod
    def missing(card: EvaluatorCard) -> list[str]:
        """The extra, or a trained model."""
        lacks = []
        if not all(map(find_spec, _EXTRA)):
            lacks.append(
                "extra 'evaluators' not installed (pip install 'popcorn-bench[evaluators]')"
            )
        if _folder(card) is None:
            how = "`popcorn-bench train mmra --data DIR --out DIR` makes one"
            lacks.append(f"a trained model (model=DIR; {how})")
        return lacks

    @staticmethod
    def trained_on(card: EvaluatorCard) -> frozenset[str]:
        """See `EvaluatorClass`."""
        folder = _folder(card)
        return frozenset() if folder is None else read_rows(folder / WEIGHTS_FILE)

    def score(self, samples: Sequence[Sample]) -> Iterator[tuple[Score, ...] | AdapterError]:
        """One score per sample with its percentile and interval, or why there is none."""
        categories = [self._category(sample.query.topic) for sample in samples]
        values = self._scorer.score(samples, categories)
        for category, value in zip(categories, values, strict=True):
            yield value if isinstance(value, AdapterError) else (self._score(value, category),)

    def _score(self, value: float, category: str) -> Score:
        half = self._card.interval.half
        value = round(value, _DIGITS)
        return Score(
            metric=MMRA.name,
            value=value,
            percentile=humans_of(self._card.anchors, category).percentile(value),
            low=round(value - half, _DIGITS),
            high=round(value + half, _DIGITS),
        )

    def _category(self, topic: str) -> str:
        return category_of(topic, self._config.categories)


def _described(
    inputs: Inputs,
    transport: Mapping[str, JSON],
    found: Card | None = None,
    config: Config | None = None,
) -> EvaluatorCard:
    read = [Input.TITLE, Input.TOPIC]
    read += [Input.COVER] if inputs.cover else []
    read += [Input.VIDEO] if inputs.pictures else []
    topics = judged_as((*config.categories, EVERY)) if config else {}
    return EvaluatorCard(
        name=MMRA.name,
        version=VERSION,
        inputs=tuple(read),
        metrics=(MMRA,),
        weights=found.sha256 if found else "",
        anchors=tuple(anchors(MMRA.name, found.anchors, topics)) if found else (),
        validity=_validity(found, topics) if found else {},
        transport=transport,
    )


def _validity(card: Card, topics: Mapping[str, str]) -> dict[str, JSON]:
    """Held-out figures as the board reads them."""
    by_topic = {
        topic: card.valid_by_category[category].model_dump()
        for topic, category in topics.items()
        if category in card.valid_by_category
    }
    coverage = card.interval.coverage
    interval = {
        "level": card.interval.level,
        "label": "valid for videos as people make them",
        "coverage": coverage,
    }
    return {
        **card.valid.model_dump(),
        "sha256": card.sha256,
        "interval": interval,
        "by_topic": by_topic,
    }


def _folder(card: EvaluatorCard) -> Path | None:
    model = card.transport.get("model")
    return Path(str(model)) if model else None


def _whole(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) > 0):
        raise UsageError(f"batch: {text!r} is not a whole number above 0")
    return int(text)
