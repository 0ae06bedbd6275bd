"""What `run`, `retry` and `score` share: plan, say what is missing, do it, show the board."""

from __future__ import annotations

import json
import sys
from typing import Any

import click
from rich.console import Console

from popcorn_bench.harness.cli import INCOMPLETE, INTERRUPTED, WRONG_USAGE
from popcorn_bench.harness.cli.board import show_board, write_page
from popcorn_bench.harness.cli.costs import cost_record, show_costs
from popcorn_bench.harness.cli.display import make_display
from popcorn_bench.harness.cli.planscreen import plan_record, show_plan, show_unusable, warn
from popcorn_bench.harness.decide import Policy
from popcorn_bench.harness.limits.terms import on_terms
from popcorn_bench.harness.plan import RunPlan
from popcorn_bench.harness.progress import Outcome
from popcorn_bench.harness.resolve import resolve
from popcorn_bench.harness.run import Report
from popcorn_bench.harness.session import execute
from popcorn_bench.harness.spec import RunSpec
from popcorn_bench.harness.survey import Survey, survey
from popcorn_bench.results.artifacts.place import remember, settle
from popcorn_bench.results.store import Store
from popcorn_bench.types import Stage

_err = Console(stderr=True)
_STATUS = {0: "complete", INCOMPLETE: "incomplete", INTERRUPTED: "interrupted"}


def conduct(
    spec: RunSpec, policy: Policy, *, dry_run: bool, display: str | None, as_json: bool
) -> int:
    """Do what the spec asks for; give the exit code."""
    resolved = resolve(spec, generating=policy.generate)
    plan = on_terms(resolved, generating=policy.generate)
    place = settle(spec.output_path, spec.artifacts, spec.artifact_cache)
    with Store(spec.output_path, place.open(spec.output_path)) as store:
        found = survey(plan, store, policy)
        if dry_run or plan.blocked:
            return _only_plan(plan, found, as_json=as_json)
        show_unusable(plan, _err)
        if found.complete:
            return _nothing_to_do(spec, found, as_json=as_json)
        warn(spec, found, _err)
        store.artifacts.check()
        remember(spec.output_path, place)
        report = execute(plan, store, make_display(display), policy)
    return _ended(spec, report, as_json=as_json)


def _only_plan(plan: RunPlan, found: Survey, *, as_json: bool) -> int:
    if as_json:
        click.echo(json.dumps(plan_record(plan, found), indent=2))
    else:
        show_plan(plan, found, Console(stderr=bool(plan.blocked)))
    return WRONG_USAGE if plan.blocked else 0


def _nothing_to_do(spec: RunSpec, found: Survey, *, as_json: bool) -> int:
    present, failed, missing = (c.total() for c in (found.present, found.failed, found.missing))
    left = failed + missing
    units = f"{present:,} units were there" if left else f"all {present:,} units were there"
    _err.print(f"{units}: nothing to do, no request was sent", highlight=False)
    if failed:
        _advise(spec, f"{failed:,} units failed before")
    if missing:
        _err.print(f"{missing:,} briefs and clips are missing; a run makes them", highlight=False)
    status = {
        "status": "incomplete" if left else "complete",
        "run_id": None,
        "units": found.to_record()["units"],
    }
    _show(spec, status, as_json=as_json)
    return INCOMPLETE if left else 0


def _advise(spec: RunSpec, what: str) -> None:
    _err.print(
        f"{what} and count in the denominators; `popcorn-bench retry {spec.output_path}` tries "
        "them again",
        highlight=False,
        markup=False,
        soft_wrap=True,
    )


def _ended(spec: RunSpec, report: Report, *, as_json: bool) -> int:
    tally = report.tally
    for (who, kind), n in tally.kinds.most_common():
        _err.print(f"  {n:,} x {kind}: {who}", markup=False, highlight=False)
    failed, missing = tally.of(Outcome.FAILED), tally.of(Outcome.MISSING)
    if failed:
        _advise(spec, f"{failed:,} units failed")
    if missing:
        _err.print(f"{missing:,} briefs and clips are missing; a run makes them", highlight=False)
    if report.halted:
        _err.print(report.halted, markup=False, highlight=False, soft_wrap=True)
    show_costs(tally, spec, _err)
    code = _code(report)
    status: dict[str, Any] = {
        "status": _STATUS[code],
        "stopped": report.halted or None,
        "run_id": report.run_id,
        "units": {
            f"{stage}": {outcome.value: tally.of(outcome, stage) for outcome in Outcome}
            for stage in Stage
            if stage is not Stage.AUDIT
        },
        "failures": [{"who": w, "kind": k, "n": n} for (w, k), n in tally.kinds.items()],
        "cost_usd": round(tally.cost_usd, 6),
        "cost_unknown_calls": tally.cost_unknown,
        "cost": cost_record(tally, spec),
    }
    _show(spec, status, as_json=as_json)
    return code


def _code(report: Report) -> int:
    if report.interrupted:
        return INTERRUPTED
    left = report.tally.of(Outcome.FAILED) + report.tally.of(Outcome.MISSING)
    return INCOMPLETE if left or report.halted else 0


def _show(spec: RunSpec, status: dict[str, Any], *, as_json: bool) -> None:
    """The board on stdout and the page beside the results."""
    page = write_page(spec.output_path)
    if as_json:
        click.echo(json.dumps({**status, "page": str(page)}, indent=2))
        return
    show_board([spec.output_path])
    _err.print(f"page: {page}", soft_wrap=True, highlight=False)
    sys.stderr.flush()
