"""Two runs of one plan, place by place: what is the same, and how far the rest is apart."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from math import sqrt
from typing import NamedTuple, TypeVar

from popcorn_bench.harness.reproduce.reading import Held, MediaPlace, Scored, ScorePlace
from popcorn_bench.types import Stage

P = TypeVar("P", bound=Hashable)
V = TypeVar("V")
_PROMPT = {Stage.COVER: "cover_prompt", Stage.VIDEO: "video_prompt"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """How far scores of the same inputs are apart, in the metric's unit.

    `largest` and `mean` are absolute differences over places. `sd` is the standard deviation of
    one score when the same unit is scored again, over `units` different units:
    sqrt(sum of squared differences / (2 units)), as for duplicate determinations (Dahlberg 1940).
    """

    largest: float
    mean: float
    sd: float
    units: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One maker's results of a stage.

    Of `n` places that both runs have, `comparable` had the same inputs, and `equal` of these came
    out the same. `missing` are places that only the first run has. `expected` says that all that is
    comparable should be equal. `gap` is of scores, and `moved` their mean absolute difference where
    the inputs were others (None without such).
    """

    name: str
    expected: bool
    n: int
    comparable: int
    equal: int
    missing: int
    gap: Gap | None = None
    moved: float | None = None

    @property
    def differs(self) -> bool:
        """Whether something is other than it should be."""
        return self.expected and self.equal < self.comparable


class Pair(NamedTuple):
    """One unit that was scored in both runs."""

    place: ScorePlace
    first: float
    second: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """Parts by stage, and the score pairs of different units with the same inputs."""

    stages: Mapping[Stage, tuple[Part, ...]]
    pairs: tuple[Pair, ...]

    @property
    def parts(self) -> tuple[Part, ...]:
        """All parts of all stages."""
        return tuple(part for parts in self.stages.values() for part in parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """How to compare.

    `exact` are ids of LLMs and generators, and names of evaluators, whose results should be the
    same from the same inputs; `names` are displayed names by id. Scores count as equal up to
    `tolerance`.
    """

    stages: frozenset[Stage]
    exact: frozenset[str]
    names: Mapping[str, str]
    tolerance: float = 0.0


def compare(first: Held, second: Held, rules: Rules) -> Comparison:
    """Compare what two folders hold of a run."""
    found: dict[Stage, tuple[Part, ...]] = {}
    if Stage.BRIEF in rules.stages:
        found[Stage.BRIEF] = tuple(_briefs(first, second, rules))
    for stage in (Stage.COVER, Stage.VIDEO):
        if stage in rules.stages:
            found[stage] = tuple(_media(first, second, rules, stage))
    if Stage.SCORE not in rules.stages:
        return Comparison(found, ())
    found[Stage.SCORE] = tuple(_scores(first, second, rules))
    return Comparison(found, tuple(_pairs(first.scores, second.scores)))


def _briefs(first: Held, second: Held, rules: Rules) -> Iterator[Part]:
    for llm_id, places in _grouped(first.briefs, lambda place: place.llm_id).items():
        both = [place for place in places if place in second.briefs]
        yield Part(
            name=rules.names[llm_id],
            expected=llm_id in rules.exact,
            n=len(both),
            comparable=len(both),
            equal=sum(first.briefs[place] == second.briefs[place] for place in both),
            missing=len(places) - len(both),
        )


def _media(first: Held, second: Held, rules: Rules, stage: Stage) -> Iterator[Part]:
    def same_prompt(place: MediaPlace) -> bool:
        """Generator and seed are those of the place."""
        here, there = first.briefs.get(place.brief), second.briefs.get(place.brief)
        if here is None or there is None:
            return False
        return bool(getattr(here, _PROMPT[stage]) == getattr(there, _PROMPT[stage]))

    made = [place for place in first.media if place.stage == stage]
    for video_id, places in _grouped(made, lambda place: place.video_id).items():
        both = [place for place in places if place in second.media]
        comparable = [place for place in both if same_prompt(place)]
        yield Part(
            name=rules.names[video_id],
            expected=video_id in rules.exact,
            n=len(both),
            comparable=len(comparable),
            equal=sum(first.media[place] == second.media[place] for place in comparable),
            missing=len(places) - len(both),
        )


def _scores(first: Held, second: Held, rules: Rules) -> Iterator[Part]:
    by_metric = _grouped(first.scores, lambda place: (place.evaluator, place.metric))
    for (evaluator, metric), places in by_metric.items():
        both = [place for place in places if place in second.scores]
        same, other = _split(first.scores, second.scores, both)
        yield Part(
            name=f"{evaluator}: {metric}",
            expected=evaluator in rules.exact,
            n=len(both),
            comparable=len(same),
            equal=sum(abs(pair.second - pair.first) <= rules.tolerance for pair in same),
            missing=len(places) - len(both),
            gap=_gap(same, _pairs(first.scores, second.scores, both)),
            moved=_mean([abs(pair.second - pair.first) for pair in other]),
        )


def _split(
    first: Mapping[ScorePlace, Scored], second: Mapping[ScorePlace, Scored], both: list[ScorePlace]
) -> tuple[list[Pair], list[Pair]]:
    """Pairs with the same inputs under the same evaluator, and the others."""
    same: list[Pair] = []
    other: list[Pair] = []
    for place in both:
        kept = same if first[place].key == second[place].key else other
        kept.append(Pair(place, first[place].value, second[place].value))
    return same, other


def _pairs(
    first: Mapping[ScorePlace, Scored],
    second: Mapping[ScorePlace, Scored],
    places: Iterable[ScorePlace] | None = None,
) -> Iterator[Pair]:
    """One pair per unit and metric: a score that was reused at other places is one measurement."""
    seen: set[tuple[str, str]] = set()
    for place in first if places is None else places:
        here, there = first[place], second.get(place)
        unit = here.key, place.metric
        if there is not None and there.key == here.key and unit not in seen:
            seen.add(unit)
            yield Pair(place, here.value, there.value)


def _gap(same: list[Pair], units: Iterable[Pair]) -> Gap | None:
    if not same:
        return None
    apart = [abs(pair.second - pair.first) for pair in same]
    squares = [(pair.second - pair.first) ** 2 for pair in units]
    sd = sqrt(sum(squares) / (2 * len(squares)))
    return Gap(largest=max(apart), mean=sum(apart) / len(apart), sd=sd, units=len(squares))


def _mean(values: list[float]) -> float | None:
    return sum(values) / len(values) if values else None


def _grouped(places: Iterable[P], by: Callable[[P], V]) -> dict[V, list[P]]:
    found: dict[V, list[P]] = {}
    for place in places:
        found.setdefault(by(place), []).append(place)
    return found
