"""What became of a unit: made durable first, then counted, paid for and, if it failed, borne."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import cast

from popcorn_bench.errors import AdapterError
from popcorn_bench.harness.ledger import cost_of, with_waste
from popcorn_bench.harness.limits.tolerance import Tolerance
from popcorn_bench.harness.progress import Outcome, Tally
from popcorn_bench.harness.retry import Attempted
from popcorn_bench.results.records import Result, waste_record
from popcorn_bench.results.store import Store
from popcorn_bench.types import Stage, Unit


@dataclass(slots=True)
class Recorder:
    """Writes outcomes into the store and the tally.

    Args:
        store: opened for writing.
        tally: counts of the run.
        tolerance: how many failures are borne.
        planned: units of each stage.
        asking: evaluators that ask a model: their scores cost something, known or not.
        halt: called once, with the reason, when they are not borne any more.
    """

    store: Store
    tally: Tally
    tolerance: Tolerance
    planned: Mapping[Stage, int]
    asking: frozenset[str]
    halt: Callable[[str], None]
    _failed: Counter[Stage] = field(default_factory=Counter)
    _halted: bool = False

    async def record(
        self, unit: Unit, who: str, outcome: Attempted[Result], *, reused: bool
    ) -> None:
        """Make an outcome durable, then count it."""
        if outcome.error is not None:
            await self._fail(unit, who, outcome, outcome.error, reused=reused)
            return
        result = cast("Result", outcome.result)
        if outcome.wasted_usd:  # in the same commit as the unit, whose cost includes it
            self.store.write(waste_record(unit, outcome.wasted_usd, self.store.run_id))
        await self.store.finish(unit, with_waste(result, outcome.wasted_usd), reused=reused)
        self.tally.count(unit.stage, Outcome.REUSED if reused else Outcome.DONE)
        if not reused:
            free = unit.stage is Stage.SCORE and who not in self.asking
            usd = cost_of(result)
            usd = 0.0 if usd is None and free else usd
            self.tally.pay(unit.stage, who, usd, outcome.wasted_usd)

    async def _fail(
        self,
        unit: Unit,
        who: str,
        outcome: Attempted[Result],
        error: AdapterError,
        *,
        reused: bool,
    ) -> None:
        failure = error.failure(unit.stage, outcome.attempts)
        spent = 0.0 if reused else outcome.wasted_usd + (failure.cost_usd or 0.0)
        await self.store.fail(unit, replace(failure, cost_usd=spent or None))
        self.tally.fail(who, failure)
        if spent:
            self.tally.pay(unit.stage, who, 0.0, spent)
        self._bear(unit.stage)

    def _bear(self, stage: Stage) -> None:
        self._failed[stage] += 1
        why = self.tolerance.passed(self._failed, self.planned)
        if why and not self._halted:
            self._halted = True
            self.halt(why)
