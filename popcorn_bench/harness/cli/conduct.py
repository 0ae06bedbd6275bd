"""What `run`, `retry` and `score` share: plan, say what is missing, do it, show the board."""

from __future__ import annotations

import json
import sys

import click
from rich.console import Console

from popcorn_bench.errors import visible
from popcorn_bench.harness.cli import WRONG_USAGE
from popcorn_bench.harness.cli.board import show_board, write_page
from popcorn_bench.harness.cli.costs import show_costs
from popcorn_bench.harness.cli.display import make_display
from popcorn_bench.harness.cli.planscreen import show_plan, show_unusable, warn
from popcorn_bench.harness.decide import Policy
from popcorn_bench.harness.ended import Ended, Ending
from popcorn_bench.harness.plan import RunPlan
from popcorn_bench.harness.planrecord import plan_record
from popcorn_bench.harness.prepare import prepared
from popcorn_bench.harness.progress import Outcome
from popcorn_bench.harness.run import Report
from popcorn_bench.harness.spec import RunSpec
from popcorn_bench.harness.survey import Survey

_SHOWN = 200  # characters of a failure's message
_TOLD = {"authentication"}  # while it ran, once
_err = Console(stderr=True)


def conduct(
    spec: RunSpec, policy: Policy, *, dry_run: bool, display: str | None, as_json: bool
) -> int:
    """Do what the spec asks for; give the exit code."""
    with prepared(spec, policy) as found:
        plan = found.plan
        if dry_run or plan.blocked:
            return _only_plan(plan, found.survey, as_json=as_json)
        show_unusable(plan, _err)
        if found.survey.complete:
            return _nothing_to_do(Ended(spec, found.survey, None), as_json=as_json)
        warn(spec, found.survey, _err)
        report = found.execute(make_display(display))
    return _ended(Ended(spec, found.survey, report), report, as_json=as_json)


def _only_plan(plan: RunPlan, found: Survey, *, as_json: bool) -> int:
    if as_json:
        click.echo(json.dumps(plan_record(plan, found), indent=2))
    else:
        show_plan(plan, found, Console(stderr=bool(plan.blocked)))
    return WRONG_USAGE if plan.blocked else 0


def _nothing_to_do(ended: Ended, *, as_json: bool) -> int:
    found = ended.survey
    present, failed, missing = (c.total() for c in (found.present, found.failed, found.missing))
    units = f"{present:,} units were there"
    whole = ended.ending is Ending.COMPLETE
    said = f"all {units}" if whole else units
    _err.print(f"{said}: nothing to do, no request was sent", highlight=False)
    if failed:
        _advise(ended.spec, f"{failed:,} units failed before")
    if missing:
        _err.print(f"{missing:,} briefs and clips are missing; a run makes them", highlight=False)
    _show(ended, as_json=as_json)
    return ended.ending


def _advise(spec: RunSpec, what: str) -> None:
    code = "".join(f" --plugin {path}" for path in spec.plugin)
    _err.print(
        f"{what} and count in the denominators; `popcorn-bench retry {spec.output_path}{code}` "
        "tries them again",
        highlight=False,
        markup=False,
        soft_wrap=True,
    )


def _ended(ended: Ended, report: Report, *, as_json: bool) -> int:
    tally = report.tally
    for (who, kind), n in tally.kinds.most_common():
        why = "" if kind in _TOLD else visible(tally.said[who, kind])[:_SHOWN]
        line = f"  {n:,} x {kind}: {who}: {why}" if why else f"  {n:,} x {kind}: {who}"
        _err.print(line, markup=False, highlight=False, soft_wrap=True)
    failed, missing = tally.of(Outcome.FAILED), tally.of(Outcome.MISSING)
    if failed:
        _advise(ended.spec, f"{failed:,} units failed")
    if missing:
        _err.print(f"{missing:,} briefs and clips are missing; a run makes them", highlight=False)
    if report.halted:
        _err.print(report.halted, markup=False, highlight=False, soft_wrap=True)
    show_costs(tally, ended.spec, _err)
    _show(ended, as_json=as_json)
    return ended.ending


def _show(ended: Ended, *, as_json: bool) -> None:
    """The board on stdout and the page beside the results."""
    folder = ended.spec.output_path
    page = write_page(folder)
    if as_json:
        click.echo(json.dumps({**ended.to_record(), "page": str(page)}, indent=2))
        return
    show_board([folder])
    _err.print(f"page: {page}", soft_wrap=True, highlight=False)
    sys.stderr.flush()
