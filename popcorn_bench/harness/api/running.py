"""Runs from Python."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from popcorn_bench.errors import UsageError
from popcorn_bench.harness.api.boards import Leaderboard, leaderboard
from popcorn_bench.harness.api.spec import spec_of
from popcorn_bench.harness.decide import Policy
from popcorn_bench.harness.history import last_spec
from popcorn_bench.harness.plan import RunPlan
from popcorn_bench.harness.prepare import Prepared, prepared
from popcorn_bench.harness.progress import Display, Outcome, Silent, Tally
from popcorn_bench.harness.run import Report
from popcorn_bench.harness.session import Interrupt
from popcorn_bench.harness.spec import DEFAULT_OUTPUT, RunSpec
from popcorn_bench.harness.survey import Survey

if TYPE_CHECKING:
    from popcorn_bench.harness.api.reading import Results

Folder = str | Path


@dataclass(frozen=True, slots=True)
class Planned:
    """What a run would do; `blocked` and `skipped` in the plan say what cannot run here."""

    plan: RunPlan
    survey: Survey

    def to_record(self) -> dict[str, Any]:
        """Units, calls, money and bytes as plain data."""
        return self.survey.to_record()


@dataclass(frozen=True, slots=True)
class Finished:
    """How a run ended. `report` is None where nothing was left to do."""

    folder: Path
    survey: Survey
    report: Report | None

    @property
    def complete(self) -> bool:
        """Whether everything planned is there."""
        if self.report is None:
            return not (self.survey.failed.total() or self.survey.missing.total())
        tally = self.report.tally
        left = tally.of(Outcome.FAILED) + tally.of(Outcome.MISSING)
        return not (left or self.report.halted or self.report.interrupted)

    @property
    def tally(self) -> Tally:
        """Units by stage and outcome, and what they cost."""
        return self.report.tally if self.report else Tally()

    def leaderboard(self, **options: Any) -> Leaderboard:  # noqa: ANN401 - passed on
        """The board of the folder; see `popcorn_bench.leaderboard`."""
        return leaderboard(self.folder, **options)

    def load(self) -> Results:
        """The folder's tables; see `popcorn_bench.load`."""
        from popcorn_bench.harness.api.reading import load

        return load(self.folder)

    def _repr_html_(self) -> str:
        return self.leaderboard()._repr_html_()  # noqa: SLF001 - the notebook's protocol


def plan(spec: RunSpec | None = None, /, **options: Any) -> Planned:  # noqa: ANN401 - a spec's
    """What a run would do and what it would cost, without doing it.

    Args:
        spec: what to run; the embedded default if missing.
        **options: fields of `RunSpec` to change, named as the command line's options.

    Raises:
        UsageError: for whatever does not exist or does not fit.
    """
    with prepared(spec_of(spec, options), Policy()) as found:
        return Planned(found.plan, found.survey)


def run(
    spec: RunSpec | None = None,
    /,
    *,
    display: Display | None = None,
    **options: Any,  # noqa: ANN401 - a spec's
) -> Finished:
    """Cross LLMs with video generators and score the result; the same again resumes.

    Failures of models are rows of the results and raise nothing. Works in a notebook too.

    Args:
        spec: what to run; the embedded default if missing.
        display: told how far it is.
        **options: fields of `RunSpec` to change, named as the command line's options.

    Raises:
        UsageError: for whatever does not exist, does not fit, or was named and cannot run here.
        StoreError: when the results folder cannot be written; earlier work is intact.
    """
    return _do(spec_of(spec, options), Policy(), display)


async def arun(
    spec: RunSpec | None = None,
    /,
    *,
    display: Display | None = None,
    **options: Any,  # noqa: ANN401 - a spec's
) -> Finished:
    """The same as `run`, beside other work of an event loop: it has a thread of its own."""
    return await asyncio.to_thread(partial(run, spec, display=display, **options))


def retry(
    folder: Folder = DEFAULT_OUTPUT,
    /,
    *,
    display: Display | None = None,
    **options: Any,  # noqa: ANN401 - a spec's
) -> Finished:
    """Do the last run of a folder again where units failed or are missing; see `run`."""
    spec = spec_of(last_spec(Path(folder)), options)
    return _do(spec, Policy(retry_all=True), display)


def score(
    folder: Folder = DEFAULT_OUTPUT,
    /,
    *,
    display: Display | None = None,
    **options: Any,  # noqa: ANN401 - a spec's
) -> Finished:
    """Give what the last run of a folder made the scores that it lacks; nothing is generated.

    Args:
        folder: of the results.
        display: told how far it is.
        **options: `evaluators`, `evaluator_args`, `device`, ...; see `run`.
    """
    last = last_spec(Path(folder))
    wanted = spec_of(last, options)
    kept = tuple(pair for pair in last.evaluator_args if pair[0] in {"", *wanted.evaluators})
    if "evaluator_args" in options:
        kept += wanted.evaluator_args
    return _do(replace(wanted, evaluator_args=kept), Policy(generate=False), display)


def _do(spec: RunSpec, policy: Policy, display: Display | None) -> Finished:
    with prepared(spec, policy) as found:
        if blocked := found.plan.blocked:
            what = "; ".join(f"{item.noun} {item.name}: {item.reason}" for item in blocked)
            raise UsageError(f"cannot run here: {what} (skip_unusable=True goes on without)")
        if found.survey.complete:
            return Finished(spec.output_path, found.survey, None)
        report = _done(found, display or Silent())
        return Finished(spec.output_path, found.survey, report)


def _done(found: Prepared, display: Display) -> Report:
    """Do it here, or in a thread where this one's event loop is running, as in a notebook."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return found.execute(display)
    interrupts: list[Interrupt] = []
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(found.execute, display, interrupts.append)
        try:
            return future.result()
        except KeyboardInterrupt:
            for interrupt in interrupts:
                interrupt()
            raise
