"""How well titles are told from those that people write."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np
import pytest
from polars import DataFrame

from popcorn_bench.evaluators.popularity import Popularity
from popcorn_bench.evaluators.protocol import Sample, Shifted
from popcorn_bench.generators.llm.baselines import write
from popcorn_bench.types import Kind, Query

TOPICS = ("anime", "food", "life hacks", "film", "games")


def sample(title: str, topic: str) -> Sample:
    return Sample(query=Query(id="q", text="q", kind=Kind.CONCRETE, topic=topic), title=title)


def written(baseline: str) -> list[Sample]:
    """What a baseline makes of queries."""
    subjects = ("a cat that plays chess", "the best street noodles", "why we fear the dark")
    queries = [f"{subject} in {place}" for subject in subjects for place in PLACES]
    titles = [json.loads(write(baseline, query, 0, 50))["title"] for query in queries]
    return [sample(title, TOPICS[i % 5]) for i, title in enumerate(titles)]


PLACES = ("Rome", "space", "a small kitchen", "the rain", "winter", "1999", "a library", "a dream")


def test_a_predictor_can_tell(predictor: Popularity) -> None:
    assert isinstance(predictor, Shifted)


@pytest.mark.parametrize("baseline", ["echo", "template"])
def test_baselines_do_not_write_like_people(predictor: Popularity, baseline: str) -> None:
    found = predictor.shift(written(baseline))
    assert found is not None
    assert found.auc > 0.8
    assert (found.n, found.n_human) == (24, 72)
    assert predictor.shift(written(baseline)) == found


def test_too_few_titles_are_not_judged(predictor: Popularity) -> None:
    assert predictor.shift(written("echo")[:19]) is None
    assert predictor.shift([]) is None


def test_topics_without_human_titles_are_compared_with_all(predictor: Popularity) -> None:
    strange = [sample(s.title, "quantum gardening") for s in written("echo")]
    found = predictor.shift(strange)
    assert found is not None
    assert found.n_human >= 20


@pytest.mark.shared
def test_people_write_like_people(predictor: Popularity, held_out: DataFrame) -> None:
    others = np.random.default_rng(0).permutation(len(held_out))[1000:]  # not in the reference
    rows = held_out[others.tolist()]
    pairs: Sequence[tuple[str, str]] = list(zip(rows["title"], rows["category"], strict=True))
    found = predictor.shift([sample(*pair) for pair in pairs])
    assert found is not None
    assert 0.45 < found.auc < 0.55


@pytest.mark.shared
def test_the_reference_holds_numbers_and_no_ids(predictor: Popularity, held_out: DataFrame) -> None:
    table = predictor._model.reference
    assert table.shape[0] == 1000
    assert np.isfinite(table).all()
    ids = np.sort(held_out["id"].to_numpy())
    assert not any(np.isin(column, ids).all() for column in table.T if column.max() > 1000)
