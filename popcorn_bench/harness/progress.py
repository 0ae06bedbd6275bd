"""What a run tells while it goes on: events in, a display of one's choice out."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import product
from typing import Protocol

from popcorn_bench.harness.ledger import Bill
from popcorn_bench.types import Failure, Stage


class Outcome(StrEnum):
    """What became of a unit in this run."""

    DONE = "done"
    REUSED = "reused"
    PRESENT = "present"
    FAILED = "failed"
    MISSING = "missing"  # not there, in a run that generates nothing


@dataclass(slots=True)
class Tally:
    """Counts of a run, kept as it goes; a display reads them from another thread.

    `kinds` counts failures by who failed and how; `said` has the first message of each.
    """

    units: dict[tuple[Stage, Outcome], int] = field(
        default_factory=lambda: dict.fromkeys(product(Stage, Outcome), 0)
    )
    kinds: Counter[tuple[str, str]] = field(default_factory=Counter)
    said: dict[tuple[str, str], str] = field(default_factory=dict)
    bills: dict[tuple[Stage, str], Bill] = field(default_factory=dict)
    cost_usd: float = 0.0
    cost_unknown: int = 0

    def count(self, stage: Stage, outcome: Outcome) -> None:
        """One more unit."""
        self.units[stage, outcome] += 1

    def pay(self, stage: Stage, who: str, usd: float | None, wasted_usd: float = 0.0) -> None:
        """Add what a unit's result took, None where nobody knows, and what failed attempts took."""
        self.bills.setdefault((stage, who), Bill()).add(usd, wasted_usd)
        self.cost_usd += (usd or 0.0) + wasted_usd
        self.cost_unknown += usd is None

    def fail(self, who: str, failure: Failure) -> None:
        """One more failed unit of an LLM, generator or evaluator."""
        self.count(failure.stage, Outcome.FAILED)
        self.kinds[who, failure.kind] += 1
        self.said.setdefault((who, failure.kind), failure.message)

    def of(self, outcome: Outcome, stage: Stage | None = None) -> int:
        """Units with that outcome, of one stage or of all."""
        return sum(n for (s, o), n in self.units.items() if o == outcome and stage in (None, s))


@dataclass(frozen=True, slots=True)
class Step:
    """How far a generator is with a batch of `requests`: denoising steps."""

    who: str
    done: int
    total: int
    requests: int = 1


class Display(Protocol):
    """Shows a run to somebody."""

    def start(self, totals: dict[Stage, int], tally: Tally) -> None:
        """The run begins; `totals` are the units of each stage."""
        ...

    def note(self, text: str) -> None:
        """Something worth a line, once."""
        ...

    def step(self, step: Step) -> None:
        """A generator is further than before."""
        ...

    def stop(self) -> None:
        """The run has ended."""
        ...


class Silent:
    """Shows nothing."""

    def start(self, totals: dict[Stage, int], tally: Tally) -> None:
        """Do nothing."""

    def note(self, text: str) -> None:
        """Do nothing."""

    def step(self, step: Step) -> None:
        """Do nothing."""

    def stop(self) -> None:
        """Do nothing."""
