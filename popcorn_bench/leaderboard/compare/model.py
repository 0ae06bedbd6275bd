"""A comparison as values: what every way out of it reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from popcorn_bench.leaderboard.catalog import MetricCard
from popcorn_bench.leaderboard.statistics.gate import Judgement, Verdict
from popcorn_bench.leaderboard.statistics.interval import CONFIDENCE

DIMENSIONS = ("llm", "video", "mode", "task", "kind", "topic")
EXIT_CODES = {
    Verdict.IMPROVED: 0,
    Verdict.EQUIVALENT: 0,
    Verdict.NON_INFERIOR: 0,
    Verdict.INCONCLUSIVE: 3,
    Verdict.REGRESSED: 4,
    Verdict.NOT_COMPARABLE: 5,
}


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that makes the two sides unlike besides what is compared.

    `what` is one of `task`, `query_set`, `evaluator`, `seed`, `mode`, `llm`, `video`, `cells`,
    `coverage`, `leakage`; `text` says it in words.
    """

    what: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """One side as it is shown; the names are those that are compared."""

    label: str
    tasks: tuple[str, ...]
    llms: tuple[str, ...]
    videos: tuple[str, ...]
    modes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Delta:
    """What B changes over A within queries; positive is better, whatever the metric's direction.

    `dimension` and `value` name the part ('' for all). `mean_a`, `mean_b` are in the metric's own
    scale, over the `n` queries that are complete on both sides; `n_dropped` others have some
    score. `p` is the paired t test's, `p_regression` the one-sided one of "no loss"; `p_holm` and
    `p_regression_holm` are adjusted over all parts of the comparison. `share_improved` (0..1)
    counts queries that got better. All are None where nothing is shared.
    """

    dimension: str
    value: str
    n: int
    n_dropped: int
    mean_a: float | None
    mean_b: float | None
    delta: float | None
    se: float | None
    ci_low: float | None
    ci_high: float | None
    p: float | None
    p_holm: float | None
    p_regression: float | None
    p_regression_holm: float | None
    hedges_gz: float | None
    share_improved: float | None


@dataclass(frozen=True, slots=True)
class Checks:
    """p of the overall change by tests that assume less than the t test."""

    sign_flip: float
    wilcoxon: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What one side made of a query; None where it is not there."""

    score: float
    title: str | None
    video: Path | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mover:
    """A query that moved much: its `delta` over all columns.

    `a` and `b` are of the cell that moved most the same way, named by `llm`, `video` and `mode`.
    """

    task: str
    query_id: str
    text: str
    kind: str
    topic: str
    delta: float
    llm: str
    video: str
    mode: str
    a: Sample
    b: Sample


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """B against A, the baseline.

    `overall` is None where nothing is shared. `judgement` is there where a margin was given and
    two complete queries are; `verdict` is then its word, or `not_comparable` where a gate found
    `differences` or nothing is shared, and None without a margin. `baselines` were on both sides
    and are left out.
    """

    a: Party
    b: Party
    metric: str
    evaluator: str
    card: MetricCard | None
    differences: tuple[Difference, ...]
    overall: Delta | None
    checks: Checks | None
    slices: tuple[Delta, ...]
    movers: tuple[Mover, ...]
    gate: bool
    margin: float | None
    judgement: Judgement | None
    verdict: Verdict | None
    baselines: tuple[str, ...] = ()

    @property
    def worse(self) -> tuple[Delta, ...]:
        """The parts that got worse for sure, after correction, whatever the whole did."""
        return tuple(
            part
            for part in self.slices
            if part.p_regression_holm is not None and part.p_regression_holm < 1 - CONFIDENCE
        )

    @property
    def exit_code(self) -> int:
        """0 without a gate; else what the verdict means."""
        return EXIT_CODES[self.verdict] if self.gate and self.verdict else 0

    def by_dimension(self) -> list[tuple[str, Sequence[Delta]]]:
        """The parts of each dimension that has several."""
        found = [(name, [s for s in self.slices if s.dimension == name]) for name in DIMENSIONS]
        return [(name, parts) for name, parts in found if parts]
