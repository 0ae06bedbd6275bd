"""The evaluators that are known by name."""

from __future__ import annotations

from popcorn_bench.registry import Registry

EVALUATORS = Registry(
    "popcorn_bench.evaluators",
    "evaluator",
    {
        "popularity": "popcorn_bench.evaluators.popularity:Popularity",
        "quality": "popcorn_bench.evaluators.quality:Quality",
    },
)
