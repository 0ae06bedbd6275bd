"""The trust panel of one table as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from popcorn_bench.leaderboard.trust.agreement import Agreement
from popcorn_bench.leaderboard.trust.probes import ProbeEffect
from popcorn_bench.leaderboard.trust.shift import CellShift
from popcorn_bench.leaderboard.trust.validity import TopicValidity, Validity


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownShift:
    """A shift under displayed names; None where it is over all of a dimension."""

    llm: str | None
    video: str | None
    mode: str | None
    shift: CellShift


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """What is known of how far to trust one metric on one task.

    `topics` are the predictor's figures for the topics of the task. `leaks` counts corpus rows per
    displayed mode that the predictor knows and the LLM may have been shown; where there are any the
    table is not ranked, and `instead` is the metric that ranks in its place ('' for none).
    """

    validity: Validity | None
    topics: Mapping[str, TopicValidity]
    agreement: Agreement | None
    shifts: tuple[ShownShift, ...]
    probes: tuple[ProbeEffect, ...]
    leaks: Mapping[str, int]
    instead: str = ""

    @property
    def empty(self) -> bool:
        """Whether nothing is known at all."""
        found = (self.validity, self.agreement, self.shifts, self.probes, self.leaks)
        return not any(found)
