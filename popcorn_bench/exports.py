"""What `popcorn_bench` offers to Python, and the modules in which it is found when asked for.

The command line imports the package for its help as well, so nothing heavy may come with it.
"""

from __future__ import annotations

import inspect
import sys
from importlib import import_module
from types import ModuleType
from typing import Any, Final

_API: Final = "popcorn_bench.harness.api"
_NAMES: Final = {
    "popcorn_bench.errors": (
        "AdapterError", "FileError", "PopcornError", "StoreError", "UsageError",
    ),
    "popcorn_bench.harness.spec": ("RunSpec",),
    f"{_API}.boards": ("leaderboard",),
    f"{_API}.comparing": ("compare", "history"),
    f"{_API}.folders": (
        "costs", "export", "import_scores", "merge", "origin", "rebuild", "schema",
    ),
    f"{_API}.humans": ("corpus",),
    f"{_API}.knowing": (
        "card", "corpora", "covers", "doctor", "evaluators", "llms", "runs", "tasks", "videos",
    ),
    f"{_API}.making": ("new", "pull", "train_mmra", "train_popularity", "validate"),
    f"{_API}.predicting": ("predict", "predict_csv"),
    f"{_API}.prompting": ("prompt",),
    f"{_API}.publishing": ("publish",),
    f"{_API}.reproducing": ("plan_reproduce", "reproduce"),
    f"{_API}.reading": ("load",),
    f"{_API}.running": (
        "arun", "plan", "plan_retry", "plan_score", "retry", "run", "score",
    ),
    f"{_API}.viewing": ("view",),
}  # fmt: skip
FOUND_IN: Final = {name: module for module, names in _NAMES.items() for name in names}


def find(name: str) -> Any:  # noqa: ANN401 - whatever is exported
    """Import what the package exports under a name."""
    return getattr(import_module(FOUND_IN[name]), name)


class CallableModule(ModuleType):
    """A package that has its name in common with an export, and can be called as that.

    Importing a package sets it on the one above, where a function of that name would be hidden.
    """

    def __call__(self, *args: Any, **options: Any) -> Any:  # noqa: ANN401 - as the function's
        """Call the function of that name; `inspect.signature` and its own help describe it."""
        return find(self._name)(*args, **options)

    @property
    def __signature__(self) -> inspect.Signature:
        return inspect.signature(find(self._name))

    @property
    def _name(self) -> str:
        return self.__name__.rpartition(".")[2]


def make_callable(package: str) -> None:
    """Let a package be called; it asks for that itself, by its `__name__`."""
    sys.modules[package].__class__ = CallableModule
