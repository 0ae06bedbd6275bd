"""`popcorn-bench ls`: what there is to name."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from popcorn_bench.harness.cli.options import FOLDER, with_include_path, with_json
from popcorn_bench.harness.spec import DEFAULT_OUTPUT

if TYPE_CHECKING:
    from popcorn_bench.evaluators.catalog import EvaluatorEntry

Rows = list[dict[str, Any]]
_SHOWN = ("name", "usable", "version", "reason")  # the rest is in the JSON
_SHOWN_OF = {"videos": ("name", "usable", "licence", "commercial", "forbids", "reason")}
_MEANS_BUSINESS = ("commercial", "compan", "revenue")  # words of a rule about commercial use


@click.group(name="ls")
def command() -> None:
    """List tasks, LLMs, video generators, evaluators, corpora or runs."""


def _listing(name: str, doc: str, find: Callable[[list[Path]], Rows]) -> None:
    @command.command(name=name, help=doc)
    @with_include_path
    @with_json
    def _list(include_path: tuple[str, ...], *, as_json: bool) -> None:
        shown = _SHOWN_OF.get(name, _SHOWN)
        _show(find([Path(folder) for folder in include_path]), shown, as_json=as_json)


def _tasks(include: list[Path]) -> Rows:
    from popcorn_bench.tasks.catalog import TaskCatalog

    catalog = TaskCatalog(include)
    groups = catalog.groups
    tasks: Rows = [
        {
            "name": entry.name,
            "usable": entry.usable,
            "reason": entry.reason,
            "version": entry.version,
            "tags": sorted(entry.tags),
            "groups": sorted(name for name, members in groups.items() if entry.name in members),
            "members": [],
            "hub": entry.hub,
            "description": entry.description,
        }
        for entry in catalog.entries()
        if entry.name not in groups
    ]
    return tasks + [
        {"name": name, "usable": True, "reason": "", "version": "group", "members": list(members)}
        for name, members in groups.items()
    ]


def _llms(include: list[Path]) -> Rows:
    from popcorn_bench.generators.llm.catalog import LLMCatalog

    return [
        {
            "name": entry.llm.name,
            "usable": entry.usable,
            "reason": entry.reason,
            "model": entry.llm.model,
            "family": entry.llm.family,
            "version": entry.llm.version,
            "release_date": entry.llm.release_date,
            "tags": sorted(entry.tags),
            "deprecated": entry.deprecated,
        }
        for entry in LLMCatalog(include).entries()
    ]


def _videos(include: list[Path]) -> Rows:
    from popcorn_bench.generators.video.catalog import VideoCatalog

    return [
        {
            "name": entry.generator.name,
            "usable": entry.usable,
            "reason": entry.reason,
            "family": entry.generator.family,
            "version": entry.generator.revision,
            "licence": entry.generator.licence,
            "forbids": list(entry.forbids),
            "commercial": _commercial((entry.generator.licence, *entry.forbids)),
            "accept": entry.accept,
            "extra": entry.extra,
            "gpu_gb": entry.gpu_gb,
            "weights_gb": entry.weights_gb,
            "settings": dict(entry.generator.settings),
            "tags": sorted(entry.tags),
        }
        for entry in VideoCatalog(include).entries()
    ]


def _commercial(terms: Sequence[str]) -> str:
    """`restricted` where a licence forbids commercial use or binds it to a condition.

    Empty where the catalog knows of no such rule, which is no promise that there is none.
    """
    rules = " ".join(terms).lower()
    return "restricted" if any(word in rules for word in _MEANS_BUSINESS) else ""


def _evaluators(_: list[Path]) -> Rows:
    from popcorn_bench.evaluators.catalog import entries

    return [_evaluator(entry) for entry in entries()]


def _evaluator(entry: EvaluatorEntry) -> dict[str, Any]:
    """One evaluator; a plugin that cannot be loaded is listed as broken."""
    known = {"name": entry.name, "usable": not entry.reason, "reason": entry.reason}
    if entry.card is None:
        return known
    return known | {
        "version": entry.card.version,
        "sees": [str(item) for item in entry.card.inputs],
        "metrics": [metric.name for metric in entry.card.metrics],
        "weights": entry.card.weights,
        "settings": dict(entry.card.settings),
    }


def _corpora(include: list[Path]) -> Rows:
    from popcorn_bench.tasks.corpora.catalog import CorpusCatalog

    return [
        {
            "name": entry.name,
            "usable": entry.usable,
            "reason": entry.reason,
            "rows": entry.rows,
            "licence": entry.licence,
            "source": entry.source,
            "synthetic": entry.synthetic,
            "description": entry.description,
        }
        for entry in CorpusCatalog(include).entries()
    ]


_listing("tasks", "List tasks.", _tasks)
_listing("llms", "List language models.", _llms)
_listing("videos", "List video generators.", _videos)
_listing("corpora", "List corpora of human micro-videos.", _corpora)
_listing("evaluators", "List evaluators and what they see.", _evaluators)


@command.command(name="runs")
@click.argument("folder", type=FOLDER, default=DEFAULT_OUTPUT, metavar="[DIR]")
@with_json
def runs(folder: Path, *, as_json: bool) -> None:
    """List the runs of DIR."""
    from contextlib import closing

    from popcorn_bench.results import index

    with closing(index.connect([folder])) as connection:
        found = connection.sql(
            "SELECT run_id AS name, true AS usable, '' AS reason, status, version, partial, "
            "started_at::VARCHAR AS started_at, finished_at::VARCHAR AS finished_at "
            "FROM runs ORDER BY started_at"
        )
        rows = [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]
    _tell_broken_off(rows, folder)
    _show(rows, _SHOWN, as_json=as_json)


def _tell_broken_off(rows: Rows, folder: Path) -> None:
    """A run without an end was broken off, unless it is the last one and somebody writes there."""
    from popcorn_bench.results.lock import is_held

    unended = [row for row in rows if row["status"] == "started"]
    if unended and is_held(folder):
        unended.pop()["status"] = "running"
    for row in unended:
        row["status"] = "broken off"


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
        table.add_row(*(escape(_text(row.get(name))) for name in shown))
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
