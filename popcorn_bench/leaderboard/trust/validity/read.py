"""The predictor card: how a metric did on human videos that it had not seen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pydantic import BaseModel, ConfigDict, FiniteFloat, ValidationError

_SHORT = 12


class _Known(BaseModel):
    """What an evaluator's card may say; keys of a later version are passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)


class TopicValidity(_Known):
    """Held-out figures of one topic.

    `src` is Spearman's rank correlation, `nmse` the mean squared error over the variance of the
    labels, `mae` the mean absolute error in the metric's unit. `slope` and `intercept` are those of
    label on prediction (1 and 0 are calibrated). `coverage` (0..1) is the share of labels inside
    their interval, `halfwidth` half of that interval in the metric's unit.
    """

    n: int | None = None
    src: FiniteFloat | None = None
    nmse: FiniteFloat | None = None
    mae: FiniteFloat | None = None
    slope: FiniteFloat | None = None
    intercept: FiniteFloat | None = None
    coverage: FiniteFloat | None = None
    halfwidth: FiniteFloat | None = None


class Interval(_Known):
    """The interval of a single score: its level, what it is valid for, and its coverage."""

    level: FiniteFloat | None = None
    label: str = ""
    coverage: FiniteFloat | None = None


class Validity(_Known):
    """Held-out figures of a predictor over all topics and by topic (see `docs/trust.md`)."""

    n: int | None = None
    src: FiniteFloat | None = None
    nmse: FiniteFloat | None = None
    mae: FiniteFloat | None = None
    slope: FiniteFloat | None = None
    intercept: FiniteFloat | None = None
    sha256: str = ""
    interval: Interval | None = None
    by_topic: Mapping[str, TopicValidity] = {}

    def of_topics(self, topics: Iterable[str]) -> dict[str, TopicValidity]:
        """The figures of those topics that have any, in order of their names."""
        return {topic: self.by_topic[topic] for topic in sorted(set(topics) & set(self.by_topic))}

    @property
    def identity(self) -> str:
        """The start of the predictor's sha256."""
        return self.sha256[:_SHORT]


def read_validity(document: str | None) -> Validity | None:
    """Read what an evaluator's card holds; None where it says nothing that can be read."""
    try:
        found = Validity.model_validate_json(document or "{}")
    except ValidationError:
        return None
    return None if found == Validity() else found
