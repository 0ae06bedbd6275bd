"""Versions of a family over time."""

from __future__ import annotations

from pathlib import Path

import pytest
from scipy import stats

from popcorn_bench.errors import UsageError
from popcorn_bench.leaderboard.compare.history import History, Line, history
from popcorn_bench.leaderboard.compare.metric import Asked
from popcorn_bench.leaderboard.compare.side import Place, Wanted
from popcorn_bench.leaderboard.statistics.paired import holm
from tests.leaderboard.compare.sides import POP, noise
from tests.leaderboard.index import Index

_DATES = {"m1": "2024-01-01", "m3": "2025-03-01", "m2": "2024-08-01"}


def _family(index: Index) -> list[str]:
    """Three versions with gains 0, 1 and 3, entered out of order, and one without scores."""
    queries = index.simple_task(10)
    index.evaluator(POP, "popularity")
    for name, released in {**_DATES, "m4": "2025-09-01"}.items():
        index.insert("llms", llm_id=f"{name}0", name=name, family="m", release_date=released)
    for name, gain, seed in (("m1", 0.0, 1), ("m2", 1.0, 2), ("m3", 3.0, 3)):
        values = [a + gain + 0.1 * b for a, b in zip(noise(0, 10), noise(seed, 10), strict=True)]
        cell = (f"{name}0", "", "basic", POP)
        index.score(cell, "popularity", dict(zip(queries, values, strict=True)))
    return queries


def _history(index: Index, *names: str, family: str = "") -> History:
    place = Place(index.connection, Path("a"))
    return history(place, Line(names=names, family=family), Wanted(), Asked())


def test_versions_stand_by_release_date_each_against_the_one_before(index: Index) -> None:
    _family(index)
    found = _history(index, family="m")
    assert [(step.label, step.released) for step in found.steps] == [
        ("m1", "2024-01-01"), ("m2", "2024-08-01"), ("m3", "2025-03-01"),
    ]  # fmt: skip
    assert (found.n, found.n_dropped, found.columns, found.without) == (10, 0, 1, ("m4",))
    first, *later = found.steps
    assert (first.gain, first.p, first.p_holm) == (None, None, None)
    assert [step.gain for step in later] == [pytest.approx(1, abs=0.1), pytest.approx(2, abs=0.1)]
    p_values = [step.p or 0.0 for step in later]
    assert [step.p_holm for step in later] == pytest.approx(holm(p_values))


def test_means_are_over_the_queries_that_all_versions_have(index: Index) -> None:
    queries = _family(index)
    index.connection.execute("DELETE FROM scores WHERE llm_id = 'm20' AND query_id = 'q004'")
    found = _history(index, family="m")
    assert (found.n, found.n_dropped) == (9, 1)
    rows = index.connection.execute(
        "SELECT score FROM scores WHERE llm_id = 'm30' AND query_id <> 'q004'"
    ).fetchall()
    values = [row[0] for row in rows]
    low, high = stats.t.interval(0.95, 8, sum(values) / 9, stats.sem(values))
    last = found.steps[-1]
    assert (last.mean, last.ci_low, last.ci_high) == pytest.approx((sum(values) / 9, low, high))
    assert len(queries) == 10


def test_named_models_and_those_without_a_date(index: Index) -> None:
    _family(index)
    index.connection.execute("UPDATE llms SET release_date = '' WHERE name = 'm1'")
    found = _history(index, "m3", "m1")
    assert [step.label for step in found.steps] == ["m3", "m1"], "without a date it stands last"
    assert found.steps[1].gain == pytest.approx(-3, abs=0.1)


def test_lower_is_better_turns_the_gain_around(index: Index) -> None:
    _family(index)
    index.connection.execute("UPDATE metrics SET direction = 'lower'")
    found = _history(index, family="m")
    assert found.steps[1].gain == pytest.approx(-1, abs=0.1)
    assert found.steps[1].mean > found.steps[0].mean, "means stay in the metric's scale"


def test_columns_that_not_all_have_are_left_out(index: Index) -> None:
    queries = _family(index)
    index.score(("m10", "", "pe", POP), "popularity", dict.fromkeys(queries, 99.0))
    found = _history(index, family="m")
    assert (found.columns, found.columns_left_out) == (1, 1)
    assert found.steps[0].mean < 50


def test_a_family_of_generators(index: Index) -> None:
    queries = index.simple_task(6)
    index.evaluator("sharp", "sharpness", inputs=("video",))
    index.evaluator(POP, "popularity")
    index.llm("a")
    for at, name in enumerate(("v1", "v2")):
        index.insert("generators", video_id=name, name=name, family="v", release_date=f"202{at}")
        values = dict(zip(queries, noise(at, 6), strict=True))
        index.score(("a", name, "basic", "sharp"), "sharpness", values)
    found = _history(index, family="v")
    assert (found.dimension, found.metric, len(found.steps)) == ("video", "sharpness", 2)


@pytest.mark.parametrize(
    ("names", "family", "message"),
    [
        ((), "mm", "no family 'mm' here (m); did you mean 'm'"),
        (("m1", "m4"), "", "needs two versions with scores, found 1"),
        (("m1", "m9"), "", "'m9' has no scores here"),
    ],
)
def test_what_cannot_be_followed_is_said(
    index: Index, names: tuple[str, ...], family: str, message: str
) -> None:
    _family(index)
    with pytest.raises(UsageError) as caught:
        _history(index, *names, family=family)
    assert message in str(caught.value)
