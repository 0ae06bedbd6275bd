"""Settings of adapters: typed, in range, and forgiving about nothing.

Values come from a catalog (already typed) or from the command line (text).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import isfinite
from typing import TypeAlias

from popcorn_bench.errors import UsageError, did_you_mean
from popcorn_bench.types import JSON

Scalar: TypeAlias = "bool | int | float | str"
Read: TypeAlias = Callable[[JSON], Scalar]
Rule: TypeAlias = tuple[Scalar, Read]


class Settings:
    """What an adapter may be told, by name: the default and how a value is read."""

    def __init__(self, **rules: Rule) -> None:
        self._rules = rules

    @property
    def names(self) -> frozenset[str]:
        """The names of all settings."""
        return frozenset(self._rules)

    def checked(self, given: Mapping[str, JSON]) -> dict[str, Scalar]:
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


def multiple(default: int, step: int, offset: int, low: int, high: int) -> Rule:
    """A whole number from `low` to `high` of the form `step * k + offset`."""
    if step == 1:
        return whole(default, low, high)
    form = f"{step}k + {offset}" if offset else f"a multiple of {step}"

    def read(value: JSON) -> int:
        found = _number(value)
        if (found - offset) % step or not low <= found <= high:
            raise ValueError(f"{form} from {low} to {high}")
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


def choice(default: str, *allowed: str) -> Rule:
    """One of a few words."""

    def read(value: JSON) -> str:
        if value not in allowed:
            raise ValueError(f"one of {', '.join(allowed)}{did_you_mean(str(value), allowed)}")
        return str(value)

    return default, read


def flag(default: bool) -> Rule:
    """True or false."""

    def read(value: JSON) -> bool:
        word = str(value).lower()
        if word not in {"true", "false"}:
            raise ValueError("true or false")
        return word == "true"

    return default, read


def text(default: str, longest: int = 2000) -> Rule:
    """Text of at most `longest` characters."""

    def read(value: JSON) -> str:
        if not isinstance(value, str) or len(value) > longest:
            raise ValueError(f"text of at most {longest} characters")
        return value

    return default, read


def _read(name: str, read: Read, value: JSON) -> Scalar:
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


def like(known: Mapping[str, JSON], args: Mapping[str, str], flag: str) -> dict[str, JSON]:
    """Settings of an adapter that is not here: a value keeps the type that the catalog gives."""
    return {**known, **{key: _typed(key, text, known[key], flag) for key, text in args.items()}}


def _typed(key: str, text: str, example: JSON, flag: str) -> JSON:
    if isinstance(example, bool):
        if text.lower() not in {"true", "false"}:
            raise UsageError(f"{flag}: {key}: {text!r} is not true or false")
        return text.lower() == "true"
    if not isinstance(example, (int, float)):
        return text
    try:
        return type(example)(text)
    except ValueError as error:
        raise UsageError(f"{flag}: {key}: {text!r} is not a number") from error
