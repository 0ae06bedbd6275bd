"""Runs from Python."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from popcorn_bench.errors import UsageError
from popcorn_bench.harness.api import notebook
from popcorn_bench.harness.api.boards import Leaderboard, leaderboard
from popcorn_bench.harness.api.spec import spec_of
from popcorn_bench.harness.api.telling import Folder, paths_of
from popcorn_bench.harness.braking import Brake, beside, here_or_in_thread
from popcorn_bench.harness.decide import Policy
from popcorn_bench.harness.ended import Ended, Ending
from popcorn_bench.harness.history import last_spec
from popcorn_bench.harness.limits.tolerance import Tolerance
from popcorn_bench.harness.plan import RunPlan
from popcorn_bench.harness.planrecord import plan_record
from popcorn_bench.harness.prepare import prepared
from popcorn_bench.harness.progress import Display, Outcome, Silent, Tally
from popcorn_bench.harness.spec import DEFAULT_OUTPUT, RunSpec
from popcorn_bench.harness.survey import Survey
from popcorn_bench.types import Stage

if TYPE_CHECKING:
    from popcorn_bench.harness.api.reading import Results

_STAGES = (Stage.BRIEF, Stage.COVER, Stage.VIDEO, Stage.SCORE)


@dataclass(frozen=True, slots=True)
class Planned:
    """What a run would do; `blocked` and `skipped` in the plan say what cannot run here."""

    plan: RunPlan
    survey: Survey

    def to_record(self) -> dict[str, Any]:
        """As `popcorn-bench --dry-run --json`."""
        return plan_record(self.plan, self.survey)

    def _repr_html_(self) -> str:
        found = self.survey
        counts = (found.to_do, found.reuse, found.present, found.failed, found.missing)
        rows = [(f"{s}s", *(f"{count[s]:,}" for count in counts)) for s in _STAGES]
        heads = ("Units", "To do", "To reuse", "There", "Failed before", "Missing")
        return notebook.table("Plan", heads, rows, words=frozenset({"Units"})) + notebook.notes(
            self._lines()
        )

    def _lines(self) -> list[str]:
        record = self.to_record()
        calls = ", ".join(f"{name} {n:,}" for name, n in record["calls"].items())
        unknown = ", ".join(record["unpriced"])
        money = f"about ${record['estimated_usd']:.2f}"
        return [
            f"Calls: {calls or 'none'}. Money: {money}"
            + (f"; price unknown: {unknown}." if unknown else "."),
            *record["notes"],
            *record["warnings"],
            *(f"Left out: {i['noun']} {i['name']}: {i['reason']}" for i in record["skipped"]),
            *(f"Cannot run: {i['noun']} {i['name']}: {i['reason']}" for i in record["blocked"]),
        ]


@dataclass(frozen=True, slots=True)
class Finished(Ended):
    """How a run ended. `report` is None where nothing was left to do."""

    @property
    def folder(self) -> Path:
        """The results folder."""
        return self.spec.output_path

    @property
    def complete(self) -> bool:
        """Whether everything planned is there."""
        return self.ending is Ending.COMPLETE

    @property
    def run_id(self) -> str | None:
        """Of the run; None where nothing was left to do."""
        return self.report.run_id if self.report else None

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
        lines = [self._summary()]
        if self.report is not None:
            kinds = self.report.tally.kinds.most_common()
            lines += [self.report.halted, *(f"{n:,} x {kind}: {who}" for (who, kind), n in kinds)]
        return notebook.notes(lines) + self.leaderboard()._repr_html_()

    def _summary(self) -> str:
        if self.report is None:
            return f"{self.folder}: {self.ending.name.lower()}; nothing was left to do."
        tally = self.tally
        done, failed = tally.of(Outcome.DONE), tally.of(Outcome.FAILED)
        counts = f"{done:,} units done, {failed:,} failed, ${tally.cost_usd:.2f}"
        return f"{self.folder}: {self.ending.name.lower()}; {counts}."


def plan(spec: RunSpec | None = None, /, **options: Any) -> Planned:  # noqa: ANN401 - a spec's
    """What a run would do and what it would cost, without doing it.

    Args:
        spec: what to run; the embedded default if missing.
        **options: fields of `RunSpec` to change, named as the command line's options.

    Raises:
        UsageError: for whatever does not exist or does not fit.
    """
    return _planned(_checked(spec, options), Policy())


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
        StoreError: when the results folder cannot be written.
        KeyboardInterrupt: after Ctrl-C, when what was in flight is saved; a second Ctrl-C stops at
            once. Earlier work is intact.
    """
    return _run(_checked(spec, options), Policy(), display)


