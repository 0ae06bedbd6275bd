"""Statistics over the index, and the board in terminal, files and HTML.

The package itself can be called, as `popcorn_bench.leaderboard("results")`.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType


class _Callable(ModuleType):
    def __call__(self, *folders: object, **options: object) -> object:
        """See `popcorn_bench.harness.api.boards.leaderboard`."""
        # by name: this package knows nothing of those above it
        boards = import_module("popcorn_bench.harness.api.boards")
        return boards.leaderboard(*folders, **options)


sys.modules[__name__].__class__ = _Callable
