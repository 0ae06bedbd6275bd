"""`popcorn-bench doctor`: what this machine can run."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from popcorn_bench.harness.cli.kinds import FOLDER
from popcorn_bench.harness.cli.options import with_include_path, with_json
from popcorn_bench.harness.spec import DEFAULT_OUTPUT

if TYPE_CHECKING:
    from popcorn_bench.harness.doctor.finding import Finding

_MARKS = {"ok": "yes", "missing": "-", "broken": "NO"}


@click.command(name="doctor")
@click.option("--output-path", type=FOLDER, default=DEFAULT_OUTPUT, show_default=True,
    help="Results folder that is meant.",
)  # fmt: skip
@click.option("--offline", is_flag=True, help="Do not look whether the hub can be reached.")
@with_include_path
@with_json
@click.pass_context
def command(
    ctx: click.Context, output_path: Path, include_path: tuple[str, ...], *, offline: bool,
    as_json: bool,
) -> None:  # fmt: skip
    """Tell what this machine can run, and what would mend what it cannot.

    Keys are told by the names of their variables. Exit code 0 if the embedded default runs.
    """
    from popcorn_bench.harness.api.knowing import doctor
    from popcorn_bench.harness.cli import BROKEN
    from popcorn_bench.harness.doctor.finding import State

    found = doctor(output_path, offline=offline, include_path=include_path)
    if as_json:
        click.echo(json.dumps([asdict(finding) for finding in found], indent=2))
    else:
        _show(found)
    ctx.exit(BROKEN if any(finding.state is State.BROKEN for finding in found) else 0)


def _show(found: list[Finding]) -> None:
    from rich.console import Console
    from rich.table import Table

    from popcorn_bench.leaderboard.text import clean

    table = Table(box=None, pad_edge=False, show_edge=False)
    for column in ("", "what", "here", "found", "what mends it"):
        table.add_column(column, overflow="fold")
    area = ""
    for finding in found:
        shown = "" if finding.area == area else finding.area
        area = finding.area
        cells = (shown, finding.name, _MARKS[finding.state], finding.detail, finding.mend)
        table.add_row(*(clean(cell) for cell in cells))
    Console().print(table, markup=False)
