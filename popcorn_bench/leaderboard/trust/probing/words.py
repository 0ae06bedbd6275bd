"""What a probe says about a metric, claiming no more than it shows."""

from __future__ import annotations

from enum import StrEnum
from math import isclose
from typing import Final

from popcorn_bench.leaderboard import text
from popcorn_bench.leaderboard.trust.probing.compute import ProbeEffect
from popcorn_bench.types import Direction

_BLANK = "clip_blanked"
_SAMPLES = {"title": ("title", "titles"), "clip": ("clip", "clips")}


class Outcome(StrEnum):
    """How the score answers to an alteration."""

    WORSE = "worse"
    BETTER = "better"
    MOVED = "moved"  # of a metric without better or worse
    SAME = "same"  # the interval of the change holds zero: not distinguishable from none
    REFUSED = "refused"
    UNSURE = "unsure"  # one sample has no interval


_SAID: Final = {
    "title_shuffled": {
        Outcome.WORSE: "Part of it goes with the order of the words.",
        Outcome.BETTER: "It prefers the words in disorder, as no viewer would.",
        Outcome.MOVED: "It changes with the order of the words.",
    },
    "title_clickbait": {
        Outcome.WORSE: "Clickbait costs: it cannot be had by bait.",
        Outcome.BETTER: "Clickbait pays: a model could gain by bait alone.",
        Outcome.MOVED: "It changes with clickbait.",
    },
    "title_emptied": {
        Outcome.WORSE: "Part of it goes with what the title says.",
        Outcome.BETTER: "No title at all does better than these.",
        Outcome.MOVED: "It changes with what the title says.",
    },
    "clip_frozen": {
        Outcome.WORSE: "Part of it goes with motion.",
        Outcome.BETTER: "A standing picture does better than the clip.",
        Outcome.MOVED: "It changes with motion.",
    },
    _BLANK: {
        Outcome.WORSE: "Part of it goes with what the picture shows.",
        Outcome.BETTER: "It does not reward what the picture shows.",
        Outcome.MOVED: "It changes with what the picture shows.",
        Outcome.REFUSED: "Blanked clips get no score, so nothing is won by an empty picture.",
    },
}
_GENERAL: Final = {
    Outcome.WORSE: "The alteration costs.",
    Outcome.BETTER: "The alteration pays.",
    Outcome.MOVED: "It changes with the alteration.",
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
    return Outcome.BETTER if _betters(effect, direction) else Outcome.WORSE


def sentence(effect: ProbeEffect, direction: Direction) -> str:
    """What the probe says of the metric."""
    found = outcome(effect, direction)
    if found is Outcome.SAME and effect.change == 0 == effect.se:
        return f"The same for each of {_samples(effect)}."
    if found is Outcome.SAME:
        return f"Not distinguishable from no change with {_samples(effect)}."
    return _SAID.get(effect.probe, {}).get(found) or _GENERAL[found]


def warning(effect: ProbeEffect, direction: Direction) -> str:
    """That a blank clip would be preferred to a clip; nothing where it would not."""
    if effect.probe != _BLANK or not _betters(effect, direction):
        return ""
    clips = f"the clips of {text.clean(effect.video)}" if effect.video else "the clips"
    kept = " Only the refusal keeps it from that." if all_refused(effect) else ""
    return f"Warning: it would prefer a blank clip to {clips}.{kept}"


def refusal(effect: ProbeEffect) -> str:
    """How many of the altered samples a run gives no score; nothing where it scores all."""
    if not effect.refused:
        return ""
    what = f"such {_nouns(effect)[1]}" if all_refused(effect) else f"{effect.refused:,}"
    return f"a run refuses {what}"


def all_refused(effect: ProbeEffect) -> bool:
    """Whether a run scores none of the altered samples, whatever the evaluator would give them."""
    return bool(effect.refused) and (
        not effect.n or (effect.probe == _BLANK and effect.refused >= effect.n)
    )


def _betters(effect: ProbeEffect, direction: Direction) -> bool:
    """Whether the altered samples do better on average, be it by chance."""
    if effect.original is None or effect.altered is None or direction is Direction.NONE:
        return False
    if isclose(effect.original, effect.altered, rel_tol=1e-9, abs_tol=1e-12):
        return False
    return (effect.altered > effect.original) == (direction is Direction.HIGHER)


def _samples(effect: ProbeEffect) -> str:
    return text.count(effect.n, *_nouns(effect))


def _nouns(effect: ProbeEffect) -> tuple[str, str]:
    """What one altered sample is called, and several."""
    return _SAMPLES.get(effect.probe.partition("_")[0], ("sample", "samples"))
