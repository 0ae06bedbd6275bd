"""`popcorn-bench reproduce`: make a run again and tell what became different."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from popcorn_bench.errors import UsageError, redact
from popcorn_bench.harness.cli import INCOMPLETE, INTERRUPTED
from popcorn_bench.harness.cli.options import (
    FOLDER,
    LIST,
    limited,
    with_display,
    with_json,
    with_limits,
)
from popcorn_bench.harness.spec import DEFAULT_OUTPUT

if TYPE_CHECKING:
    from popcorn_bench.harness.plan import RunPlan
    from popcorn_bench.harness.reproduce.manifest import Manifest
    from popcorn_bench.harness.reproduce.outcome import Outcome
    from popcorn_bench.harness.survey import Survey
    from popcorn_bench.results.store import Store
    from popcorn_bench.types import Stage

DIFFERENT, NOT_REPRODUCIBLE = 4, 5
_STAGES = ("brief", "cover", "video", "score")


@click.command(name="reproduce")
@click.argument("run")
@click.option("--results", type=FOLDER, default=DEFAULT_OUTPUT, show_default=True, metavar="DIR",
    help="Results folder that holds the run.",
)  # fmt: skip
@click.option("--to", "target", type=FOLDER, metavar="DIR2",
    help="Fresh folder for the second run [beside DIR, with the id of the run].",
)  # fmt: skip
@click.option("--stage", "stages", type=LIST, default=_STAGES, metavar="A,B",
    help="Make only these again, from what the first run holds of the others "
    f"[{','.join(_STAGES)}].",
)  # fmt: skip
@click.option("--pay", is_flag=True, help="Ask again for what costs money, or may.")
@click.option("--strict", is_flag=True,
    help="Hold everything to come out the same, not only what cannot but do so.",
)  # fmt: skip
@click.option("--tolerance", type=click.FloatRange(min=0), default=0.0, show_default=True,
    help="Difference up to which two scores count as equal.",
)  # fmt: skip
@click.option("--device", help="Where generators and evaluators run [as the first run].")
@click.option("--dry-run", is_flag=True, help="Show the plan with its cost and stop.")
@with_limits
@with_display
@with_json
@click.pass_context
def command(  # noqa: PLR0913 - one per option
    ctx: click.Context,
    /,
    *,
    run: str,
    results: Path,
    target: Path | None,
    stages: tuple[str, ...],
    device: str | None,
    **options: Any,  # noqa: ANN401 - click's values
) -> None:
    """Make RUN (its id, or the start of it) again, and tell stage by stage what became different.

    Exit code 0 where all is the same that should be, 3 where not all could be made again, 4 where
    something came out otherwise, 5 where what the run was made of is not there as it was.
    """
    from popcorn_bench.harness.reproduce.again import NotReproducibleError, plan_again
    from popcorn_bench.harness.reproduce.manifest import read_manifest
    from popcorn_bench.harness.reproduce.outcome import check_target

    first, wanted = read_manifest(results, run), _stages(stages)
    folder = target or _beside(first, wanted)
    check_target(folder, first, wanted)
    spec = replace(first.spec, output_path=folder, device=device or first.spec.device)
    try:
        plan = plan_again(first, limited(spec, options), wanted)
    except NotReproducibleError as error:
        click.echo(f"popcorn-bench: {redact(str(error))}", err=True)
        ctx.exit(NOT_REPRODUCIBLE)
    ctx.exit(_do(first, plan, wanted, options))


def _stages(names: tuple[str, ...]) -> frozenset[Stage]:
    from popcorn_bench.errors import did_you_mean
    from popcorn_bench.types import Stage

    for name in names:
        if name not in _STAGES:
            raise UsageError(f"--stage: {name!r} is no stage{did_you_mean(name, _STAGES)}")
    return frozenset(Stage(name) for name in names)


def _beside(first: Manifest, stages: frozenset[Stage]) -> Path:
    """The folder of the second run, one for each choice of stages."""
    folder = first.folder.resolve()
    some = [name for name in _STAGES if name in {f"{stage}" for stage in stages}]
    parts = () if len(some) == len(_STAGES) else some
    return folder.with_name("-".join((folder.name, "again", first.run_id, *parts)))


def _do(
    first: Manifest, plan: RunPlan, stages: frozenset[Stage], options: Mapping[str, Any]
) -> int:
    """Make what is to be made, compare, tell; give the exit code."""
    from popcorn_bench.harness.decide import Policy
    from popcorn_bench.harness.reproduce.again import STAGES
    from popcorn_bench.harness.reproduce.conclude import conclude
    from popcorn_bench.harness.reproduce.lending import BorrowingStore
    from popcorn_bench.harness.survey import survey
    from popcorn_bench.results.store import Store

    folder, lent = plan.spec.output_path, frozenset(STAGES) - stages
    with Store(first.folder) as lender, BorrowingStore(folder, lender, lent) as store:
        found = survey(plan, store, Policy())
        if options["dry_run"]:
            return _only_plan(plan, found, as_json=options["as_json"])
        _refuse_to_pay(found, allowed=options["pay"])
        interrupted, halted = _make(first, plan, store, stages, options["display"], found)
        outcome = conclude(
            first, plan, store, stages, tolerance=options["tolerance"],
            all_exact=options["strict"], broken_off=interrupted or bool(halted),
        )  # fmt: skip
    if halted:
        click.echo(halted, err=True)
    _tell(outcome, as_json=options["as_json"])
    return INTERRUPTED if interrupted else _code(outcome)


def _make(  # noqa: PLR0913, PLR0917 - the parts of a run
    first: Manifest,
    plan: RunPlan,
    store: Store,
    stages: frozenset[Stage],
    display: str | None,
    found: Survey,
) -> tuple[bool, str]:
    """Do what is left of the second run; give whether it was interrupted, and why it stopped."""
    from popcorn_bench.harness.cli.display import make_display
    from popcorn_bench.harness.decide import Policy
    from popcorn_bench.harness.reproduce.outcome import claim
    from popcorn_bench.harness.session import execute
    from popcorn_bench.results.journal import journal_files

    if found.complete and journal_files(store.folder):
        return False, ""
    claim(store.folder, first, stages)
    report = execute(plan, store, make_display(display), Policy())
    return report.interrupted, report.halted


def _only_plan(plan: RunPlan, found: Survey, *, as_json: bool) -> int:
    from rich.console import Console

    from popcorn_bench.harness.cli.planscreen import plan_record, show_plan

    if as_json:
        click.echo(json.dumps(plan_record(plan, found), indent=2))
    else:
        show_plan(plan, found, Console())
    return 0


def _refuse_to_pay(found: Survey, *, allowed: bool) -> None:
    """What was paid for once is not paid for again by accident."""
    if allowed or not (found.usd or found.unpriced):
        return
    unknown = f", price unknown: {', '.join(sorted(found.unpriced))}" if found.unpriced else ""
    raise UsageError(
        f"this asks again for what costs money (about ${found.usd:.2f}{unknown}): --pay allows it, "
        "--stage video,score or --stage score takes what the first run holds, --dry-run shows more"
    )


def _tell(outcome: Outcome, *, as_json: bool) -> None:
    from rich.console import Console

    from popcorn_bench.harness.cli.board import write_page
    from popcorn_bench.harness.cli.reproducescreen import show

    page = write_page(outcome.second.folder)
    if as_json:
        click.echo(json.dumps({**outcome.to_record(), "page": str(page)}, indent=2))
        return
    show(outcome, Console())
    click.echo(f"page: {page}", err=True)


def _code(outcome: Outcome) -> int:
    from popcorn_bench.harness.reproduce.outcome import Verdict

    codes = {Verdict.SAME: 0, Verdict.INCOMPLETE: INCOMPLETE, Verdict.DIFFERENT: DIFFERENT}
    return codes[outcome.verdict]
