"""Bags of LightGBM trees over the parts of the ridge predictions and the surface of the title."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from popcorn_bench.evaluators.popularity.blocks import Floats

_ROUNDS = 200
_SETTINGS = {
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


def grow(columns: Floats, labels: Floats, seeds: Sequence[int]) -> Iterator[str]:
    """One bag per seed in text form; the category, column 0, is split by sets of codes."""
    import lightgbm

    for seed in seeds:
        data = lightgbm.Dataset(columns, labels, categorical_feature=[0], free_raw_data=False)
        trained = lightgbm.train({**_SETTINGS, "seed": seed}, data, num_boost_round=_ROUNDS)
        yield trained.model_to_string()
