from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest
from polars import DataFrame

from popcorn_bench.evaluators.popularity import Popularity, PopularityDisjoint
from popcorn_bench.evaluators.popularity.card import Card
from popcorn_bench.evaluators.popularity.fit import Rows
from popcorn_bench.evaluators.popularity.train import Lesson, train_popularity
from popcorn_bench.tasks.corpora.microlens import read_microlens

WORDS = [f"word{number}" for number in range(120)]
IDS = [f"{number:016x}" for number in range(800)]
SOURCE = "<b>synthetic</b> | rows"
CATEGORIES = ("Cats", "Dogs", "Birds")


def make_rows(n: int, seed: int) -> Rows:
    """Synthetic rows with a planted rule: every word has its worth, doubled among Dogs."""
    rng = np.random.default_rng(seed)
    worth = np.random.default_rng(7).normal(size=len(WORDS))
    chosen = rng.integers(len(WORDS), size=(n, 6))
    categories = rng.choice(CATEGORIES, size=n)
    factor = np.where(categories == "Dogs", 2.0, 1.0)
    labels = 6 + factor * worth[chosen].sum(axis=1) / 3 + rng.normal(scale=0.3, size=n)
    titles = [" ".join(WORDS[word] for word in row) for row in chosen]
    signals = {"views": labels + rng.normal(size=n), "likes": rng.normal(size=n)}
    return Rows(titles, categories.tolist(), labels, signals)


@pytest.fixture(scope="session")
def planted() -> tuple[Rows, Rows]:
    return make_rows(800, seed=1), make_rows(300, seed=2)


def lesson(planted: tuple[Rows, Rows]) -> Lesson:
    return Lesson(source=SOURCE, train=planted[0], hashed=IDS, valid=planted[1])


@pytest.fixture(scope="session")
def trained(
    planted: tuple[Rows, Rows], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Card, Path]:
    """A predictor of synthetic rows, to read only."""
    path = tmp_path_factory.mktemp("weights") / "popularity.npz"
    return train_popularity(lesson(planted), out=path, seed=3), path


@pytest.fixture(scope="session")
def held_out(shared: Path) -> DataFrame:
    """The split `valid` of MicroLens-100k."""
    frame = read_microlens(shared / "data" / "microlens_100k").frame
    return frame.filter(frame["split"] == "valid")


@pytest.fixture(scope="session", params=[Popularity, PopularityDisjoint], ids=lambda c: str(c.name))
def predictor(request: pytest.FixtureRequest) -> Popularity:
    """Each of the shipped predictors."""
    return built(request.param)


@cache
def built(kind: type[Popularity] = Popularity) -> Popularity:
    """A shipped predictor; for hypothesis, which takes no fixtures."""
    return kind(kind.card({}), "cpu")
