"""What making a run again has shown, as values and as plain data."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from popcorn_bench.errors import UsageError
from popcorn_bench.evaluators.catalog import asks
from popcorn_bench.harness.plan import RunPlan
from popcorn_bench.harness.reproduce.compare import Comparison, Part, Rules
from popcorn_bench.harness.reproduce.manifest import Manifest
from popcorn_bench.harness.reproduce.surroundings import Difference
from popcorn_bench.results.journal import journal_files
from popcorn_bench.types import Stage

MARK = "reproduction.json"  # in the folder of the second run: of what it is, then what was found


class Verdict(StrEnum):
    """How the second run relates to the first."""

    SAME = "same"
    INCOMPLETE = "incomplete"
    DIFFERENT = "different"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Two runs beside each other.

    `trained` are evaluators that are others by now: their scores cannot be the same. `around` is
    what else differs. `broken_off` says that the second run did not come to its end.
    """

    first: Manifest
    second: Manifest
    comparison: Comparison
    trained: tuple[Difference, ...]
    around: tuple[Difference, ...]
    broken_off: bool

    @property
    def verdict(self) -> Verdict:
        """Different where anything is other than it should be, then incomplete, else the same."""
        parts = self.comparison.parts
        if self.trained or any(part.differs for part in parts):
            return Verdict.DIFFERENT
        if self.broken_off or any(part.missing for part in parts):
            return Verdict.INCOMPLETE
        return Verdict.SAME

    def to_record(self) -> dict[str, Any]:
        """Plain data for `--json` and for the file in the folder."""
        return {
            **_claim(self.first, frozenset(self.comparison.stages)),
            "again": self.second.run_id,
            "folder": str(self.second.folder),
            "verdict": self.verdict.value,
            "broken_off": self.broken_off,
            "differences": {
                stage.value: [_part(part) for part in parts]
                for stage, parts in self.comparison.stages.items()
            },
            "evaluators": [difference._asdict() for difference in self.trained],
            "environment": [difference._asdict() for difference in self.around],
        }


def rules(plan: RunPlan, first: Manifest, stages: frozenset[Stage], tolerance: float) -> Rules:
    """What should come out the same: the work of baselines, and scores that no model was asked for.

    What other models answer or draw may be other each time; it is compared and told all the same.
    """
    exact = {
        *(identity for identity, name in first.llms.items() if name in _baselines(plan)),
        *(identity for identity, name in first.generators.items() if name in _baselines(plan)),
        *(card.name for card in plan.evaluators if asks(card) is None),
    }
    names = {**first.llms, **first.generators}
    return Rules(stages=stages, exact=frozenset(exact), names=names, tolerance=tolerance)


def strict(given: Rules, first: Manifest) -> Rules:
    """The same, where everything is held to come out the same."""
    every = frozenset((*first.llms, *first.generators, *first.evaluators))
    return Rules(stages=given.stages, exact=every, names=given.names, tolerance=given.tolerance)


def check_target(target: Path, first: Manifest, stages: frozenset[Stage]) -> None:
    """Let only a fresh folder, or one that this command began, take the second run.

    Raises:
        UsageError: for any other folder.
    """
    if target.resolve() == first.folder.resolve():
        raise UsageError(f"--to: {target} holds the run itself; it stays as it is")
    if journal_files(target) and _mark(target) != _claim(first, stages):
        raise UsageError(f"--to: {target} holds other results; name a fresh folder")


def claim(target: Path, first: Manifest, stages: frozenset[Stage]) -> None:
    """Say in a folder what it is for, so that the same command resumes there."""
    target.mkdir(parents=True, exist_ok=True)
    write(target, _claim(first, stages))


def write(target: Path, record: Mapping[str, Any]) -> None:
    """Write what is known into the folder."""
    (target / MARK).write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")


def _claim(first: Manifest, stages: frozenset[Stage]) -> dict[str, Any]:
    return {
        "run": first.run_id,
        "results": str(first.folder.resolve()),
        "stages": [stage.value for stage in Stage if stage in stages],
    }


def _mark(target: Path) -> dict[str, Any]:
    """The claim in a folder, empty where there is none that can be read."""
    try:
        found = json.loads((target / MARK).read_text(encoding="utf-8"))
        return {name: found[name] for name in ("run", "results", "stages")}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _baselines(plan: RunPlan) -> frozenset[str]:
    makers = [entry.generator for entry in (*plan.videos, *filter(None, [plan.cover]))]
    makes = [maker.name for maker in makers if maker.baseline]
    return frozenset([*makes, *(entry.llm.name for entry in plan.llms if entry.llm.baseline)])


def _part(part: Part) -> dict[str, Any]:
    share = part.equal / part.comparable if part.comparable else None
    return {**asdict(part), "share_equal": share, "differs": part.differs}
