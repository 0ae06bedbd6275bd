"""What the command line says of prices and time, applied to a plan; and what a budget must know."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from math import isfinite
from typing import TypeVar

from popcorn_bench.errors import UsageError, did_you_mean
from popcorn_bench.evaluators.catalog import asks
from popcorn_bench.generators.llm.catalog import LLMEntry
from popcorn_bench.generators.media_catalog import MediaEntry
from popcorn_bench.harness.plan import RunPlan
from popcorn_bench.harness.spec import Prices
from popcorn_bench.remote.prices import Price

M = TypeVar("M", bound=MediaEntry)
_FLAG = "--price"
_TOKENS, _PIECE = 2, 1  # numbers of a price: tokens in and out; one clip, cover or score


def read_prices(texts: Sequence[str]) -> Prices:
    """Read `NAME=IN,OUT` (USD per million tokens) and `NAME=USD` (per clip, cover or score).

    Raises:
        UsageError: for anything else.
    """
    return tuple(_price(text) for text in texts)


def on_terms(plan: RunPlan, *, generating: bool = True) -> RunPlan:
    """The plan with the prices and the time limit of its spec.

    Raises:
        UsageError: for a price of nothing in the plan, of the wrong form, and, under a budget, for
            models whose price nobody knows.
    """
    spec = plan.spec
    _check_names(plan)
    cover = _media(plan.cover, spec.price) if plan.cover else None
    made = replace(
        plan,
        llms=tuple(_llm(entry, spec.price, spec.timeout) for entry in plan.llms),
        videos=tuple(_media(entry, spec.price) for entry in plan.videos),
        cover=cover,
    )
    unknown = list(unpriced(made, generating=generating))
    if spec.budget is not None and unknown and not plan.blocked:
        raise UsageError(
            f"--budget: the price of {', '.join(unknown)} is not known; say it by --price "
            "NAME=IN,OUT (USD per million tokens) or NAME=USD (per clip, cover or score)"
        )
    return made


def unpriced(plan: RunPlan, *, generating: bool = True) -> Iterator[str]:
    """What is called and has no known price."""
    if generating:
        yield from (entry.llm.name for entry in plan.llms if entry.price is None)
        for maker in (*plan.videos, *filter(None, [plan.cover])):
            if maker.paid and maker.usd_per_clip is None:
                yield maker.generator.name
    for card in plan.evaluators:
        asked = asks(card)
        known = asked is None or asked.usd is not None
        if not known and stated(plan.spec.price, card.name) is None:
            yield card.name


def stated(given: Prices, name: str) -> float | None:
    """USD of one clip, cover or score as `--price` says it; a later one wins."""
    found = _found(given, name)
    return found[0] if len(found) == _PIECE else None


def _llm(entry: LLMEntry, given: Prices, timeout: float | None) -> LLMEntry:
    found = _found(given, entry.llm.name)
    if len(found) == _PIECE:
        raise UsageError(f"{_FLAG}: {entry.llm.name} is an LLM: its price has the form IN,OUT")
    price = Price(*found) if found and not entry.llm.baseline else entry.price
    waits = {} if timeout is None else {"timeout": timeout}
    return replace(entry, price=price, transport={**waits, **entry.transport})


def _media(entry: M, given: Prices) -> M:
    found = _found(given, entry.generator.name)
    if len(found) == _TOKENS:
        raise UsageError(f"{_FLAG}: {entry.generator.name} has one price, that of a piece")
    return replace(entry, paid=True, usd_per_clip=found[0]) if found else entry


def _found(given: Prices, name: str) -> tuple[float, ...]:
    matching = [price for pattern, price in given if pattern == name or fnmatchcase(name, pattern)]
    return matching[-1] if matching else ()


def _check_names(plan: RunPlan) -> None:
    names = list(_names(plan))
    for pattern, _ in plan.spec.price:
        if not any(pattern == name or fnmatchcase(name, pattern) for name in names):
            hint = did_you_mean(pattern, names)
            raise UsageError(f"{_FLAG}: nothing in this run is named {pattern!r}{hint}")


def _names(plan: RunPlan) -> Iterator[str]:
    yield from (entry.llm.name for entry in plan.llms)
    yield from (maker.generator.name for maker in (*plan.videos, *filter(None, [plan.cover])))
    yield from (card.name for card in plan.evaluators)
    yield from (item.name for item in (*plan.skipped, *plan.blocked))


def _price(text: str) -> tuple[str, tuple[float, ...]]:
    name, equals, numbers = text.rpartition("=")
    try:
        price = tuple(float(number) for number in numbers.split(","))
    except ValueError:
        price = ()
    if not (name and equals and price) or len(price) > _TOKENS or not _amounts(price):
        raise UsageError(f"{_FLAG}: {text!r} is neither NAME=IN,OUT nor NAME=USD")
    return name, price


def _amounts(price: Iterable[float]) -> bool:
    return all(isfinite(usd) and usd >= 0 for usd in price)
