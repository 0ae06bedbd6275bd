"""The predictor card in words and as a table."""

from __future__ import annotations

from collections.abc import Iterator

from popcorn_bench.leaderboard import text
from popcorn_bench.leaderboard.catalog import MetricCard
from popcorn_bench.leaderboard.trust.block import Block, fixed
from popcorn_bench.leaderboard.trust.model import Trust
from popcorn_bench.leaderboard.trust.validity.read import TopicValidity, Validity


def validity_block(trust: Trust, known: Validity, card: MetricCard) -> Block:
    """Held-out figures over all topics and for those of the task."""
    heads = ("Topic", "n", "SRC", "nMSE", "MAE", "Slope", "Intercept", "Coverage")
    every = known.interval.coverage if known.interval else None
    rows = [("all topics", *_figures(known, every))]
    rows += [(text.clean(name), *_figures(t, t.coverage)) for name, t in trust.topics.items()]
    lines = tuple(_lines(trust, known, card))
    return Block("Held-out human videos", lines, heads, tuple(rows), of_evaluator=True)


def _lines(trust: Trust, known: Validity, card: MetricCard) -> Iterator[str]:
    n = f" on {known.n:,} held-out human videos" if known.n else ""
    unit = f" {card.unit}" if card.unit else ""
    predictor = f"; predictor {known.identity}" if known.sha256 else ""
    yield text.clean(
        f"SRC {fixed(known.src)}, nMSE {fixed(known.nmse)}, MAE {fixed(known.mae)}{unit}{n}; "
        f"calibration slope {fixed(known.slope, 2)}, intercept {fixed(known.intercept, 2)}"
        f"{predictor}."
    )
    if interval := known.interval:
        level = "Intervals" if interval.level is None else f"{interval.level:.0%} intervals"
        label = f", {interval.label}" if interval.label else ""
        yield text.clean(
            f"{level} hold {text.percent(interval.coverage)} of held-out labels{label}."
        )
    ranked = sorted((t.src, name) for name, t in trust.topics.items() if t.src is not None)
    if len(ranked) > 1:
        (low, worst), (high, best) = ranked[0], ranked[-1]
        yield text.clean(f"SRC by topic from {fixed(low)} ({worst}) to {fixed(high)} ({best}).")


def _figures(known: Validity | TopicValidity, coverage: float | None) -> tuple[str, ...]:
    n = text.NOTHING if known.n is None else f"{known.n:,}"
    errors = (fixed(known.src), fixed(known.nmse), fixed(known.mae))
    line = (fixed(known.slope, 2), fixed(known.intercept, 2))
    return n, *errors, *line, text.percent(coverage)
