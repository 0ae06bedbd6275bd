"""popcorn-bench: which LLM and video generator make micro-videos that people would watch?

    import popcorn_bench as pb

    pb.run(llms=["echo", "template"], limit=20)
    pb.leaderboard("results")
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from popcorn_bench.errors import AdapterError, PopcornError, StoreError, UsageError
    from popcorn_bench.harness.api.boards import compare, leaderboard
    from popcorn_bench.harness.api.reading import load
    from popcorn_bench.harness.api.running import arun, plan, retry, run, score
    from popcorn_bench.harness.spec import RunSpec

__version__ = "0.1.0"

# Loaded when it is first asked for: the command line imports this package for its help as well.
_FOUND_IN: Final = {
    "AdapterError": "popcorn_bench.errors",
    "PopcornError": "popcorn_bench.errors",
    "RunSpec": "popcorn_bench.harness.spec",
    "StoreError": "popcorn_bench.errors",
    "UsageError": "popcorn_bench.errors",
    "arun": "popcorn_bench.harness.api.running",
    "compare": "popcorn_bench.harness.api.boards",
    "load": "popcorn_bench.harness.api.reading",
    "plan": "popcorn_bench.harness.api.running",
    "retry": "popcorn_bench.harness.api.running",
    "run": "popcorn_bench.harness.api.running",
    "score": "popcorn_bench.harness.api.running",
}

__all__ = [
    "AdapterError",
    "PopcornError",
    "RunSpec",
    "StoreError",
    "UsageError",
    "arun",
    "compare",
    "leaderboard",
    "load",
    "plan",
    "retry",
    "run",
    "score",
]


def __getattr__(name: str) -> object:
    if name == "leaderboard":  # the package of that name, which can be called
        return import_module("popcorn_bench.leaderboard")
    if name in _FOUND_IN:
        return getattr(import_module(_FOUND_IN[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*__all__, "__version__"})
