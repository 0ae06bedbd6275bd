"""popcorn-bench: which LLM and video generator make micro-videos that people would watch?

    import popcorn_bench as pb

    pb.run(llms=["echo", "template"], limit=20)
    pb.leaderboard("results")

All that the command line can do is here too, with its options as keyword arguments
(docs/python.md).
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from popcorn_bench.exports import FOUND_IN, find

if TYPE_CHECKING:
    from popcorn_bench.errors import (
        AdapterError,
        FileError,
        PopcornError,
        StoreError,
        UsageError,
    )
    from popcorn_bench.harness.api.boards import leaderboard
    from popcorn_bench.harness.api.comparing import compare, history
    from popcorn_bench.harness.api.folders import (
        costs,
        export,
        import_scores,
        merge,
        origin,
        rebuild,
        schema,
    )
    from popcorn_bench.harness.api.humans import corpus
    from popcorn_bench.harness.api.knowing import (
        card,
        corpora,
        covers,
        doctor,
        evaluators,
        llms,
        runs,
        tasks,
        videos,
    )
    from popcorn_bench.harness.api.making import (
        new,
        pull,
        train_mmra,
        train_popularity,
        validate,
    )
    from popcorn_bench.harness.api.predicting import predict, predict_csv
    from popcorn_bench.harness.api.prompting import prompt
    from popcorn_bench.harness.api.publishing import publish
    from popcorn_bench.harness.api.reading import load
    from popcorn_bench.harness.api.reproducing import plan_reproduce, reproduce
    from popcorn_bench.harness.api.running import (
        arun,
        plan,
        plan_retry,
        plan_score,
        retry,
        run,
        score,
    )
    from popcorn_bench.harness.api.viewing import view
    from popcorn_bench.harness.spec import RunSpec

__version__ = "0.1.0"

__all__ = [
    "AdapterError",
    "FileError",
    "PopcornError",
    "RunSpec",
    "StoreError",
    "UsageError",
    "arun",
    "card",
    "compare",
    "corpora",
    "corpus",
    "costs",
    "covers",
    "doctor",
    "evaluators",
    "export",
    "history",
    "import_scores",
    "leaderboard",
    "llms",
    "load",
    "merge",
    "new",
    "origin",
    "plan",
    "plan_reproduce",
    "plan_retry",
    "plan_score",
    "predict",
    "predict_csv",
    "prompt",
    "publish",
    "pull",
    "rebuild",
    "reproduce",
    "retry",
    "run",
    "runs",
    "schema",
    "score",
    "tasks",
    "train_mmra",
    "train_popularity",
    "validate",
    "videos",
    "view",
]


def __getattr__(name: str) -> object:
    if name in _PACKAGES:
        return import_module(f"{__name__}.{name}")
    if name in FOUND_IN:
        return find(name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


_PACKAGES = frozenset({"evaluators", "leaderboard", "tasks"})  # they can be called themselves


def __dir__() -> list[str]:
    return sorted({*__all__, "__version__"})
