"""`popcorn-bench ls`: what there is to name."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from popcorn_bench.errors import visible
from popcorn_bench.harness.cli.kinds import FOLDER
from popcorn_bench.harness.cli.options import with_include_path, with_json
from popcorn_bench.harness.spec import DEFAULT_OUTPUT

Rows = list[dict[str, Any]]
_API = "popcorn_bench.harness.api.knowing"
_SHOWN = ("name", "usable", "version", "reason")  # the rest is in the JSON
_OF_GENERATORS = ("name", "usable", "licence", "commercial", "forbids", "reason")
_SHOWN_OF = {"videos": _OF_GENERATORS, "covers": _OF_GENERATORS}


@click.group(name="ls")
def command() -> None:
    """List tasks, LLMs, generators of clips and covers, evaluators, corpora or runs."""


def _listing(name: str, doc: str) -> None:
    @command.command(name=name, help=doc)
    @with_include_path
    @with_json
    def _list(include_path: tuple[str, ...], *, as_json: bool) -> None:
        find: Callable[..., Rows] = getattr(import_module(_API), name)
        where = {} if name == "evaluators" else {"include_path": include_path}
        _show(find(**where), _SHOWN_OF.get(name, _SHOWN), as_json=as_json)


_listing("tasks", "List tasks.")
_listing("llms", "List language models.")
_listing("videos", "List video generators.")
_listing("covers", "List image generators, which make the covers.")
_listing("corpora", "List corpora of human micro-videos.")
_listing("evaluators", "List evaluators and what they see.")


@command.command(name="runs")
@click.argument("folder", type=FOLDER, default=DEFAULT_OUTPUT, metavar="[DIR]")
@with_json
def runs(folder: Path, *, as_json: bool) -> None:
    """List the runs of DIR."""
    from popcorn_bench.harness.api.knowing import runs as found

    _show(found(folder), _SHOWN, as_json=as_json)


def _show(rows: Rows, shown: Sequence[str], *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    table.add_column("name", no_wrap=True)
    for name in shown[1:]:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*(escape(visible(_text(row.get(name)))) for name in shown))
    Console().print(table)
    click.echo("--json shows all that is known", err=True)


def _text(value: object) -> str:
    match value:
        case True:
            return "yes"
        case False:
            return "no"
        case None:
            return ""
        case list():
            return ", ".join(map(str, value))
        case _:
            return str(value)
