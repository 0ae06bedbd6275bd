"""Choosing by name: exact names, globs, `tag:x` and `all`."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase

from popcorn_bench.errors import UsageError, did_you_mean

ALL = "all"
_TAG = "tag:"


def is_pattern(wanted: str) -> bool:
    """Whether `wanted` asks for whatever matches instead of naming one thing."""
    return wanted == ALL or wanted.startswith(_TAG) or any(c in wanted for c in "*?[")


def select(
    wanted: Sequence[str], known: Mapping[str, Collection[str]], *, noun: str, flag: str
) -> list[str]:
    """Expand `wanted` to names of `known` (name to tags), each once, in the order asked for.

    Raises:
        UsageError: for a name that is not known, and for a pattern that matches nothing.
    """
    return list(dict.fromkeys(n for item in wanted for n in _expand(item, known, noun, flag)))


def _expand(item: str, known: Mapping[str, Collection[str]], noun: str, flag: str) -> Iterator[str]:
    if item in known:
        found = [item]
    elif item.startswith(_TAG):
        found = [name for name, tags in known.items() if item.removeprefix(_TAG) in tags]
    elif is_pattern(item):
        found = [name for name in known if item == ALL or fnmatchcase(name, item)]
    else:
        raise UsageError(f"{flag}: unknown {noun} {item!r}{did_you_mean(item, known)}")
    if not found and item != ALL:
        raise UsageError(f"{flag}: no {noun} matches {item!r}")
    yield from found
