"""What the runs of a results folder took, read from their journals: they hold every amount."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from popcorn_bench.errors import UsageError
from popcorn_bench.evaluators.catalog import EVALUATORS, evaluator_class
from popcorn_bench.evaluators.protocol import Asking
from popcorn_bench.harness.ledger import Bill
from popcorn_bench.results.journal import Record, journal_files, read_lines
from popcorn_bench.results.records import MALFORMED, unit_of
from popcorn_bench.types import Place, Stage

Bills: TypeAlias = dict[tuple[Stage, str], Bill]
_NAMED = {"llm": "llm_id", "generator": "video_id", "evaluator": "evaluator_id"}


def spending(folder: Path) -> dict[str, Bills]:
    """The bills of each run, oldest first, by stage and by who was paid.

    A result that was found again cost nothing, and counts where it was made.

    Raises:
        UsageError: where a folder holds no results.
    """
    files = journal_files(folder)
    if not files:
        raise UsageError(f"{folder}: no results there")
    reading = _Reading()
    for path in files:
        for line in read_lines(path):
            with suppress(*MALFORMED):
                reading.take(line.record or {})
    return reading.runs


def together(runs: Mapping[str, Bills]) -> Bills:
    """The bills of all runs in one."""
    found: Bills = {}
    for bills in runs.values():
        for of, bill in bills.items():
            found.setdefault(of, Bill()).join(bill)
    return found


@dataclass(slots=True)
class _Reading:
    runs: dict[str, Bills] = field(default_factory=dict)
    _names: dict[str, str] = field(default_factory=dict)  # by the id of who does the work
    _waste: dict[str, float] = field(default_factory=dict)  # by key of a unit that is to come

    def take(self, record: Record) -> None:
        """Note a record; what tells of no money is passed over."""
        kind = str(record.get("t"))
        if kind in _NAMED:
            self._names[record["data"][_NAMED[kind]]] = record["data"]["name"]
        elif kind == "run":
            self.runs.setdefault(record["run"], {})
        elif kind == "waste":
            self._waste[record["key"]] = float(record["usd"])
        elif kind == "unit" and not record["reused"]:
            self._unit(record)
        elif kind == "failure" and record["data"]["cost_usd"]:
            self._bill(record).add(0.0, float(record["data"]["cost_usd"]))

    def _unit(self, record: Record) -> None:
        stage = unit_of(record).stage
        if stage is Stage.AUDIT:
            return
        wasted = self._waste.pop(record["key"], 0.0)
        usd = _usd(stage, record["data"])
        if usd is None and stage is Stage.SCORE and not _asks(self._who(record)):
            usd = 0.0
        # what is recorded of a result includes what its failed attempts took
        self._bill(record).add(None if usd is None else max(0.0, usd - wasted), wasted)

    def _bill(self, record: Record) -> Bill:
        of = unit_of(record).stage, self._who(record)
        return self.runs.setdefault(record["run"], {}).setdefault(of, Bill())

    def _who(self, record: Record) -> str:
        place = Place(*record["place"])
        which = place.evaluator_id or place.video_id or place.llm_id
        return self._names.get(which, which)


def _usd(stage: Stage, data: Any) -> float | None:  # noqa: ANN401 - as JSON has it
    """USD that a result took with all its attempts; None where nobody said."""
    amounts = [score["cost_usd"] for score in data] if stage is Stage.SCORE else [data["cost_usd"]]
    known = [float(usd) for usd in amounts if usd is not None]
    return sum(known) if known else None


def _asks(name: str) -> bool:
    """Whether an evaluator asks a model; one that is not installed any more is taken not to."""
    with suppress(UsageError):
        return name in EVALUATORS.names() and isinstance(evaluator_class(name), Asking)
    return False
