"""How a run ended: complete or not, and why, as values and as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from popcorn_bench.harness.ledger import Bill
from popcorn_bench.harness.progress import Outcome, Tally
from popcorn_bench.harness.run import Report
from popcorn_bench.harness.spec import RunSpec
from popcorn_bench.harness.survey import Survey
from popcorn_bench.types import Stage


class Ending(IntEnum):
    """The ways in which a run ends; the values are the exit codes of the command."""

    COMPLETE = 0
    INCOMPLETE = 3
    INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class Ended:
    """A run that has ended. `report` is None where nothing was left to do."""

    spec: RunSpec
    survey: Survey
    report: Report | None

    @property
    def ending(self) -> Ending:
        """Complete where everything planned is there."""
        if self.report is None:
            left = self.survey.failed.total() + self.survey.missing.total()
            return Ending.INCOMPLETE if left else Ending.COMPLETE
        if self.report.interrupted:
            return Ending.INTERRUPTED
        tally = self.report.tally
        left = tally.of(Outcome.FAILED) + tally.of(Outcome.MISSING)
        return Ending.INCOMPLETE if left or self.report.halted else Ending.COMPLETE

    def to_record(self) -> dict[str, Any]:
        """What `--json` prints of a run."""
        status = self.ending.name.lower()
        if self.report is None:
            units = self.survey.to_record()["units"]
            return {"status": status, "run_id": None, "units": units}
        tally = self.report.tally
        return {
            "status": status,
            "stopped": self.report.halted or None,
            "run_id": self.report.run_id,
            "units": {
                f"{stage}": {outcome.value: tally.of(outcome, stage) for outcome in Outcome}
                for stage in Stage
                if stage is not Stage.AUDIT
            },
            "failures": [{"who": w, "kind": k, "n": n} for (w, k), n in tally.kinds.items()],
            "cost_usd": round(tally.cost_usd, 6),
            "cost_unknown_calls": tally.cost_unknown,
            "cost": cost_record(tally, self.spec),
        }


def cost_record(tally: Tally, spec: RunSpec) -> dict[str, Any]:
    """The ledger of a run by model and stage, beside the budget."""
    return {"budget_usd": spec.budget, **bills_record(tally.bills)}


def bills_record(bills: Mapping[tuple[Stage, str], Bill]) -> dict[str, Any]:
    """Bills in all, and by model and stage."""
    found = sorted(bills.items())
    return {
        "usd": round(sum(bill.usd for _, bill in found), 6),
        "wasted_usd": round(sum(bill.wasted_usd for _, bill in found), 6),
        "unknown_calls": sum(bill.unknown for _, bill in found),
        "by": [{"stage": f"{s}", "who": who, **bill.to_record()} for (s, who), bill in found],
    }
