"""Training: ridge regressions over the n-grams, then what reads their out-of-fold parts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from popcorn_bench.errors import UsageError
from popcorn_bench.evaluators.measures.topics import OTHERS
from popcorn_bench.evaluators.popularity.blocks import Block, Floats, fit_block
from popcorn_bench.evaluators.popularity.grams import (
    Grams,
    category_codes,
    cross,
    extract,
    of_category,
)
from popcorn_bench.evaluators.popularity.model import Model, dense, encode, familiarity
from popcorn_bench.evaluators.popularity.perceptron import fit_perceptrons
from popcorn_bench.evaluators.popularity.ridge import Ridge
from popcorn_bench.evaluators.popularity.trees import grow

LABEL = "comments"
_MIN_ROWS = 50  # fewer cannot be split in folds and leaves
_MIN_CATEGORY = 20  # rows: a rarer category is pooled with `OTHERS`
# Weight of each block, and in how many titles an n-gram must occur: chosen on the valid split.
_BLOCKS = {
    "word": (0.5, 1),
    "category_word": (0.5, 1),
    "inside_word": (0.4, 3),
    "category_inside_word": (0.6, 3),
    "across_words": (0.65, 5),
    "category_across_words": (0.8, 5),
    "tag": (0.6, 1),
    "category_tag": (0.9, 1),
    "shape": (0.4, 3),
    "category_shape": (0.5, 3),
    "category": (2.0, 1),
}
_SEEDS = 4  # of the trees, and of the perceptrons


@dataclass(frozen=True, slots=True)
class Rows:
    """Columns to learn from or to be measured on.

    Args:
        titles: n titles.
        categories: n categories.
        labels: log2(comments), [n].
        signals: other engagement of the same videos (log2 likes, log2 views), each [n]. What a
            title says about them helps to predict comments; none is needed to predict.
    """

    titles: Sequence[str]
    categories: Sequence[str]
    labels: Floats
    signals: Mapping[str, Floats] = field(default_factory=dict)

    @classmethod
    def from_counts(
        cls,
        titles: Sequence[str],
        categories: Sequence[str],
        comments: Sequence[int],
        **signals: Sequence[int | None],
    ) -> Rows:
        """Rows from counts, of which the logarithms are taken here.

        Args:
            titles: n titles.
            categories: n categories.
            comments: n counts, each at least 1.
            signals: `views`, `likes`: n counts each; one that lacks any row is left out.

        Raises:
            UsageError: if a video has no comment.
        """
        counts = np.asarray(comments, dtype=np.float64)
        if (counts < 1).any():
            raise UsageError("a comment count is below 1: log2 has no value")
        complete = {name: column for name, column in signals.items() if None not in column}
        logs = {n: np.log2(1.0 + np.asarray(c, dtype=np.float64)) for n, c in complete.items()}
        return cls(titles, categories, np.log2(counts), logs)


def fit(rows: Rows, *, seed: int, progress: Callable[[str], None]) -> Model:
    """Train a model: the same rows and seed give the same model.

    Raises:
        UsageError: if there are too few rows, or labels that are not finite.
    """
    from threadpoolctl import threadpool_limits

    _check(rows)
    with threadpool_limits(1):  # sums in one order, whatever the number of cores
        return _fit(rows, seed, progress)


def _fit(rows: Rows, seed: int, progress: Callable[[str], None]) -> Model:
    categories, names = _pool(rows.categories)
    blocks = _fit_blocks(rows.titles, names)
    entries = encode(blocks, rows.titles, names)
    progress(f"{sum(len(b.active) for b in blocks.values()):,} n-grams in {len(blocks)} blocks")
    targets = {LABEL: rows.labels, **dict(sorted(rows.signals.items()))}
    ridge = Ridge.of(entries, np.column_stack(list(targets.values())))
    held_out = ridge.held_out_parts(seed, progress)
    familiar = familiarity(blocks, entries, own=1)
    columns = dense(rows.titles, _codes(categories, names), familiar, held_out, ridge.means)
    seeds = range(seed * _SEEDS, (seed + 1) * _SEEDS)
    progress("trees and perceptrons")
    return Model(
        categories=categories,
        targets=tuple(targets),
        blocks=blocks,
        coefficients=ridge.solve(np.ones(len(names), dtype=bool)),
        intercepts=tuple(float(mean) for mean in ridge.means),
        trees=tuple(grow(columns, rows.labels, seeds)),
        perceptrons=fit_perceptrons(columns, rows.labels, categories=len(categories), seeds=seeds),
        bounds=(float(rows.labels.min()), float(rows.labels.max())),
        seed=seed,
    )


def _check(rows: Rows) -> None:
    if len(rows.titles) < _MIN_ROWS:
        raise UsageError(f"{len(rows.titles)} rows to train on; at least {_MIN_ROWS} are needed")
    columns = {LABEL: rows.labels, **rows.signals}
    for name, values in {**columns, "categories": rows.categories}.items():
        if len(values) != len(rows.titles):
            raise UsageError(f"{len(values)} {name} for {len(rows.titles)} titles")
    for name, values in columns.items():
        if not np.isfinite(values).all():
            raise UsageError(f"{name} hold values that are not finite")


def _pool(categories: Sequence[str]) -> tuple[tuple[str, ...], list[str]]:
    """The categories to know, and the rows' categories with rare ones as `OTHERS`."""
    counts = Counter(categories)
    names = [name if counts[name] >= _MIN_CATEGORY else OTHERS for name in categories]
    return tuple(sorted(set(names))), names


def _codes(categories: Sequence[str], names: Sequence[str]) -> Floats:
    return np.array([categories.index(name) for name in names], dtype=np.float64)


def _fit_blocks(titles: Sequence[str], categories: Sequence[str]) -> dict[str, Block]:
    n, codes = len(titles), category_codes(categories)
    blocks: dict[str, Block] = {}
    for name, grams in extract(titles).items():
        plain = _fit_block(name, grams, n)
        crossed = cross(plain.grams(plain.encode(grams, n)), codes)
        blocks |= {
            name: plain,
            f"category_{name}": _fit_block(f"category_{name}", crossed, n),
        }
    return {**blocks, "category": _fit_block("category", of_category(codes), n)}


def _fit_block(name: str, grams: Grams, n: int) -> Block:
    weight, least = _BLOCKS[name]
    return fit_block(grams, n, weight=weight, min_titles=least)
