"""What a prediction has to be told with, in lines."""

from __future__ import annotations

from collections.abc import Iterator

from popcorn_bench.evaluators.measures.accuracy import Accuracy
from popcorn_bench.evaluators.measures.topics import OTHERS
from popcorn_bench.harness.predicting import Checked, Predictor


def topic_notes(topic: str, predictor: Predictor) -> Iterator[str]:
    """Of titles of one topic: that it is not known, that its interval was not measured."""
    if predictor.unknown(topic):
        yield f"unknown topic {topic!r} is judged as {OTHERS}{predictor.suggest(topic)}"
    if not predictor.established(category := predictor.category(topic)):
        yield _unmeasured({category})


def file_notes(found: Checked, predictor: Predictor) -> Iterator[str]:
    """The same of a file."""
    if found.unknown.rows:
        yield _unknown(found, predictor)
    if found.unmeasured:
        yield _unmeasured(found.unmeasured)
    if not found.rows:
        yield "the file has no rows"


def accuracy_line(figures: Accuracy) -> str:
    """The figures over the rows that have a label, and why one is undefined."""
    values = {"SRC": figures.src, "nMSE": figures.nmse, "MAE": figures.mae}
    said = ", ".join(f"{k} {'undefined' if v is None else f'{v:.4f}'}" for k, v in values.items())
    return f"{said} (n = {figures.n}{_why_undefined(figures)})"


def _unknown(found: Checked, predictor: Predictor) -> str:
    unknown = found.unknown
    named = ", ".join(f"{t[:40]!r}{predictor.suggest(t)}" for t in unknown.topics)
    rows = (
        "row of an unknown category is" if unknown.rows == 1 else "rows of unknown categories are"
    )
    return f"{unknown.rows:,} {rows} judged as {OTHERS}: {named}"


def _unmeasured(categories: set[str]) -> str:
    named = ", ".join(sorted(categories))
    return f"interval pooled over small categories, coverage not established: {named}"


def _why_undefined(figures: Accuracy) -> str:
    if figures.src is not None:
        return ""
    if figures.n == 1:
        return "; one row has no rank"
    equal = "labels" if figures.nmse is None else "scores"
    return f"; all {equal} are equal, so they have no ranks"
