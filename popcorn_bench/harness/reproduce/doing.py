"""Making a run again, from its manifest to what that has shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from popcorn_bench import plugins
from popcorn_bench.errors import UsageError, did_you_mean
from popcorn_bench.harness.decide import Policy
from popcorn_bench.harness.plan import RunPlan
from popcorn_bench.harness.progress import Display
from popcorn_bench.harness.reproduce.again import STAGES, plan_again
from popcorn_bench.harness.reproduce.conclude import conclude
from popcorn_bench.harness.reproduce.lending import BorrowingStore
from popcorn_bench.harness.reproduce.manifest import Manifest
from popcorn_bench.harness.reproduce.outcome import Outcome, check_target, claim
from popcorn_bench.harness.session import Interrupt, execute
from popcorn_bench.harness.spec import RunSpec
from popcorn_bench.harness.survey import Survey, survey
from popcorn_bench.results.journal import journal_files
from popcorn_bench.results.store import Store
from popcorn_bench.types import Stage

STAGE_NAMES = tuple(stage.value for stage in STAGES)


@dataclass(frozen=True, slots=True)
class Repeated:
    """What making a run again has shown; `halted` says why it stopped by itself, if it did."""

    outcome: Outcome
    interrupted: bool
    halted: str


@dataclass(frozen=True, slots=True)
class Repetition:
    """A run that is about to be made again, in the open store of a fresh folder."""

    first: Manifest
    plan: RunPlan
    survey: Survey
    stages: frozenset[Stage]
    _store: Store

    def do(
        self,
        display: Display,
        *,
        tolerance: float,
        strict: bool,
        interruptible: Callable[[Interrupt], object] = lambda _: None,
    ) -> Repeated:
        """Make what is to be made, and compare.

        Raises:
            StoreError: when the results folder cannot be written.
        """
        interrupted, halted = self._make(display, interruptible)
        outcome = conclude(
            self.first, self.plan, self._store, self.stages, tolerance=tolerance,
            all_exact=strict, broken_off=interrupted or bool(halted),
        )  # fmt: skip
        return Repeated(outcome, interrupted, halted)

    def _make(
        self, display: Display, interruptible: Callable[[Interrupt], object]
    ) -> tuple[bool, str]:
        """Do what is left; give whether it was interrupted, and why it stopped."""
        if self.survey.complete and journal_files(self._store.folder):
            return False, ""
        claim(self._store.folder, self.first, self.stages)
        report = execute(self.plan, self._store, display, Policy(), interruptible)
        return report.interrupted, report.halted


@contextmanager
def repetition(first: Manifest, spec: RunSpec, stages: frozenset[Stage]) -> Iterator[Repetition]:
    """Plan a run again, and open its folders.

    Args:
        first: of the run.
        spec: that of the manifest, into another folder.
        stages: to make again; the others are looked up in the first run.

    Raises:
        UsageError: for a folder that holds something else.
        NotReproducibleError: where something is missing or has changed.
    """
    check_target(spec.output_path, first, stages)
    with plugins.using(map(Path, spec.plugin)):
        plan = plan_again(first, spec, stages)
        lent = frozenset(STAGES) - stages
        with (
            Store(first.folder) as lender,
            BorrowingStore(spec.output_path, lender, lent) as store,
        ):
            yield Repetition(first, plan, survey(plan, store, Policy()), stages, store)


def refuse_to_pay(found: Survey, *, allowed: bool) -> None:
    """What was paid for once is not paid for again by accident.

    Raises:
        UsageError: unless it costs nothing or is allowed.
    """
    if allowed or not (found.usd or found.unpriced):
        return
    unknown = f", price unknown: {', '.join(sorted(found.unpriced))}" if found.unpriced else ""
    raise UsageError(
        f"this asks again for what costs money (about ${found.usd:.2f}{unknown}): --pay allows it, "
        "--stage video,score or --stage score takes what the first run holds, --dry-run shows more"
    )


def stages_of(names: Sequence[str]) -> frozenset[Stage]:
    """The stages of these names.

    Raises:
        UsageError: for another name, and for none.
    """
    if not names:
        raise UsageError("--stage: needs at least one name")
    for name in names:
        if name not in STAGE_NAMES:
            raise UsageError(f"--stage: {name!r} is no stage{did_you_mean(name, STAGE_NAMES)}")
    return frozenset(Stage(name) for name in names)


def beside(first: Manifest, stages: frozenset[Stage]) -> Path:
    """The folder of the second run, one for each choice of stages."""
    folder = first.folder.resolve()
    some = [stage.value for stage in STAGES if stage in stages]
    parts = () if len(some) == len(STAGES) else some
    return folder.with_name("-".join((folder.name, "again", first.run_id, *parts)))
