"""What was paid: by whom, at which stage, and how much of it for attempts that failed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from popcorn_bench.results.records import Result
from popcorn_bench.types import Artefact, Audit, Brief, Score


@dataclass(slots=True)
class Bill:
    """What one LLM, generator or evaluator cost at one stage.

    `wasted_usd` is the part of `usd` that attempts without a result took; `unknown` counts units
    that were paid for at a price that nobody knows.
    """

    units: int = 0
    usd: float = 0.0
    wasted_usd: float = 0.0
    unknown: int = 0

    def add(self, usd: float | None, wasted_usd: float) -> None:
        """One more unit: what its result took, None where that is not known, and what failed."""
        self.units += 1
        self.wasted_usd += wasted_usd
        self.usd += (usd or 0.0) + wasted_usd
        self.unknown += usd is None

    def join(self, other: Bill) -> None:
        """Add the units of another run."""
        self.units += other.units
        self.usd += other.usd
        self.wasted_usd += other.wasted_usd
        self.unknown += other.unknown

    def to_record(self) -> dict[str, Any]:
        """Plain data for `--json`."""
        return {
            "units": self.units,
            "usd": round(self.usd, 6),
            "wasted_usd": round(self.wasted_usd, 6),
            "unknown": self.unknown,
        }


def with_waste(result: Result, wasted_usd: float) -> Result:
    """The result; its cost includes that of the attempts that failed before it."""
    if not wasted_usd:
        return result
    match result:
        case Brief(cost_usd=float(cost)) | Artefact(cost_usd=float(cost)):
            return replace(result, cost_usd=cost + wasted_usd)
        case (Score(cost_usd=float(cost)) as first, *others):
            return replace(first, cost_usd=cost + wasted_usd), *others
    return result


def cost_of(result: Result) -> float | None:
    """USD that a result took; None where nobody says: nothing was paid, or at no known price."""
    match result:
        case Brief() | Artefact():
            return result.cost_usd
        case Audit():
            return 0.0
        case scores:
            known = [score.cost_usd for score in scores if score.cost_usd is not None]
            return sum(known) if known else None
