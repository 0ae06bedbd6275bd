"""The predictor: three families over the n-grams of a title, blended.

Ridge regressions read the n-grams; trees and perceptrons read the parts of their predictions and
the surface of the title.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from popcorn_bench.evaluators.measures.topics import OTHERS
from popcorn_bench.evaluators.popularity.blocks import Block, Entries, Floats
from popcorn_bench.evaluators.popularity.forest import Forest
from popcorn_bench.evaluators.popularity.grams import (
    category_codes,
    cross,
    extract,
    of_category,
)
from popcorn_bench.evaluators.popularity.perceptron import Perceptrons
from popcorn_bench.evaluators.popularity.surface import surface

DIGITS = 6
# Share of each family in the score: chosen on folds of the train split.
SHARES = {"ridge": 0.2, "trees": 0.4, "perceptron": 0.4}
CHUNK = 1024  # titles at once: bounds memory, and sorts within the cache


@dataclass(frozen=True)
class Model:
    """A trained predictor of log2(comments).

    Args:
        categories: the categories that it knows.
        targets: what the ridge regressions predict, the label first.
        blocks: the n-gram blocks, by name.
        coefficients: per block, one row per target, [targets, columns].
        intercepts: one per target.
        trees: LightGBM models in text form.
        perceptrons: over the same columns as the trees.
        bounds: least and greatest label seen: no prediction lies outside.
        seed: of the training.
        reference: what `shift` compares with: held-out human titles in numbers, [rows, features].
    """

    categories: tuple[str, ...]
    targets: tuple[str, ...]
    blocks: Mapping[str, Block]
    coefficients: Mapping[str, NDArray[np.float16]]
    intercepts: tuple[float, ...]
    trees: tuple[str, ...]
    perceptrons: Perceptrons
    bounds: tuple[float, float]
    seed: int
    reference: NDArray[np.float32] = field(default_factory=lambda: np.empty((0, 0), np.float32))

    @property
    def members(self) -> tuple[str, ...]:
        """Names of the parts of the ensemble."""
        trees = (f"trees {i + 1}" for i in range(len(self.trees)))
        perceptrons = (f"perceptron {i + 1}" for i in range(len(self.perceptrons.bias)))
        return ("ridge", *trees, *perceptrons)

    def warm_up(self) -> None:
        """Do now what the first prediction would wait for."""
        self.predict([""], [OTHERS])

    def predict(self, titles: Sequence[str], categories: Sequence[str]) -> Floats:
        """Predicted log2(comments), [n], rounded to `DIGITS` digits; see `predict_members`."""
        return self.predict_members(titles, categories)[:, 0]

    def predict_members(self, titles: Sequence[str], categories: Sequence[str]) -> Floats:
        """The score and the prediction of each member, [n, 1 + members], rounded.

        Args:
            titles: n titles, of any length and content.
            categories: n categories of the corpus; an unknown one is taken as `OTHERS`.
        """
        with self._threads.limit(limits=1):  # small products: more threads only wait for each other
            parts = [
                self._members(titles[start : start + CHUNK], categories[start : start + CHUNK])
                for start in range(0, len(titles), CHUNK)
            ]
        return np.concatenate([np.empty((0, 1 + len(self.members))), *parts])

    def encode(self, titles: Sequence[str], categories: Sequence[str]) -> dict[str, Entries]:
        """Sparse vectors of n titles, by block."""
        return encode(self.blocks, titles, [self.known(category) for category in categories])

    def known(self, category: str) -> str:
        """The category itself, or `OTHERS` where the model never saw it."""
        return category if category in self.categories else OTHERS

    def codes(self, categories: Sequence[str]) -> Floats:
        """The numbers by which trees and perceptrons know categories, [n]; -1 for none."""
        code = {name: index for index, name in enumerate(self.categories)}
        return np.array([code.get(self.known(name), -1) for name in categories], dtype=np.float64)

    def _members(self, titles: Sequence[str], categories: Sequence[str]) -> Floats:
        names = [self.known(category) for category in categories]
        entries = encode(self.blocks, titles, names)
        parts = contributions(entries, self._tables, len(self.targets))
        columns = dense(
            titles, self.codes(names), familiarity(self.blocks, entries), parts, self.intercepts
        )
        by_family = {
            "ridge": columns[:, 1:2],
            "trees": self._forest.predict(columns),
            "perceptron": self.perceptrons.predict(columns),
        }
        score = blend(by_family)
        both = np.column_stack([score, *by_family.values()])
        rounded: Floats = np.round(np.clip(both, *self.bounds), DIGITS)
        return rounded

    @cached_property
    def _tables(self) -> Mapping[str, Floats]:
        """The coefficients in the precision that they are summed in."""
        return {name: table.astype(np.float64) for name, table in self.coefficients.items()}

    @cached_property
    def _forest(self) -> Forest:
        return Forest.of(self.trees)

    @cached_property
    def _threads(self) -> Any:  # noqa: ANN401 - a class of an untyped library
        from threadpoolctl import ThreadpoolController

        return ThreadpoolController()  # looks for all libraries, which takes its time


def blend(by_family: Mapping[str, Floats]) -> Floats:
    """The families' means in their shares, [n]; each family is [n, members].

    It adds column by column: the order of numpy's own sums depends on the size of the batch.
    """
    means = {name: sum(found.T) / found.shape[1] for name, found in by_family.items()}
    return np.asarray(sum(SHARES[name] * mean for name, mean in means.items()))


def encode(
    blocks: Mapping[str, Block], titles: Sequence[str], categories: Sequence[str]
) -> dict[str, Entries]:
    """Sparse vectors of n titles, by block."""
    n, codes = len(titles), category_codes(categories)
    entries = {}
    for name, grams in extract(titles).items():
        entries[name] = blocks[name].encode(grams, n)
        crossed = cross(blocks[name].grams(entries[name]), codes)
        entries[f"category_{name}"] = blocks[f"category_{name}"].encode(crossed, n)
    return {**entries, "category": blocks["category"].encode(of_category(codes), n)}


def contributions(
    entries: Mapping[str, Entries], coefficients: Mapping[str, Floats], targets: int
) -> Floats:
    """What each block adds to each ridge prediction, [blocks, targets, n]."""
    return np.array(
        [
            [entry.dot(coefficients[name][target]) for target in range(targets)]
            for name, entry in entries.items()
        ]
    )


def dense(
    titles: Sequence[str],
    codes: Floats,
    familiar: Sequence[Floats],
    parts: Floats,
    intercepts: Sequence[float] | Floats,
) -> Floats:
    """What trees and perceptrons read, [n, features].

    Column 0 is the category's code. Then come the ridge predictions, the share of each block in the
    first one, how many familiar n-grams each block finds, and the surface of the title.
    """
    totals = [sum(parts[:, i]) + mean for i, mean in enumerate(intercepts)]
    # log2(likes / views), where both were there to train on
    gap = [likes - views for likes, views in pairwise(totals[1:])]
    return np.column_stack([codes, *totals, *gap, *parts[:, 0], *familiar, surface(titles)])


def familiarity(
    blocks: Mapping[str, Block], entries: Mapping[str, Entries], own: int = 0
) -> list[Floats]:
    """`Block.familiar` of every block."""
    return [blocks[name].familiar(entry, own) for name, entry in entries.items()]
