"""The trust panel of one table as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from popcorn_bench.leaderboard.trust.agreement.compute import Agreement
from popcorn_bench.leaderboard.trust.noise.compute import Noise
from popcorn_bench.leaderboard.trust.probing.compute import ProbeEffect
from popcorn_bench.leaderboard.trust.shift.read import CellShift
from popcorn_bench.leaderboard.trust.validity.read import TopicValidity, Validity


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

    `topics` are the predictor's figures for the topics of the task. `noise` is that of scoring the
    same unit again, in each way in which it was measured. `paid` says that each score is
    paid for, so that no run probes the metric by itself. `leaks` counts corpus rows per displayed
    mode that the predictor knows and the LLM may have been shown; where there are any the table is
    not ranked, and `instead` is the metric that ranks in its place ('' for none).
    """

    validity: Validity | None
    topics: Mapping[str, TopicValidity]
    agreement: Agreement | None
    shifts: tuple[ShownShift, ...]
    probes: tuple[ProbeEffect, ...]
    noise: tuple[Noise, ...]
    paid: bool
    leaks: Mapping[str, int]
    instead: str = ""
