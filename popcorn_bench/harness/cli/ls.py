"""`popcorn-bench ls`: what there is to name."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from popcorn_bench.harness.cli.options import FOLDER, with_include_path, with_json
from popcorn_bench.harness.spec import DEFAULT_OUTPUT

Rows = list[dict[str, Any]]
_LONG = ("settings", "weights", "description")  # in the JSON only


@click.group(name="ls")
def command() -> None:
    """List tasks, LLMs, video generators, evaluators, corpora or runs."""


def _listing(name: str, doc: str, find: Callable[[list[Path]], Rows]) -> None:
    @command.command(name=name, help=doc)
    @with_include_path
    @with_json
    def _list(include_path: tuple[str, ...], *, as_json: bool) -> None:
        _show(find([Path(folder) for folder in include_path]), as_json=as_json)


def _tasks(include: list[Path]) -> Rows:
    from popcorn_bench.tasks.catalog import TaskCatalog

    return [
        {
            "name": entry.name,
            "usable": entry.usable,
            "reason": entry.reason,
            "version": entry.version,
            "tags": sorted(entry.tags),
            "groups": sorted(entry.groups),
            "hub": entry.hub,
            "description": entry.description,
        }
        for entry in TaskCatalog(include).entries()
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
            "extra": entry.extra,
            "gpu_gb": entry.gpu_gb,
            "weights_gb": entry.weights_gb,
            "settings": dict(entry.generator.settings),
            "tags": sorted(entry.tags),
        }
        for entry in VideoCatalog(include).entries()
    ]


def _evaluators(_: list[Path]) -> Rows:
    from popcorn_bench.evaluators.catalog import EVALUATORS
    from popcorn_bench.harness.resolve import evaluator_class

    found = [(name, evaluator_class(name)) for name in EVALUATORS.names()]
    return [
        {
            "name": name,
            "usable": not evaluator.missing(),
            "reason": "; ".join(evaluator.missing()),
            "version": evaluator.card().version,
            "sees": [str(item) for item in evaluator.card().inputs],
            "metrics": [metric.name for metric in evaluator.card().metrics],
            "weights": evaluator.card().weights,
        }
        for name, evaluator in found
    ]


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
    _show(rows, as_json=as_json)


def _show(rows: Rows, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    shown = [name for name in (rows[0] if rows else {}) if name not in _LONG]
    table = Table(*shown, box=None, pad_edge=False)
    for row in rows:
        table.add_row(*(escape(_text(row[name])) for name in shown))
    Console().print(table)


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
