"""What is different around a run: code, packages, machine, trained parts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from popcorn_bench.harness.reproduce.manifest import Manifest


class Difference(NamedTuple):
    """Something that was `before` and is `now`; None where it was or is not there."""

    what: str
    before: object
    now: object


def surroundings(first: Manifest, second: Manifest) -> tuple[Difference, ...]:
    """What differs between the environments of two runs."""
    return tuple(_all(first, second))


def trained_parts(first: Manifest, second: Manifest) -> tuple[Difference, ...]:
    """Evaluators that judge otherwise: by another trained part, or another version or setting."""
    found = []
    for name, identity in first.evaluators.items():
        if second.evaluators.get(name, identity) == identity:
            continue
        weights = first.weights[name], second.weights[name]
        by_weights = Difference(f"evaluator {name}: sha256 of its trained part", *weights)
        ids = Difference(
            f"evaluator {name}: version or settings", identity, second.evaluators[name]
        )
        found.append(by_weights if weights[0] != weights[1] else ids)
    return tuple(found)


def _all(first: Manifest, second: Manifest) -> Iterator[Difference]:
    if first.version != second.version:
        yield Difference("popcorn-bench", first.version, second.version)
    before, now = dict(first.environment), dict(second.environment)
    packages = before.pop("packages", None), now.pop("packages", None)
    for name in dict.fromkeys((*before, *now)):
        if before.get(name) != now.get(name):
            yield Difference(name, before.get(name), now.get(name))
    yield from _packages(*(found if isinstance(found, Mapping) else {} for found in packages))


def _packages(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Difference]:
    for name in sorted({*before, *now}):
        if before.get(name) != now.get(name):
            yield Difference(f"package {name}", before.get(name), now.get(name))
