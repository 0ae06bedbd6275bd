"""A run made again, and what became different."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from popcorn_bench import plugins
from popcorn_bench.errors import UsageError, did_you_mean
from popcorn_bench.harness.api.running import Planned
from popcorn_bench.harness.api.spec import spec_of
from popcorn_bench.harness.api.telling import Folder, Names, names_of, paths_of
from popcorn_bench.harness.braking import Brake, here_or_in_thread
from popcorn_bench.harness.progress import Display, Silent
from popcorn_bench.harness.reproduce.doing import (
    STAGE_NAMES,
    Repeated,
    Repetition,
    beside,
    refuse_to_pay,
    repetition,
    stages_of,
)
from popcorn_bench.harness.reproduce.manifest import read_manifest
from popcorn_bench.harness.reproduce.outcome import Outcome, Verdict
from popcorn_bench.harness.spec import DEFAULT_OUTPUT, LIMITS

_FREE = ("device", "plugin", *LIMITS)


@dataclass(frozen=True, slots=True)
class Reproduced:
    """Two runs beside each other; `halted` says why the second stopped by itself, if it did."""

    outcome: Outcome
    halted: str

    @property
    def verdict(self) -> Verdict:
        """The same, incomplete, or different."""
        return self.outcome.verdict

    def to_record(self) -> dict[str, Any]:
        """As `popcorn-bench reproduce --json`."""
        return self.outcome.to_record()


def reproduce(  # noqa: PLR0913 - one per option of the command
    run: str,
    /,
    *,
    results: Folder = DEFAULT_OUTPUT,
    to: Folder | None = None,
    stage: Names = STAGE_NAMES,
    pay: bool = False,
    strict: bool = False,
    tolerance: float = 0.0,
    display: Display | None = None,
    **options: Any,  # noqa: ANN401 - a spec's
) -> Reproduced:
    """Make a run again, and tell stage by stage what became different.

    Args:
        run: its id, or the start of it.
        results: folder that holds it.
        to: fresh folder for the second run; beside `results` if missing.
        stage: make only these again, from what the first run holds of the others.
        pay: ask again for what costs money, or may.
        strict: hold everything to come out the same, not only what cannot but do so.
        tolerance: difference up to which two scores count as equal.
        display: told how far it is.
        **options: `device` and limits, other than those of the first run.

    Raises:
        UsageError: for a run that is not there, and where it costs money without `pay`.
        NotReproducibleError: where what the run was made of is not there as it was.
        KeyboardInterrupt: as `run`.
    """
    if tolerance < 0:
        raise UsageError(f"--tolerance: {tolerance} is below 0")
    opening = partial(_opening, run, results, to, stage, options)

    def do(brake: Brake) -> Repeated:
        with opening() as again:
            refuse_to_pay(again.survey, allowed=pay)
            return again.do(
                display or Silent(),
                tolerance=tolerance,
                strict=strict,
                interruptible=brake.attach,
            )

    found = here_or_in_thread(do)
    if found.interrupted:
        raise KeyboardInterrupt
    return Reproduced(found.outcome, found.halted)


def plan_reproduce(
    run: str,
    /,
    *,
    results: Folder = DEFAULT_OUTPUT,
    to: Folder | None = None,
    stage: Names = STAGE_NAMES,
    **options: Any,  # noqa: ANN401 - a spec's
) -> Planned:
    """What `reproduce` would do and cost, without doing it.

    Args:
        run: its id, or the start of it.
        results: folder that holds it.
        to: folder for the second run.
        stage: only these.
        **options: as `reproduce` takes them.

    Raises:
        UsageError: for a run that is not there.
        NotReproducibleError: where what the run was made of is not there as it was.
    """
    with _opening(run, results, to, stage, options) as again:
        return Planned(again.plan, again.survey)


def _opening(
    run: str, results: Folder, to: Folder | None, stage: Names, options: dict[str, Any]
) -> AbstractContextManager[Repetition]:
    for name in options:
        if name not in _FREE:
            raise UsageError(
                f"{name!r} is what the first run says{did_you_mean(name, _FREE)}"
                f"; free are {', '.join(_FREE)}"
            )
    first, stages = read_manifest(Path(results), run), stages_of(names_of(stage))
    plugins.check_named(first.spec.plugin, paths_of(options.get("plugin", ())))
    folder = Path(to) if to else beside(first, stages)
    return repetition(first, spec_of(first.spec, {**options, "output_path": folder}), stages)
