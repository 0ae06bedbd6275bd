"""What a metric hangs on, in words and as a table."""

from __future__ import annotations

from popcorn_bench.leaderboard import text
from popcorn_bench.leaderboard.catalog import MetricCard
from popcorn_bench.leaderboard.trust.block import Block
from popcorn_bench.leaderboard.trust.probe_words import sentence
from popcorn_bench.leaderboard.trust.probes import ProbeEffect


def probe_block(effects: tuple[ProbeEffect, ...], card: MetricCard) -> Block:
    """What the metric hangs on, a row per probe."""
    heads = ("Probe", "Samples", "As it is", "Altered", "Change", "Share of score", "What it says")
    lines = tuple(_line(effect, card) for effect in effects)
    rows = tuple(_cells(effect, card) for effect in effects)
    return Block("Altered inputs", lines, heads, rows, words=(6,), said_in_table=True)


def _line(effect: ProbeEffect, card: MetricCard) -> str:
    name = _name(effect)
    said = sentence(effect, card.direction)
    if effect.change is None:
        return f"{name}: refused. {said}"
    return f"{name}: {_change(effect)}{_share(effect)}{_refused(effect)}. {said}"


def _cells(effect: ProbeEffect, card: MetricCard) -> tuple[str, ...]:
    said = sentence(effect, card.direction)
    if effect.change is None:
        nothing = text.NOTHING
        return _name(effect), f"{effect.refused:,}", nothing, "refused", nothing, nothing, said
    margin = _margin(effect)
    return (
        _name(effect),
        f"{effect.n:,}{_refused(effect)}",
        text.score(effect.original, margin),
        text.score(effect.altered, margin),
        _change(effect),
        text.percent(effect.share),
        said,
    )


def _share(effect: ProbeEffect) -> str:
    if effect.share is None:
        return ""
    if effect.share < 0:
        return f", adds {text.percent(-effect.share)} to the score"
    return f", {text.percent(effect.share)} of the score"


def _name(effect: ProbeEffect) -> str:
    return text.clean(effect.probe.replace("_", " "))


def _refused(effect: ProbeEffect) -> str:
    return f", {effect.refused:,} refused" if effect.refused else ""


def _change(effect: ProbeEffect) -> str:
    margin = _margin(effect)
    digits = text.decimals(margin)
    known = "" if margin is None else f" ±{margin:,.{digits}f}"
    return f"{effect.change:+,.{digits}f}{known}"


def _margin(effect: ProbeEffect) -> float | None:
    if effect.ci_high is None or effect.change is None:
        return None
    return effect.ci_high - effect.change