async def arun(
    spec: RunSpec | None = None,
    /,
    *,
    display: Display | None = None,
    **options: Any,  # noqa: ANN401 - a spec's
) -> Finished:
    """The same as `run`, beside other work of an event loop: it has a thread of its own.

    Args:
        spec: what to run; the embedded default if missing.
        display: told how far it is, in that thread.
        **options: fields of `RunSpec` to change, named as the command line's options.

    Raises:
        UsageError: as `run`.
        StoreError: as `run`.
        asyncio.CancelledError: after a cancellation, when what was in flight is saved.
    """
    return await beside(partial(_do, _checked(spec, options), Policy(), display))


def retry(
    folder: Folder = DEFAULT_OUTPUT,
    /,
    *,
    display: Display | None = None,
    **options: Any,  # noqa: ANN401 - a spec's
) -> Finished:
    """Do the last run of a folder again where units failed or are missing.

    Args:
        folder: of the results.
        display: told how far it is.
        **options: limits and what else is to be other than in that run; see `run`.

    Raises:
        UsageError: where no run has been, and as `run`.
    """
    return _run(_again(folder, options), Policy(retry_all=True), display)


def plan_retry(folder: Folder = DEFAULT_OUTPUT, /, **options: Any) -> Planned:  # noqa: ANN401
    """What `retry` would do, without doing it.

    Args:
        folder: of the results.
        **options: as `retry` takes them.

    Raises:
        UsageError: as `retry`.
    """
    return _planned(_again(folder, options), Policy(retry_all=True))


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
        **options: `evaluators`, `evaluator_args`, `device`, limits; see `run`.

    Raises:
        UsageError: where no run has been, and as `run`.
    """
    return _run(scoring(folder, options), Policy(generate=False), display)


def plan_score(folder: Folder = DEFAULT_OUTPUT, /, **options: Any) -> Planned:  # noqa: ANN401
    """What `score` would do, without doing it.

    Args:
        folder: of the results.
        **options: as `score` takes them.

    Raises:
        UsageError: as `score`.
    """
    return _planned(scoring(folder, options), Policy(generate=False))


def scoring(folder: Folder, options: dict[str, Any]) -> RunSpec:
    """The spec of the last run for other evaluators: settings of those left out are dropped."""
    last = last_spec(Path(folder), paths_of(options.get("plugin", ())))
    wanted = _checked(last, options)
    kept = tuple(pair for pair in last.evaluator_args if pair[0] in {"", *wanted.evaluators})
    added = wanted.evaluator_args if "evaluator_args" in options else ()
    return replace(wanted, evaluator_args=(*kept, *added))


def _again(folder: Folder, options: dict[str, Any]) -> RunSpec:
    return _checked(last_spec(Path(folder), paths_of(options.get("plugin", ()))), options)


def _checked(spec: RunSpec | None, options: dict[str, Any]) -> RunSpec:
    found = spec_of(spec, options)
    Tolerance.read(found.fail_on_error)
    return found


def _planned(spec: RunSpec, policy: Policy) -> Planned:
    with prepared(spec, policy) as found:
        return Planned(found.plan, found.survey)


def _run(spec: RunSpec, policy: Policy, display: Display | None) -> Finished:
    finished = here_or_in_thread(partial(_do, spec, policy, display))
    if finished.ending is Ending.INTERRUPTED:
        raise KeyboardInterrupt
    return finished


def _do(spec: RunSpec, policy: Policy, display: Display | None, brake: Brake) -> Finished:
    with prepared(spec, policy) as found:
        if blocked := found.plan.blocked:
            what = "; ".join(f"{item.noun} {item.name}: {item.reason}" for item in blocked)
            raise UsageError(f"cannot run here: {what} (skip_unusable=True goes on without)")
        if found.survey.complete:
            return Finished(spec, found.survey, None)
        report = found.execute(display or Silent(), brake.attach)
        return Finished(spec, found.survey, report)
