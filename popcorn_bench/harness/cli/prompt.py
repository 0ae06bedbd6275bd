"""`popcorn-bench prompt`: what an LLM would be sent. Costs nothing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from popcorn_bench.errors import UsageError
from popcorn_bench.harness.cli.kinds import LIST
from popcorn_bench.harness.cli.options import with_enhancement, with_include_path
from popcorn_bench.harness.spec import RunSpec

if TYPE_CHECKING:
    from popcorn_bench.harness.prompting import Prompted


@click.command(name="prompt")
@click.argument("text", required=False)
@click.option("--task", "--tasks", "tasks", type=LIST, default=("popcorn_concrete",),
    metavar="T", help="Gives the templates, and the queries where no TEXT is given "
    "[popcorn_concrete].",
)  # fmt: skip
@click.option("--mode", "--modes", "modes", type=LIST, default=("basic", "pe"), metavar="A,B",
    help="Ways of prompting [basic,pe].",
)  # fmt: skip
@click.option("--limit", type=click.IntRange(min=1), help="First N queries of the task.")
@with_enhancement
@with_include_path
@click.option("--json", "as_json", is_flag=True, help="Print JSON lines on stdout.")
def command(text: str | None, *, as_json: bool, **options: Any) -> None:  # noqa: ANN401 - click's
    """Show what an LLM would be sent for TEXT, or for the queries of a task, in each mode.

    With `--json`: one JSON line per query and mode.
    """
    from popcorn_bench.harness.prompting import plan_prompts, prompts

    if text is not None and not text.strip():
        raise UsageError("TEXT: is empty")
    plan = plan_prompts(RunSpec(llms=("echo",), videos=("none",), **options))
    for note in plan.notes:
        click.echo(f"note: {note}", err=True)
    for found in prompts(plan, text):
        if as_json:
            click.echo(json.dumps(found.to_record(), ensure_ascii=False))
        else:
            _show(found)


def _show(found: Prompted) -> None:
    """For people; what a corpus or a task says cannot steer the terminal."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from popcorn_bench.leaderboard.text import clean

    console, prompt = Console(), found.prompt
    console.rule(Text(clean(f"{found.mode}: {found.query.text}")))
    for message in prompt.messages:
        console.print(Text(f"[{message.role}]", style="bold"))
        for line in message.content.splitlines():
            console.print(Text(clean(line)))
    if prompt.found is None:
        return
    table = Table("distance", "label", "category", "title", title="references", box=None)
    for item in prompt.found.references:
        distance = f"{item.distance:.3f}"
        table.add_row(distance, item.label, Text(clean(item.category)), Text(clean(item.title)))
    console.print(table)
    if prompt.found.note:
        console.print(Text(clean(f"note: {prompt.found.note}")))
