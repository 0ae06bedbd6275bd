"""The trees without LightGBM are held against LightGBM itself, bit by bit."""

from __future__ import annotations

import re

import numpy as np
import pytest
from lightgbm import Booster

from popcorn_bench.evaluators.popularity.blocks import Floats
from popcorn_bench.evaluators.popularity.forest import Forest
from popcorn_bench.evaluators.popularity.settings import shipped
from popcorn_bench.evaluators.popularity.storage import load
from popcorn_bench.evaluators.popularity.trees import grow

ROWS, FEATURES = 700, 6


def columns(seed: int, n: int = ROWS) -> Floats:
    """A category below and above what is known, whole counts, and numbers of any size."""
    rng = np.random.default_rng(seed)
    values: Floats = rng.normal(size=(n, FEATURES)) * rng.choice(
        [1e-36, 0.01, 1.0, 100.0], (n, FEATURES)
    )
    values[:, 1] = rng.integers(9, size=n)
    values[:, 0] = rng.integers(-1, 50, size=n)
    return values


@pytest.fixture(scope="module")
def texts() -> list[str]:
    """Bags that learned from 40 categories: their sets go over two words of bits."""
    learned = columns(0)
    learned[:, 0] = np.arange(ROWS) % 40
    labels = np.sin(learned[:, 0]) * 2 + learned[:, 1] + np.tanh(learned[:, 2])
    return list(grow(learned, labels, [0, 1]))


def by_lightgbm(texts: list[str], values: Floats) -> Floats:
    bags = [np.asarray(Booster(model_str=text).predict(values)) for text in texts]
    return np.column_stack(bags).astype(np.float64)


def test_predictions_are_those_of_lightgbm(texts: list[str]) -> None:
    values = columns(1)
    forest = Forest.of(texts)
    assert np.array_equal(forest.predict(values), by_lightgbm(texts, values))
    assert forest.predict(values[:0]).shape == (0, 2)


def test_values_at_a_threshold_are_on_the_same_side(texts: list[str]) -> None:
    forest = Forest.of(texts)
    base, seen = columns(2), 0
    for reader in forest.readers:
        if reader.feature:
            base[: len(reader.edges), reader.feature] = reader.edges[:ROWS]
            seen += len(reader.edges)
    assert seen > 1000
    assert np.array_equal(forest.predict(base), by_lightgbm(texts, base))


def test_a_bag_that_stopped_early_adds_nothing(texts: list[str]) -> None:
    flat = next(grow(columns(0), np.ones(ROWS), [0]))
    values = columns(3)
    both = [texts[0], flat]
    assert np.array_equal(Forest.of(both).predict(values), by_lightgbm(both, values))


def test_the_shipped_trees_score_like_lightgbm() -> None:
    trees = list(load(shipped("popularity-disjoint")).trees)
    rng = np.random.default_rng(4)
    values = rng.normal(size=(500, 48)) * rng.choice([0.01, 1.0, 50.0], (500, 48))
    values[:, 0] = rng.integers(-1, 20, size=500)
    assert np.array_equal(Forest.of(trees).predict(values), by_lightgbm(trees, values))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("is_linear=0", "is_linear=1", "linear"),
        ("leaf_value=", f"leaf_value={'0 ' * 16}", "more than 16 leaves"),
        (r"decision_type=\S+", "decision_type=4", "takes 0 for a gap"),
        (r"threshold=\S+ ", "threshold=", "shorter"),
    ],
)
def test_other_trees_are_refused(texts: list[str], old: str, new: str, message: str) -> None:
    spoilt = re.sub(rf"\n{old}", f"\n{new}", texts[0])
    with pytest.raises(ValueError, match=message):
        Forest.of([spoilt])


def test_a_few_categories_are_tested_like_many() -> None:
    values = columns(5)
    values[:, 0] = np.arange(ROWS) % 3
    (few,) = grow(values, values[:, 0] % 2 + values[:, 1], [0])
    asked = columns(6)
    assert np.array_equal(Forest.of([few]).predict(asked), by_lightgbm([few], asked))
