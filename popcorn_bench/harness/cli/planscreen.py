"""A plan on one screen."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console
from rich.filesize import decimal
from rich.table import Table

from popcorn_bench.harness.plan import RunPlan, Unusable
from popcorn_bench.harness.planrecord import HOUR, warnings
from popcorn_bench.harness.spec import RunSpec
from popcorn_bench.harness.survey import Survey
from popcorn_bench.types import Stage

_STAGES = (Stage.BRIEF, Stage.COVER, Stage.VIDEO, Stage.SCORE)


def show_plan(plan: RunPlan, found: Survey, console: Console) -> None:
    """What would be done, what is there, what is missing, what it would cost."""
    if plan.blocked:
        console.print("[bold]This run cannot start here:[/bold]")
        _list(plan.blocked, console)
        console.print("Leave them out, supply what is missing, or add --skip-unusable.")
    show_unusable(plan, console)
    if plan.blocked:
        console.print("[dim]what could run:[/dim]")
        _usable(plan, console)
        return
    _usable(plan, console)
    console.print(_units(found))
    _cost(found, console)
    warn(plan.spec, found, console)


def warn(spec: RunSpec, found: Survey, console: Console) -> None:
    """Say what is likely to stop the run before its end."""
    for warning in warnings(spec, found):
        console.print(f"note: {warning}", markup=False, highlight=False, soft_wrap=True)


def show_unusable(plan: RunPlan, console: Console) -> None:
    """What was left out, once, with what it needs, and what else to know beforehand."""
    for note in plan.notes:
        console.print(f"note: {note}", markup=False, highlight=False, soft_wrap=True)
    if plan.skipped:
        console.print(f"[dim]left out ({len(plan.skipped)}), not usable here:[/dim]")
        _list(plan.skipped, console)


def _list(items: Iterable[Unusable], console: Console) -> None:
    """One line per thing that is missing, with all that need it."""
    by_reason: dict[tuple[str, str], list[str]] = {}
    for item in items:
        by_reason.setdefault((item.noun, item.reason), []).append(item.name)
    for (noun, reason), names in by_reason.items():
        plural = noun if len(names) == 1 else f"{noun}s"
        line = f"  {plural} {', '.join(names)}: {reason}"
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def _usable(plan: RunPlan, console: Console) -> None:
    names = {
        "tasks": [f"{task.name} ({len(task.queries)} queries)" for task in plan.tasks],
        "LLMs": [entry.llm.name for entry in plan.llms],
        "video generators": [entry.generator.name for entry in plan.videos],
        "covers": [plan.cover.generator.name] if plan.cover else [],
        "modes": [prompting.mode.name for prompting in plan.modes],
        "evaluators": [card.name for card in plan.evaluators],
    }
    for noun, found in names.items():
        console.print(f"{noun}: {', '.join(found) or 'none'}", markup=False, highlight=False)


def _units(found: Survey) -> Table:
    table = Table(box=None, pad_edge=False)
    for name in ("units", "to do", "to reuse", "there", "failed before"):
        table.add_column(name, justify="left" if name == "units" else "right")
    for stage in _STAGES:
        counts = (found.to_do, found.reuse, found.present, found.failed)
        table.add_row(f"{stage}s", *(f"{count[stage]:,}" for count in counts))
    return table


def _cost(found: Survey, console: Console) -> None:
    calls = ", ".join(f"{name} {n:,}" for name, n in found.calls.items())
    console.print(f"calls: {calls or 'none'}", markup=False, highlight=False)
    unknown = f"; price unknown: {', '.join(sorted(found.unpriced))}" if found.unpriced else ""
    console.print(f"money: about ${found.usd:.2f}{unknown}", markup=False, highlight=False)
    untimed = f"; time unknown: {', '.join(sorted(found.untimed))}" if found.untimed else ""
    hours = found.gpu_seconds / HOUR
    console.print(f"GPU time: about {hours:.1f} h{untimed}", markup=False, highlight=False)
    unsized = f"; size unknown: {', '.join(found.disk.unsized)}" if found.disk.unsized else ""
    clips, lines = (decimal(n) for n in (found.disk.artefacts, found.disk.journal))
    console.print(
        f"disk: about {clips} of clips and covers, {lines} of journal{unsized}",
        markup=False,
        highlight=False,
    )
