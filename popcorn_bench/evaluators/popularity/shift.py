"""How far titles are from those that people write, as a predictor sees both.

A classifier is asked to tell generated titles from held-out human ones. It reads how a title looks
and how much of it the predictor knows, never what it predicts, and not the category.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from popcorn_bench.evaluators.popularity.blocks import Floats
from popcorn_bench.evaluators.popularity.grams import extract
from popcorn_bench.evaluators.popularity.model import Model
from popcorn_bench.evaluators.popularity.surface import surface
from popcorn_bench.types import Shift

LEAST = 20  # titles: fewer cannot be told from chance
_REFERENCE = 1000  # human titles that a model carries
_DIGITS = 3
_HUMAN = 3  # human titles for each generated one, at most
_FOLDS = 5


def describe(model: Model, titles: Sequence[str]) -> Floats:
    """What is compared of n titles, [n, features]: counts and shares, nothing of what they say.

    For every n-gram block (those crossed with the category left out): how many n-grams the
    predictor knows and their share in the title; then the counts of `surface`.
    """
    n = len(titles)
    columns: list[NDArray[Any]] = []
    for name, grams in extract(titles).items():
        known = np.bincount(grams.rows[model.blocks[name].knows(grams)], minlength=n)
        columns += [known, known / np.maximum(1, np.bincount(grams.rows, minlength=n))]
    described: Floats = np.round(np.column_stack([*columns, surface(titles)]), _DIGITS)
    return described


def reference(model: Model, titles: Sequence[str], categories: Sequence[str]) -> Floats:
    """Human titles to compare with, [at most 1000, 1 + features]; column 0 is the category's code.

    Args:
        model: the predictor.
        titles: of videos that it did not learn from.
        categories: theirs.
    """
    chosen = np.random.default_rng(model.seed).permutation(len(titles))[:_REFERENCE].tolist()
    described = describe(model, [titles[i] for i in chosen])
    return np.column_stack([model.codes([categories[i] for i in chosen]), described])


def measure(model: Model, titles: Sequence[str], categories: Sequence[str]) -> Shift | None:
    """How well generated titles are told from human ones of the same categories.

    Where there are no human titles of these categories, those of all are taken.

    Returns:
        The area under the curve by stratified cross-validation of a logistic regression; None with
        fewer than `LEAST` titles on either side.
    """
    if min(len(titles), len(model.reference)) < LEAST:
        return None
    human = _like(model.reference, model.codes(categories))
    made = describe(model, titles)
    told = _separability(np.vstack([made, human]), np.arange(len(made) + len(human)) < len(made))
    return Shift(auc=round(told, 4), n=len(made), n_human=len(human))


def _like(reference: NDArray[np.float32], codes: Floats) -> Floats:
    """Rows of the reference in the mix of categories of the titles, without the category."""
    wanted, counts = np.unique(codes, return_counts=True)
    of_kind = [np.flatnonzero(reference[:, 0] == code) for code in wanted]
    found = np.concatenate(
        [rows[: _HUMAN * n] for rows, n in zip(of_kind, counts.tolist(), strict=True)]
    )
    chosen = found if len(found) >= LEAST else np.arange(len(reference))[: _HUMAN * len(codes)]
    return reference[chosen, 1:].astype(np.float64)


def _separability(columns: Floats, made: NDArray[np.bool_]) -> float:
    """Mean area under the curve over folds; 0.5 where nothing tells the classes apart."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold, cross_val_score
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    classifier = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    folds = StratifiedKFold(_FOLDS, shuffle=True, random_state=0)
    return float(cross_val_score(classifier, columns, made, cv=folds, scoring="roc_auc").mean())
