"""Settings of adapters: typed, in range, and forgiving about nothing.

Values come from a catalog (already typed) or from the command line (text).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import isfinite
from typing import TypeAlias

from popcorn_bench.errors import UsageError, did_you_mean
from popcorn_bench.types import JSON

Read: TypeAlias = Callable[[JSON], "int | float"]
Rule: TypeAlias = tuple["int | float", Read]


class Settings:
    """What an adapter may be told, by name: the default and how a value is read."""

    def __init__(self, **rules: Rule) -> None:
        self._rules = rules

    @property
    def names(self) -> frozenset[str]:
        """The names of all settings."""
        return frozenset(self._rules)

    def checked(self, given: Mapping[str, JSON]) -> dict[str, int | float]:
        """All settings: those given, read and held to their range, and the defaults.

        Raises:
            UsageError: for a name that is not known and a value that does not fit.
        """
        for name in given:
            if name not in self._rules:
                known = ", ".join(sorted(self._rules))
                hint = did_you_mean(name, self._rules) or f"; known: {known}"
                raise UsageError(f"unknown setting {name!r}{hint}")
        return {
            name: _read(name, read, given[name]) if name in given else default
            for name, (default, read) in self._rules.items()
        }


def whole(default: int, low: int, high: int) -> Rule:
    """A whole number from `low` to `high`."""

    def read(value: JSON) -> int:
        found = _number(value)
        if found != int(found) or not low <= found <= high:
            raise ValueError(f"a whole number from {low} to {high}")
        return int(found)

    return default, read


def even(default: int, low: int, high: int) -> Rule:
    """An even number from `low` to `high`, as video sizes must be."""

    def read(value: JSON) -> int:
        found = _number(value)
        if found % 2 or not low <= found <= high:
            raise ValueError(f"an even number from {low} to {high}")
        return int(found)

    return default, read


def number(default: float, low: float, high: float) -> Rule:
    """A number from `low` to `high`."""

    def read(value: JSON) -> float:
        found = _number(value)
        if not low <= found <= high:
            raise ValueError(f"a number from {low:g} to {high:g}")
        return found

    return default, read


def _read(name: str, read: Read, value: JSON) -> int | float:
    try:
        return read(value)
    except ValueError as error:
        raise UsageError(f"{name}: {value!r} is not {error}") from error


def _number(value: JSON) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise ValueError("a number")  # noqa: TRY004 - the caller says which setting it was
    try:
        found = float(value)
    except (ValueError, OverflowError) as error:
        raise ValueError("a number") from error
    if not isfinite(found):
        raise ValueError("a number")
    return found
