"""What a probe says about a metric, in one sentence that claims no more than it shows."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from popcorn_bench.leaderboard.trust.probes import ProbeEffect
from popcorn_bench.types import Direction


class Outcome(StrEnum):
    """How the score answers to an alteration."""

    WORSE = "worse"
    BETTER = "better"
    MOVED = "moved"  # of a metric without better or worse
    SAME = "same"  # the interval of the change holds zero
    REFUSED = "refused"
    UNSURE = "unsure"  # one sample has no interval


_SAID: Final = {
    "title_shuffled": {
        Outcome.WORSE: "Part of it goes with the order of the words.",
        Outcome.BETTER: "It prefers the words in disorder, as no viewer would.",
        Outcome.MOVED: "It changes with the order of the words.",
        Outcome.SAME: "The data show no weight on the order of the words.",
    },
    "title_clickbait": {
        Outcome.WORSE: "Clickbait costs: it cannot be had by bait.",
        Outcome.BETTER: "Clickbait pays: a model could gain by bait alone.",
        Outcome.MOVED: "It changes with clickbait.",
        Outcome.SAME: "The data show no gain or loss by clickbait.",
    },
    "title_emptied": {
        Outcome.WORSE: "Part of it goes with what the title says.",
        Outcome.BETTER: "No title at all scores higher than these.",
        Outcome.MOVED: "It changes with what the title says.",
        Outcome.SAME: "The data show no weight on what the title says.",
    },
    "clip_frozen": {
        Outcome.WORSE: "Part of it goes with motion.",
        Outcome.BETTER: "A standing picture scores higher than the clip.",
        Outcome.MOVED: "It changes with motion.",
        Outcome.SAME: "The data show no weight on motion.",
    },
    "clip_blanked": {
        Outcome.WORSE: "Part of it goes with what the picture shows.",
        Outcome.BETTER: "An empty picture scores higher than the clip: it is not to be trusted.",
        Outcome.MOVED: "It changes with what the picture shows.",
        Outcome.SAME: "The data show no weight on what the picture shows.",
        Outcome.REFUSED: "Blanked clips get no score, so nothing is won by an empty picture.",
    },
}
_GENERAL: Final = {
    Outcome.WORSE: "The alteration costs.",
    Outcome.BETTER: "The alteration pays.",
    Outcome.MOVED: "It changes with the alteration.",
    Outcome.SAME: "The data show no change.",
    Outcome.REFUSED: "Altered inputs get no score.",
    Outcome.UNSURE: "Too few samples to tell.",
}


def outcome(effect: ProbeEffect, direction: Direction) -> Outcome:
    """How the metric answers, as far as the interval of the change lets one say."""
    if not effect.n:
        return Outcome.REFUSED
    if effect.change is None or effect.ci_low is None or effect.ci_high is None:
        return Outcome.UNSURE
    if effect.ci_low <= 0 <= effect.ci_high:
        return Outcome.SAME
    if direction is Direction.NONE:
        return Outcome.MOVED
    return (
        Outcome.BETTER if (effect.change > 0) == (direction is Direction.HIGHER) else Outcome.WORSE
    )


def sentence(effect: ProbeEffect, direction: Direction) -> str:
    """What the probe says of the metric."""
    found = outcome(effect, direction)
    return _SAID.get(effect.probe, {}).get(found) or _GENERAL[found]
