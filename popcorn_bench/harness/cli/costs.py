"""What a run cost, on the terminal and as plain data."""

from __future__ import annotations

from typing import Any

from rich.console import Console

from popcorn_bench.harness.ledger import Bill
from popcorn_bench.harness.progress import Tally
from popcorn_bench.harness.spec import RunSpec


def cost_record(tally: Tally, spec: RunSpec) -> dict[str, Any]:
    """The ledger by model and stage, beside the budget."""
    bills = sorted(tally.bills.items())
    return {
        "budget_usd": spec.budget,
        "usd": round(tally.cost_usd, 6),
        "wasted_usd": round(sum(bill.wasted_usd for _, bill in bills), 6),
        "unknown_calls": tally.cost_unknown,
        "by": [{"stage": f"{s}", "who": who, **bill.to_record()} for (s, who), bill in bills],
    }


def show_costs(tally: Tally, spec: RunSpec, console: Console) -> None:
    """One line for all, and one for each who was paid; nothing where nothing cost anything."""
    paid = {who: bill for who, bill in sorted(tally.bills.items()) if bill.usd or bill.unknown}
    if not paid:
        return
    limit = "" if spec.budget is None else f" of ${spec.budget:.2f}"
    more = " + unknown" if tally.cost_unknown else ""
    console.print(f"cost: ${tally.cost_usd:.4f}{more}{limit}", markup=False, highlight=False)
    for (stage, who), bill in paid.items():
        line = f"  {_amount(bill)} for {bill.units:,} {stage}s by {who}{_waste(bill)}"
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def _amount(bill: Bill) -> str:
    if not bill.unknown:
        return f"${bill.usd:.4f}"
    return f"${bill.usd:.4f} + unknown" if bill.usd else "unknown"


def _waste(bill: Bill) -> str:
    return f", of it ${bill.wasted_usd:.4f} without a result" if bill.wasted_usd else ""
