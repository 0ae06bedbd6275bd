"""Two runs beside each other: what counts as the same, and how noise is measured."""

from __future__ import annotations

from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from popcorn_bench.harness.probes import REPRODUCED, paired
from popcorn_bench.harness.reproduce.compare import Comparison, Rules, compare
from popcorn_bench.harness.reproduce.reading import (
    BriefPlace,
    Held,
    MediaPlace,
    Said,
    Scored,
    ScorePlace,
)
from popcorn_bench.leaderboard.trust.noise.compute import rerun_noise
from popcorn_bench.leaderboard.trust.probing.read import Audited, Probed
from popcorn_bench.types import Stage

STAGES = frozenset({Stage.BRIEF, Stage.COVER, Stage.VIDEO, Stage.SCORE})
NAMES = {"l": "an LLM", "v": "a generator"}
VALUES = st.floats(-1e3, 1e3)


def place(query: str = "q") -> BriefPlace:
    return BriefPlace("t", query, "l", "basic", 0)


def held(
    *, prompt: str = "p", sha: str = "s", key: str = "k", score: float = 1.0, query: str = "q"
) -> Held:
    return Held(
        briefs={place(query): Said("title", "cover", prompt, "raw")},
        media={MediaPlace(place(query), "video", "v"): sha},
        scores={ScorePlace(place(query), "v", "e", "m"): Scored(key, score)},
    )


def scored(values: list[float], keys: list[str]) -> Held:
    return Held(
        briefs={},
        media={},
        scores={
            ScorePlace(place(f"q{i}"), "v", "e", "m"): Scored(key, value)
            for i, (key, value) in enumerate(zip(keys, values, strict=True))
        },
    )


def rules(*exact: str, tolerance: float = 0.0) -> Rules:
    return Rules(stages=STAGES, exact=frozenset(exact), names=NAMES, tolerance=tolerance)


def differing(found: Comparison) -> set[str]:
    return {part.name for part in found.parts if part.differs}


def test_the_same_is_the_same() -> None:
    found = compare(held(), held(), rules("l", "v", "e"))

    assert [part.equal for part in found.parts] == [1, 1, 1]
    assert not differing(found)


def test_only_what_must_be_the_same_may_not_differ() -> None:
    one, other = held(), held(prompt="p", sha="other", score=2.0)

    assert differing(compare(one, other, rules())) == set()
    assert differing(compare(one, other, rules("l", "v"))) == {"a generator"}
    assert differing(compare(one, other, rules("l", "v", "e"))) == {"a generator", "e: m"}


def test_another_prompt_makes_clips_incomparable() -> None:
    found = compare(held(), held(prompt="x", sha="y", key="z", score=3.0), rules("v", "e"))
    brief, clip, score = found.parts

    assert (brief.comparable, brief.equal) == (1, 0)
    assert (clip.n, clip.comparable) == (1, 0)
    assert (score.n, score.comparable, score.gap) == (1, 0, None)
    assert score.moved == 2.0
    assert found.pairs == ()
    assert not differing(found)


def test_what_only_the_first_run_has_is_missing() -> None:
    found = compare(held(query="q"), held(query="other"), rules())

    assert [(part.n, part.missing) for part in found.parts] == [(0, 1)] * 3


def test_scores_within_the_tolerance_are_equal() -> None:
    one, other = held(score=1.0), held(score=1.001)

    assert differing(compare(one, other, rules("e"))) == {"e: m"}
    assert not differing(compare(one, other, rules("e", tolerance=0.01)))


def test_a_unit_at_two_places_is_one_measurement() -> None:
    found = compare(scored([1.0, 1.0], ["k", "k"]), scored([2.0, 2.0], ["k", "k"]), rules("e"))
    gap = found.parts[0].gap

    assert gap is not None
    assert (found.parts[0].comparable, gap.units) == (2, 1)
    assert gap.sd == pytest.approx(sqrt(0.5))


@given(st.lists(st.tuples(VALUES, VALUES), min_size=1, max_size=30))
def test_the_board_finds_the_same_noise_as_the_command(pairs: list[tuple[float, float]]) -> None:
    """Through the mean and the standard error that a probe keeps."""
    keys = [f"k{i}" for i in range(len(pairs))]
    one, other = (scored([pair[i] for pair in pairs], keys) for i in range(2))
    gap = compare(one, other, rules("e")).parts[0].gap
    probe = paired("m", REPRODUCED, pairs, 0)
    part = Audited(probe.n, probe.refused, probe.original, probe.altered, probe.se)
    (noise,) = rerun_noise({Probed(REPRODUCED, ""): [part]})

    assert gap is not None
    assert noise.n == gap.units == len(pairs)
    assert noise.sd == pytest.approx(gap.sd, abs=1e-9)
    assert gap.sd == pytest.approx(sqrt(sum((a - b) ** 2 for a, b in pairs) / (2 * len(pairs))))


def test_known_noise_is_found_again() -> None:
    """Two draws of one normal each, of standard deviation 0.3."""
    from random import Random

    random = Random(7)
    pairs = [(random.gauss(i, 0.3), random.gauss(i, 0.3)) for i in range(4000)]
    keys = [f"k{i}" for i in range(len(pairs))]
    one, other = (scored([pair[i] for pair in pairs], keys) for i in range(2))
    gap = compare(one, other, rules()).parts[0].gap

    assert gap is not None
    assert gap.sd == pytest.approx(0.3, rel=0.04)  # 3.6 standard errors of a standard deviation
