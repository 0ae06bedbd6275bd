"""The page of the metrics: those of every evaluator, from its card."""

from __future__ import annotations

from docs.generating.text import code, page, table
from popcorn_bench.evaluators.catalog import EVALUATORS, evaluator_class
from popcorn_bench.types import Direction, EvaluatorCard, Metric

_INTRO = """What a metric **sees** decides what it may rank: only a metric that sees the video
ranks video generators. A metric without a better is a description and ranks nobody. Ranges are
those that the evaluator declares; an open end has no bound. `popcorn-bench ls evaluators` says
which of them can run on a machine, `popcorn-bench evaluators card NAME` shows all of a card. The
`mmra` here is the default shape; a trained one sees what it was trained with."""
_BETTER = {Direction.HIGHER: "higher", Direction.LOWER: "lower", Direction.NONE: "neither"}
_PAGES = {
    "popularity": "popularity", "popularity-disjoint": "popularity", "quality": "quality",
    "alignment": "alignment", "judge": "judge", "judge-pairs": "judge", "mmra": "mmra",
}  # fmt: skip


def metrics() -> str:
    """The page."""
    names = [name for name in _PAGES if name in EVALUATORS.names()]
    cards = [evaluator_class(name).card({}) for name in names]
    return page("Metrics", _INTRO, *(_evaluator(card) for card in cards))


def _evaluator(card: EvaluatorCard) -> str:
    sees = ", ".join(f"{one}" for one in card.inputs)
    ranks = "LLMs and video generators" if card.sees_video else "LLMs, never video generators"
    head = f"## [`{card.name}`](../{_PAGES[card.name]}.md)\n"
    facts = f"Version {card.version}. Sees: {sees}. May rank: {ranks}.\n\n"
    rows = [
        (code(m.name), _BETTER[m.direction], _range(m), m.unit, m.description) for m in card.metrics
    ]
    return head + facts + table(("metric", "better", "range", "unit", "what it is"), rows)


def _range(metric: Metric) -> str:
    low, high = (("" if end is None else f"{end:g}") for end in (metric.low, metric.high))
    return f"{low} to {high}".strip() if low or high else "open"
