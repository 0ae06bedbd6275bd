"""`manifest.json`: hashes of everything that decided the results, and of every published file."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from duckdb import DuckDBPyConnection

from popcorn_bench.fingerprint import digest, file_sha256
from popcorn_bench.leaderboard.catalog import RunCard, TaskCard
from popcorn_bench.leaderboard.manifest import public_settings, read_models
from popcorn_bench.leaderboard.publish.material import Material
from popcorn_bench.leaderboard.publish.options import Options

FILE = "manifest.json"
FORMAT = "popcorn-bench publication 1"
_QUERIES = "SELECT query_id, text, kind, topic FROM queries WHERE task_id = ? ORDER BY query_id"
_REQUESTS = "SELECT DISTINCT key FROM briefs WHERE task_id = ? AND key IS NOT NULL ORDER BY key"


def manifest(
    connection: DuckDBPyConnection,
    material: Material,
    options: Options,
    *,
    apart: Sequence[str],
    terms: Sequence[str],
) -> dict[str, Any]:
    """All of the manifest but its list of files."""
    shown = {table.task_id for table in material.board.tables}
    tasks = [task for key, task in material.catalog.tasks.items() if key in shown]
    return {
        "format": FORMAT,
        "title": options.title,
        "licence": options.licence or None,
        "authors": list(options.authors),
        "prompts_included": options.prompts,
        "tasks": [_task(connection, task) for task in tasks],
        "evaluators": _evaluators(material),
        "modes": [
            {"id": mode.id, "name": mode.label, "settings": json.loads(_settings(mode.settings))}
            for mode in material.board.modes
        ],
        "models": [_model(model) for model in read_models(connection)],
        "runs": [_run(run) for run in material.board.runs],
        "apart": list(apart),
        "terms": list(terms),
    }


def files_of(folder: Path) -> dict[str, dict[str, object]]:
    """Sha256 and length of every file below a folder, the manifest itself left out."""
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    return {
        name: {"sha256": file_sha256(path), "bytes": path.stat().st_size}
        for path in found
        if (name := path.relative_to(folder).as_posix()) != FILE
    }


def as_json(value: object) -> str:
    """JSON that stays data even where somebody puts it into a page: no `<` in it."""
    return json.dumps(value, indent=1, allow_nan=False).replace("<", "\\u003c") + "\n"


def _task(connection: DuckDBPyConnection, task: TaskCard) -> dict[str, Any]:
    """`content` is over queries and templates, `requests` over every rendered prompt sent."""
    queries = connection.execute(_QUERIES, [task.task_id]).fetchall()
    requests = connection.execute(_REQUESTS, [task.task_id]).fetchall()
    return {
        "name": task.name,
        "version": task.version,
        "content": task.task_id,
        "queries": len(queries),
        "query_set_sha256": digest("query set", [list(query) for query in queries]),
        "requests": len(requests),
        "requests_sha256": digest("requests", [key for (key,) in requests]),
    }


def _evaluators(material: Material) -> list[dict[str, Any]]:
    cards = {table.card.evaluator_id: table.card for table in material.board.tables}
    return [
        {
            "name": card.evaluator,
            "version": card.version,
            "evaluator_id": card.evaluator_id,
            "weights_sha256": card.weights or None,
            "sees": list(card.inputs),
            "settings": json.loads(public_settings(card.settings or "{}")),
        }
        for card in cards.values()
    ]


def _model(model: Mapping[str, object]) -> dict[str, object]:
    return {**model, "settings": json.loads(str(model["settings"]))}


def _run(run: RunCard) -> dict[str, Any]:
    """When, with which code."""
    try:
        environment = json.loads(run.environment)
    except ValueError:
        environment = {}
    git = environment.get("git") if isinstance(environment, dict) else None
    return {
        "run_id": run.run_id,
        "started_at": run.started_at,
        "finished_at": run.finished_at,
        "status": run.status,
        "partial": run.partial,
        "version": run.version,
        "code": git if isinstance(git, dict) else None,
    }


def _settings(settings: Mapping[str, object]) -> str:
    return public_settings(json.dumps(dict(settings)))
