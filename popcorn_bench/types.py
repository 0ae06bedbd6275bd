"""The vocabulary of popcorn-bench: frozen, typed values without I/O.

Every other module speaks in these words. Mappings inside a value are treated as read-only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from math import isfinite
from typing import NamedTuple, TypeAlias

JSON: TypeAlias = "bool | int | float | str | Sequence[JSON] | Mapping[str, JSON] | None"


MAX_SEED = 2**63 - 1  # what every part of the store can hold


class Kind(StrEnum):
    """What a query asks for: a named subject, or a theme, comparison or idea."""

    CONCRETE = "concrete"
    ABSTRACT = "abstract"


class Stage(StrEnum):
    """The stages of a run, in their order."""

    BRIEF = "brief"
    COVER = "cover"
    VIDEO = "video"
    SCORE = "score"
    AUDIT = "audit"


class Input(StrEnum):
    """What an evaluator may declare that it reads."""

    TITLE = "title"
    TOPIC = "topic"
    QUERY = "query"
    COVER = "cover"
    VIDEO = "video"


class Direction(StrEnum):
    """Which way a metric is better; `NONE` marks a description that ranks nobody."""

    HIGHER = "higher"
    LOWER = "lower"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """One user request. `id` is unique within its task."""

    id: str
    text: str
    kind: Kind
    topic: str
    metadata: Mapping[str, JSON] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Message:
    """One chat message; `role` is `system`, `user` or `assistant`."""

    role: str
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mode:
    """How an LLM is prompted, by its name on the board and all that decides the prompt.

    `settings` is empty for a mode that only has its template (the task holds that); for prompt
    enhancement it holds what is retrieved, how, and from which corpus.
    """

    name: str
    settings: Mapping[str, JSON] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class BriefRules:
    """What an answer is held to.

    `title_max` is in characters. `example_titles` stand in the task's prompt as an example of the
    form; an answer that repeats one has not answered the query.
    """

    title_max: int = 50
    example_titles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LLM:
    """A named language model with everything that decides what it answers.

    `model` is the LiteLLM string. `params` go into the request (temperature, api_base, ...);
    a secret is never among them.
    """

    name: str
    model: str
    params: Mapping[str, JSON] = field(default_factory=dict)
    family: str = ""
    version: str = ""
    release_date: str = ""
    baseline: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Tokens of one call."""

    prompt_tokens: int = 0
    completion_tokens: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """What an LLM returned for a query.

    `breaches` names rules of the task that the answer broke without becoming useless
    (for example `title_too_long`). `reasoning` is what the model said before its answer, or what
    the API gave of its thinking. `references` are ids of the corpus rows that it was shown, and
    `copying` (0..1) is the largest similarity of its title to one of theirs. `cost_usd` is None
    where the price is unknown.
    """

    title: str
    cover_prompt: str
    video_prompt: str
    raw: str = ""
    breaches: tuple[str, ...] = ()
    reasoning: str = ""
    references: tuple[str, ...] = ()
    copying: float | None = None
    usage: Usage = Usage()
    cost_usd: float | None = None
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Generator:
    """The identity of a video or image generator: what its artefacts depend on, and its card.

    `adapter` is a registry name; `revision` and `settings` decide the artefact together with
    prompt and seed. `hints` say how it runs on this machine (memory, folders) without deciding
    what comes out: they are no part of the identity and are not recorded.
    """

    name: str
    adapter: str
    revision: str
    settings: Mapping[str, JSON] = field(default_factory=dict)
    hints: Mapping[str, JSON] = field(default_factory=dict)
    family: str = ""
    release_date: str = ""
    licence: str = ""
    baseline: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Artefact:
    """A stored media file. `frames`, `fps` and `seconds` are 0 for a still image.

    `made_seconds`, `peak_gb` and `cost_usd` are what making it took: seconds of the device (of a
    batch its share), GPU memory, and what a provider asked; None where that is not known.
    """

    sha256: str
    suffix: str
    bytes: int
    width: int
    height: int
    frames: int = 0
    fps: float = 0.0
    seconds: float = 0.0
    codec: str = ""
    made_seconds: float | None = None
    peak_gb: float | None = None
    cost_usd: float | None = None


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
        if not isfinite(self.value):
            raise ValueError(f"score {self.metric} is {self.value}, not a finite number")


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A unit that could not be done: data, not a crash. `cost_usd` is what the attempts cost."""

    stage: Stage
    kind: str
    message: str
    attempts: int
    retriable: bool
    cost_usd: float | None = None


class Place(NamedTuple):
    """Where a unit stands in the matrix. Ids are fingerprints (see `fingerprint.py`).

    `mode` is the id of a mode. `seed` is the root seed of the run and `repeat` counts from 0;
    together with the query they give the unit's own seed. `video_id` is empty before a video
    generator has a part, and `evaluator_id` before an evaluator has.
    """

    task_id: str
    query_id: str
    llm_id: str
    mode: str
    seed: int
    repeat: int
    video_id: str = ""
    evaluator_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """One piece of work of one stage: `key` is the content address of its result."""

    stage: Stage
    place: Place
    key: str
