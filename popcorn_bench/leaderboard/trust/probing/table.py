"""The probes of a metric as lines and as a table."""

from __future__ import annotations

from collections.abc import Iterator

from popcorn_bench.leaderboard import text
from popcorn_bench.leaderboard.catalog import MetricCard
from popcorn_bench.leaderboard.trust.block import Block
from popcorn_bench.leaderboard.trust.probing.compute import ProbeEffect
from popcorn_bench.leaderboard.trust.probing.words import (
    Outcome,
    all_refused,
    outcome,
    refusal,
    sentence,
    warning,
)
from popcorn_bench.types import Direction

_DIRECTED = frozenset({Outcome.WORSE, Outcome.BETTER})


def probe_block(effects: tuple[ProbeEffect, ...], card: MetricCard) -> Block:
    """What the metric hangs on, a row per probe and generator."""
    share = "Share of score" if card.direction is not Direction.LOWER else "Way to the worst"
    heads = ("Probe", "Samples", "As it is", "Altered", "Change", share, "What it says")
    lines = tuple(line for effect in effects for line in _lines(effect, card.direction))
    rows = tuple(_cells(effect, card.direction) for effect in effects)
    return Block("Altered inputs", lines, heads, rows, words=(6,), said_in_table=True)


def _lines(effect: ProbeEffect, direction: Direction) -> Iterator[str]:
    """What happened and what that says; a warning is a line of its own."""
    yield f"{_name(effect)}: {_happened(effect, direction)}. {sentence(effect, direction)}"
    if warned := warning(effect, direction):
        yield warned


def _happened(effect: ProbeEffect, direction: Direction) -> str:
    refused = refusal(effect)
    if effect.change is None:
        return refused or "no score"
    changed = f"{_changed(effect, direction)}{f' ({refused})' if refused else ''}"
    if not all_refused(effect):
        return changed
    before, after = (text.score(x, _margin(effect)) for x in (effect.original, effect.altered))
    return f"would get {after} instead of {before}, {changed}"


def _cells(effect: ProbeEffect, direction: Direction) -> tuple[str, ...]:
    said = " ".join(filter(None, (sentence(effect, direction), warning(effect, direction))))
    if effect.change is None:
        nothing = text.NOTHING
        return _name(effect), f"{effect.refused:,}", nothing, "refused", nothing, nothing, said
    margin, refused = _margin(effect), refusal(effect)
    return (
        _name(effect),
        f"{effect.n:,}",
        text.score(effect.original, margin),
        text.score(effect.altered, margin) + (f" ({refused})" if refused else ""),
        _change(effect, direction),
        text.percent(effect.share),
        said,
    )


def _changed(effect: ProbeEffect, direction: Direction) -> str:
    """The change, and its share where a direction can be told."""
    share = "" if outcome(effect, direction) is Outcome.SAME else _share(effect, direction)
    return f"{_change(effect, direction)}{share}"


def _change(effect: ProbeEffect, direction: Direction) -> str:
    """The change in the metric's direction; with its sign where that says no more."""
    found, margin = outcome(effect, direction), _margin(effect)
    digits = text.decimals(margin)
    known = "" if margin is None else f" ±{margin:,.{digits}f}"
    change = effect.change or 0.0
    if found in _DIRECTED:
        return f"{found} by {abs(change):,.{digits}f}{known}"
    return f"{change:+,.{digits}f}{known}"


def _share(effect: ProbeEffect, direction: Direction) -> str:
    if effect.share is None:
        return ""
    size, lost = text.percent(abs(effect.share)), effect.share >= 0
    if direction is Direction.LOWER:
        return f", {size} of the way to the worst" if lost else f", {size} farther from the worst"
    return f", {size} of the score" if lost else f", adds {size} to the score"


def _name(effect: ProbeEffect) -> str:
    name = effect.probe.replace("_", " ")
    return text.clean(f"{name}, {effect.video}" if effect.video else name)


def _margin(effect: ProbeEffect) -> float | None:
    if effect.ci_high is None or effect.change is None:
        return None
    return effect.ci_high - effect.change
