"""Lazy registries: a name points to `module:attribute`, imported when it is first used."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

from popcorn_bench import plugins
from popcorn_bench.errors import UsageError, did_you_mean
from popcorn_bench.plugins import Plugin


class Registry:
    """Built-in names plus those of plugins, which cannot replace a built-in one.

    Args:
        group: of the plugins, for example `evaluators`.
        noun: what an entry is called in messages.
        builtin: name to `module:attribute`.
    """

    def __init__(self, group: str, noun: str, builtin: Mapping[str, str]) -> None:
        self._group, self._noun, self._builtin = group, noun, builtin

    def names(self) -> list[str]:
        """All names, built-in ones first."""
        return [*self._builtin, *self.added()]

    def added(self) -> dict[str, Plugin]:
        """The plugins by name."""
        known = plugins.found(self._group)
        return {name: plugin for name, plugin in known.items() if name not in self._builtin}

    def load(self, name: str) -> object:
        """Import what `name` points to.

        Raises:
            UsageError: if no such name is known, or a plugin cannot be imported.
        """
        if name in self._builtin:
            module, _, attribute = self._builtin[name].partition(":")
            return getattr(import_module(module), attribute)
        plugin = self.added().get(name)
        if plugin is None:
            raise UsageError(f"unknown {self._noun} {name!r}{did_you_mean(name, self.names())}")
        return plugin.load()
