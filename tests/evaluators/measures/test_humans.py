from __future__ import annotations

import numpy as np
import pytest

from popcorn_bench.evaluators.measures.humans import Humans, anchors, humans, humans_of
from popcorn_bench.evaluators.measures.topics import judged_as


def table(quantiles: list[float]) -> Humans:
    return Humans(n=2, mean=0.0, sd=1.0, quantiles=tuple(quantiles))


def test_percentile_by_hand() -> None:
    people = table([float(q) for q in range(101)])
    assert people.percentile(-1.0) == 0.0
    assert people.percentile(0.0) == 0.0
    assert people.percentile(33.0) == 33.0
    assert people.percentile(33.25) == 33.25
    assert people.percentile(100.0) == 100.0
    assert people.percentile(101.0) == 100.0
    assert table([5.0] * 101).percentile(5.0) == 50.0


def test_who_a_score_is_compared_with() -> None:
    scores = np.concatenate([np.zeros(30), np.ones(30), np.full(40, 2.0)])
    found = humans(scores, ["Music"] * 30 + ["Game"] * 30 + ["Others"] * 40)
    assert found["*"].mean == pytest.approx(1.1)
    assert humans_of(found, "Music").mean == 0.0
    assert humans_of(found, "Others") == humans_of(found, "Chess") == found["*"]
    told = {anchor.topic: anchor for anchor in anchors("m", found, judged_as(found))}
    assert told.keys() == {"*", "Game", "Music", "games", "music"}
    assert told["music"].mean == told["Music"].mean == 0.0
    assert (told["*"].metric, told["*"].n, told["*"].sd) == ("m", 100, found["*"].sd)
