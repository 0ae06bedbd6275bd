"""`popcorn-bench videos`: the clips and covers of a results folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from popcorn_bench.harness.cli.kinds import FOLDER
from popcorn_bench.harness.cli.options import with_json
from popcorn_bench.harness.spec import DEFAULT_OUTPUT


@click.group(name="videos")
def command() -> None:
    """Look into the clips and covers of a results folder."""


@command.command()
@click.argument("key")
@click.argument("folder", type=FOLDER, default=DEFAULT_OUTPUT, metavar="[DIR]")
@with_json
def show(key: str, folder: Path, *, as_json: bool) -> None:
    """Tell where the clip or cover KEY comes from: generator, settings, prompt, seed, cost.

    KEY is the start of its file name in DIR/artifacts, or of its unit's key.
    """
    from popcorn_bench.harness.provenance import find

    found = find(folder, key)
    if as_json:
        click.echo(json.dumps(found, indent=2))
        return
    for row in found:
        click.echo("\n".join(_lines(row)))


def _lines(row: dict[str, Any]) -> list[str]:
    from popcorn_bench.leaderboard.text import clean

    told = {name: value for name, value in row.items() if value not in (None, "", {}, [])}
    flat = {name: value for name, value in told.items() if not isinstance(value, dict)}
    nested = [
        f"{name}.{key}: {clean(str(value))}"
        for name, inner in told.items()
        if isinstance(inner, dict)
        for key, value in inner.items()
    ]
    return [*(f"{name}: {clean(str(value))}" for name, value in flat.items()), *nested]
