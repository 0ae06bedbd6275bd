"""How sure an order is, in words and as plain data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from popcorn_bench.leaderboard import text
from popcorn_bench.leaderboard.standing.compute import Standings
from popcorn_bench.leaderboard.standing.model import Standing

_WORTH = 0.005
_SHOWN = 4


def lines(found: Standings, by: str | None) -> Iterator[str]:
    """A line per order of one dimension: the likely best, and how alike the rankings are."""
    yield from (_line(one) for one in found.orders if one.by == by)


def record(found: Standings) -> dict[str, Any]:
    """As plain data."""
    return {
        "orders": [{**asdict(o), "chances": [asdict(c) for c in o.chances]} for o in found.orders],
        "spreads": [asdict(one) for one in found.spreads],
    }


def _line(one: Standing) -> str:
    likely = [c for c in sorted(one.chances, key=lambda c: -c.best) if c.best >= _WORTH]
    shown = ", ".join(f"{text.clean(c.name)} {c.best:.0%}" for c in likely[:_SHOWN])
    agreed = ""
    if one.concordance is not None:
        others = "generators" if one.by == "llm" else "LLMs"
        agreed = f" {one.across} {others} agree on the order with W {one.concordance:.2f}."
    return f"{text.clean(one.metric)}, {text.clean(one.task)}: P(best) {shown}.{agreed}"
