"""The evaluator's card, from the predictor's: what the harness and the board are told of it."""

from __future__ import annotations

from typing import Final

from popcorn_bench.evaluators.measures.humans import anchors
from popcorn_bench.evaluators.measures.topics import judged_as
from popcorn_bench.evaluators.popularity.card import Card
from popcorn_bench.evaluators.popularity.settings import VERSION
from popcorn_bench.types import JSON, Direction, EvaluatorCard, Input, Metric

INPUTS: Final = (Input.TITLE, Input.TOPIC)


def evaluator_card(card: Card) -> EvaluatorCard:
    """Identity, human anchors by topic, and how far to trust the scores."""
    scale = metric(card.name, card.data, card.members)
    return EvaluatorCard(
        name=card.name,
        version=VERSION,
        inputs=INPUTS,
        metrics=(scale,),
        weights=card.sha256,
        anchors=tuple(anchors(scale.name, card.anchors, judged_as(card.anchors))),
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


def _validity(card: Card) -> dict[str, JSON]:
    interval = card.interval
    return {
        **card.valid.model_dump(),
        "sha256": card.sha256,
        "interval": {
            "level": interval.level,
            "label": interval.label,
            "coverage": interval.coverage,
        },
        "by_topic": {
            topic: card.valid_by_category[category].model_dump()
            | {
                "coverage": interval.by_category[category].coverage,
                "halfwidth": interval.by_category[category].half_width,
            }
            for topic, category in judged_as(card.anchors).items()
            if category in card.valid_by_category
        },
    }
