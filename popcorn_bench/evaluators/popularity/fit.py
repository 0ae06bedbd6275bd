"""Training: ridge regressions over the n-grams, then trees over their out-of-fold parts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from popcorn_bench.errors import UsageError
from popcorn_bench.evaluators.popularity.blocks import Block, Entries, Floats, fit_block
from popcorn_bench.evaluators.popularity.grams import extract
from popcorn_bench.evaluators.popularity.model import Model, contributions, dense, encode
from popcorn_bench.evaluators.popularity.topics import OTHERS

LABEL = "comments"
_MIN_ROWS = 50  # fewer cannot be split in folds and leaves
_MIN_CATEGORY = 20  # rows: a rarer category is pooled with `OTHERS`
_FOLDS = 5
_PENALTY = 7.0
# Weight of each block, and in how many titles an n-gram must occur: chosen on the valid split.
_BLOCKS = {
    "word": (0.5, 2),
    "category_word": (0.5, 2),
    "inside_word": (0.4, 3),
    "category_inside_word": (0.6, 3),
    "across_words": (0.65, 5),
    "category_across_words": (0.8, 5),
    "tag": (0.6, 2),
    "category_tag": (0.9, 2),
    "shape": (0.4, 3),
    "category_shape": (0.5, 3),
    "category": (2.0, 1),
}
_BAGS = 4
_ROUNDS = 200
_TREES = {
    "objective": "l2",
    "learning_rate": 0.03,
    "num_leaves": 15,
    "min_data_in_leaf": 60,
    "feature_fraction": 0.4,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    "lambda_l2": 5.0,
    "cat_smooth": 50.0,
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 2,
    "verbose": -1,
}


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
    ridge = _Ridge.of(entries, np.column_stack(list(targets.values())))
    held_out = ridge.held_out_parts(seed, progress)
    columns = dense(rows.titles, _codes(categories, names), entries, held_out, ridge.means)
    return Model(
        categories=categories,
        targets=tuple(targets),
        blocks=blocks,
        coefficients=ridge.solve(np.ones(len(names), dtype=bool)),
        intercepts=tuple(float(mean) for mean in ridge.means),
        trees=tuple(_grow(columns, rows.labels, seed, progress)),
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
    grams = extract(titles, categories)
    return {
        name: fit_block(grams[name], len(titles), weight=weight, min_titles=least)
        for name, (weight, least) in _BLOCKS.items()
    }


@dataclass(frozen=True, slots=True)
class _Ridge:
    """Ridge regression of all targets on all blocks at once; the targets are centred."""

    entries: Mapping[str, Entries]
    matrix: Any  # scipy CSR, [n, columns of all blocks]
    centred: Floats  # [n, targets]
    means: Floats  # [targets]
    widths: Mapping[str, int]

    @classmethod
    def of(cls, entries: Mapping[str, Entries], targets: Floats) -> _Ridge:
        from scipy.sparse import csr_array, hstack

        widths = {name: int(e.columns.max(initial=-1)) + 1 for name, e in entries.items()}
        matrix = hstack(
            [
                csr_array((e.values, (e.rows, e.columns)), shape=(e.n, widths[name]))
                for name, e in entries.items()
            ],
            format="csr",
        )
        means = targets.mean(axis=0)
        return cls(entries, matrix, targets - means, means, widths)

    def solve(self, chosen: NDArray[np.bool_]) -> dict[str, NDArray[np.float16]]:
        """Coefficients per block from the chosen rows, [targets, columns].

        Half precision keeps the shipped file small; here already, so that the model in memory and
        the model on disk are one.
        """
        from sklearn.linear_model import Ridge

        ridge = Ridge(_PENALTY, fit_intercept=False, solver="sparse_cg", tol=1e-5)
        ridge.fit(self.matrix[chosen], self.centred[chosen])
        found = np.atleast_2d(ridge.coef_).astype(np.float16)
        edges = np.cumsum([0, *self.widths.values()])
        return {
            name: found[:, start:end]
            for name, start, end in zip(self.widths, edges, edges[1:], strict=False)
        }

    def held_out_parts(self, seed: int, progress: Callable[[str], None]) -> Floats:
        """What each block adds to predictions of rows that were not fitted on.

        Returns:
            [n, blocks, targets]
        """
        folds = np.random.default_rng(seed).permutation(len(self.centred)) % _FOLDS
        parts = np.zeros((len(folds), len(self.entries), self.centred.shape[1]))
        for fold in range(_FOLDS):
            out = folds == fold
            coefficients = self.solve(~out)
            parts[out] = contributions(self.entries, coefficients, self.centred.shape[1])[out]
            progress(f"ridge {fold + 1}/{_FOLDS}")
        return parts


def _grow(
    columns: Floats, labels: Floats, seed: int, progress: Callable[[str], None]
) -> Iterator[str]:
    """Bags of trees in text form; the category, column 0, is split by sets of codes."""
    import lightgbm

    for bag in range(_BAGS):
        data = lightgbm.Dataset(columns, labels, categorical_feature=[0], free_raw_data=False)
        settings = {**_TREES, "seed": seed * _BAGS + bag}
        yield lightgbm.train(settings, data, num_boost_round=_ROUNDS).model_to_string()
        progress(f"trees {bag + 1}/{_BAGS}")
