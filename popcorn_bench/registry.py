"""Lazy registries: a name points to `module:attribute`, imported when it is first used."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points

from popcorn_bench.errors import UsageError, did_you_mean


class Registry:
    """Built-in names plus those that installed packages add by entry points.

    Args:
        group: entry-point group, for example `popcorn_bench.evaluators`.
        noun: what an entry is called in messages.
        builtin: name to `module:attribute`.
    """

    def __init__(self, group: str, noun: str, builtin: Mapping[str, str]) -> None:
        self._group, self._noun, self._builtin = group, noun, builtin

    def names(self) -> list[str]:
        """All names, built-in ones first."""
        return [*self._builtin, *(n for n in self._plugins() if n not in self._builtin)]

    def load(self, name: str) -> object:
        """Import what `name` points to.

        Raises:
            UsageError: if no such name is known, or a plugin cannot be imported.
        """
        if name in self._builtin:
            module, _, attribute = self._builtin[name].partition(":")
            return getattr(import_module(module), attribute)
        plugins = self._plugins()
        if name not in plugins:
            raise UsageError(f"unknown {self._noun} {name!r}{did_you_mean(name, self.names())}")
        try:
            return plugins[name].load()
        except Exception as error:
            what = f"{type(error).__name__}: {error}"
            raise UsageError(f"{self._noun} {name!r}: its plugin is broken: {what}") from error

    def _plugins(self) -> dict[str, EntryPoint]:
        return {point.name: point for point in entry_points(group=self._group)}
