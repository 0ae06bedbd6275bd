"""The evaluator's card, from the predictor's: what the harness and the board are told of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from popcorn_bench.evaluators.popularity.card import Accuracy, AnchorTable, Card
from popcorn_bench.evaluators.popularity.topics import OTHERS, TOPICS
from popcorn_bench.types import JSON, Anchor, Direction, EvaluatorCard, Input, Metric

INPUTS: Final = (Input.TITLE, Input.TOPIC)
_EVERY: Final = "*"


def evaluator_card(card: Card) -> EvaluatorCard:
    """Identity, human anchors by topic, and how far to trust the scores."""
    scale = metric(card.name, card.data, card.members)
    return EvaluatorCard(
        name=card.name,
        version=card.version,
        inputs=INPUTS,
        metrics=(scale,),
        weights=card.sha256,
        anchors=tuple(_anchors(card, scale.name)),
        validity=_validity(card),
    )


def metric(name: str, data: str, members: tuple[str, ...] = ()) -> Metric:
    """What the number means; `data` is what the model learned from."""
    return Metric(
        name=name.replace("-", "_"),
        description=(
            "Predicted log2 of the number of comments that a human micro-video with this title "
            f"would draw in its category, by a model trained on {data}. It "
            "reads the title and the topic and sees nothing of the video."
        ),
        direction=Direction.HIGHER,
        unit="log2(comments)",
        low=0.0,
        members=members,
    )


def table(tables: Mapping[str, AnchorTable], category: str) -> AnchorTable:
    """Human scores of a category, or of all videos.

    A topic without a category of its own is compared with all human videos: those under `Others`
    are no more like it than any, and are few.
    """
    every = tables[_EVERY]
    return every if category == OTHERS else tables.get(category, every)


def _anchors(card: Card, name: str) -> Iterator[Anchor]:
    """Anchors by topic: those of the tasks, the categories' own names, and `*` for the rest."""
    for topic, category in _topics(card).items():
        found = card.anchors[category]
        yield Anchor(
            metric=name,
            topic=topic,
            n=found.n,
            mean=found.mean,
            sd=found.sd,
            quantiles=found.quantiles,
        )


def _topics(card: Card) -> dict[str, str]:
    """Category by topic, where human scores are known."""
    named = {topic: category for topic, category in TOPICS.items() if category in card.anchors}
    return named | {category: category for category in card.anchors if category != OTHERS}


def _validity(card: Card) -> dict[str, JSON]:
    interval = card.interval
    return {
        **_figures(card.valid),
        "sha256": card.sha256,
        "interval": {
            "level": interval.level,
            "label": interval.label,
            "coverage": interval.coverage,
        },
        "by_topic": {
            topic: _figures(card.valid_by_category[category])
            | {
                "coverage": interval.by_category[category].coverage,
                "halfwidth": interval.by_category[category].half_width,
            }
            for topic, category in _topics(card).items()
            if category in card.valid_by_category
        },
    }


def _figures(found: Accuracy) -> dict[str, JSON]:
    return {
        "n": found.n,
        "src": found.src,
        "nmse": found.nmse,
        "mae": found.mae,
        "slope": found.slope,
        "intercept": found.intercept,
    }
