"""`popcorn-bench costs`, and what a run cost as its end tells it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from popcorn_bench.harness.cli.kinds import FOLDER
from popcorn_bench.harness.cli.options import with_json
from popcorn_bench.harness.spec import DEFAULT_OUTPUT, RunSpec

if TYPE_CHECKING:
    from rich.console import Console

    from popcorn_bench.harness.ledger import Bill
    from popcorn_bench.harness.progress import Tally
    from popcorn_bench.types import Stage

    Bills = Mapping[tuple[Stage, str], Bill]


@click.command(name="costs")
@click.argument("folder", type=FOLDER, default=DEFAULT_OUTPUT, metavar="[DIR]")
@with_json
def command(folder: Path, *, as_json: bool) -> None:
    """Show what the runs of DIR cost, by model and stage, and what went into failed attempts."""
    from rich.console import Console

    from popcorn_bench.harness.api.folders import costs

    found = costs(folder)
    if as_json:
        click.echo(json.dumps(found.to_record(), indent=2))
        return
    runs, every = found.runs, found.every
    console = Console()
    for name, bills in runs.items():
        _show(bills, f"{name}: ", "", console)
    if len(runs) > 1:
        _show(every, "all runs: ", "", console)
    if not any(bill.usd or bill.unknown for bill in every.values()):
        console.print("nothing was paid for")


def show_costs(tally: Tally, spec: RunSpec, console: Console) -> None:
    """One line for all, and one for each who was paid; nothing where nothing cost anything."""
    limit = "" if spec.budget is None else f" of ${spec.budget:.2f}"
    _show(tally.bills, "cost: ", limit, console)


def _show(bills: Bills, what: str, limit: str, console: Console) -> None:
    paid = {of: bill for of, bill in sorted(bills.items()) if bill.usd or bill.unknown}
    if not paid:
        return
    more = " + unknown" if any(bill.unknown for bill in paid.values()) else ""
    usd = sum(bill.usd for bill in paid.values())
    _line(console, f"{what}${usd:.4f}{more}{limit}")
    for (stage, who), bill in paid.items():
        _line(console, f"  {_amount(bill)} for {bill.units:,} {stage}s by {who}{_waste(bill)}")


def _line(console: Console, text: str) -> None:
    console.print(text, markup=False, highlight=False, soft_wrap=True)


def _amount(bill: Bill) -> str:
    if not bill.unknown:
        return f"${bill.usd:.4f}"
    return f"${bill.usd:.4f} + unknown" if bill.usd else "unknown"


def _waste(bill: Bill) -> str:
    return f", of it ${bill.wasted_usd:.4f} without a result" if bill.wasted_usd else ""
