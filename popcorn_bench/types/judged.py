"""What scores, and what it says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite

from popcorn_bench.types.basics import JSON, Direction, Input


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """What a number means: unit, range and which way is better.

    `members` name the parts of an ensemble, or the repeats, whose own values come with a score.
    """

    name: str
    description: str
    direction: Direction
    unit: str = ""
    low: float | None = None
    high: float | None = None
    members: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """Scores of held-out human videos of one topic under the same evaluator.

    `quantiles` are the 101 percentiles 0..100 of those scores. Topic `*` stands for all.
    """

    metric: str
    topic: str
    n: int
    mean: float
    sd: float
    quantiles: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluatorCard:
    """The identity of an evaluator: `inputs` say what its metrics can see.

    `weights` is the sha256 of the trained part, empty where there is none. `settings` are those
    that decide its scores; `transport` are those that only decide how they are made: they are part
    of no key and are not recorded. `validity` is what is known of how far to trust it: plain data
    for the board, keyed as docs/trust.md says.
    """

    name: str
    version: str
    inputs: tuple[Input, ...]
    metrics: tuple[Metric, ...]
    weights: str = ""
    settings: Mapping[str, JSON] = field(default_factory=dict)
    anchors: tuple[Anchor, ...] = ()
    validity: Mapping[str, JSON] = field(default_factory=dict)
    transport: Mapping[str, JSON] = field(default_factory=dict)

    @property
    def sees_video(self) -> bool:
        """Whether its scores may rank video generators."""
        return Input.VIDEO in self.inputs


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """A finite float; `percentile` (0..100) is its place among human videos of the topic.

    `low` and `high` bound the 90 % interval in which the label of a human video with this score
    lies. `members` are the values of the metric's members, in their order. `cost_usd` is what the
    score cost, None where nothing was paid or the price is unknown.
    """

    metric: str
    value: float
    percentile: float | None = None
    low: float | None = None
    high: float | None = None
    members: tuple[float, ...] = ()
    cost_usd: float | None = None

    def __post_init__(self) -> None:
        beside = (self.percentile, self.low, self.high, self.cost_usd)
        given = (self.value, *self.members, *(n for n in beside if n is not None))
        if not all(map(isfinite, given)):
            raise ValueError(f"score {self.metric} has {given}, not all finite numbers")


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """What an alteration of the input does to a metric, over `n` samples scored both ways.

    `original` and `altered` are means over the same samples; `se` is the standard error of their
    difference, None with fewer than two. `refused` counts samples that a run gives no score once
    they are altered; what the evaluator itself would give them is in `altered` all the same.
    """

    metric: str
    name: str
    n: int
    refused: int
    original: float | None = None
    altered: float | None = None
    se: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """How well a classifier tells generated inputs from the human ones that a predictor knows.

    `auc` is by cross-validation: 0.5 when they look alike, 1 when they never do. `n` and `n_human`
    count the inputs of each side.
    """

    auc: float
    n: int
    n_human: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """What was found out about an evaluator on the inputs of one run."""

    probes: tuple[Probe, ...] = ()
    shift: Shift | None = None
