"""The results as Every Eval Ever records (aggregate schema 0.3.0), one file per LLM.

The schema asks for one model per record; the generator and the mode, which it does not know, go
into `metric_parameters`. Files lie where its data store wants them:
`data/<collection>/<developer>/<model>/<uuid>.json`. Descriptions, which have no better or worse,
and rows without a score are left out.
"""

from __future__ import annotations

import re
from calendar import timegm
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from duckdb import DuckDBPyConnection

from popcorn_bench import __version__
from popcorn_bench.fingerprint import digest
from popcorn_bench.leaderboard.manifest import public_settings
from popcorn_bench.leaderboard.model import Board, Row, Table
from popcorn_bench.leaderboard.publish.citation import NOBODY
from popcorn_bench.leaderboard.publish.material import Material
from popcorn_bench.leaderboard.publish.options import Options
from popcorn_bench.leaderboard.statistics.interval import CONFIDENCE
from popcorn_bench.leaderboard.text import clean
from popcorn_bench.types import Direction

VERSION = "0.3.0"
FOLDER = "every_eval_ever"
COLLECTION = "popcorn-bench"
_NO_PART = re.compile(r"[^A-Za-z0-9._-]+")
_RESERVED = re.compile(r"(data|unknown|con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
_NAMELESS = "unspecified"
_LONGEST = 80
_DEVELOPER_AND_NAME = 2


class Model(NamedTuple):
    """An LLM as the index defines it; `settings` are public JSON."""

    llm_id: str
    name: str
    model: str
    settings: str
    version: str
    family: str


def records(
    connection: DuckDBPyConnection, material: Material, options: Options
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Path below the publication and content of every record, in the order of the LLMs' names."""
    for model in _models(connection):
        label = material.names.llms.get(model.llm_id)
        results = [
            _result(table, row)
            for table in material.board.tables
            if table.card.direction is not Direction.NONE
            for row in table.rows
            if row.llm == label and row.mean is not None
        ]
        if label is not None and results:
            record = _record(model, results, material.board, options)
            yield _path(model), record


def model_id(model: str) -> str:
    """`developer/name` from a LiteLLM string, of characters that every file system takes.

    The last two parts of `deepinfra/meta-llama/Llama-3.3-70B-Instruct`; a string without a slash
    names no developer.
    """
    parts = [_part(part) for part in model.split("/") if part.strip()]
    if len(parts) < _DEVELOPER_AND_NAME:
        parts = [_NAMELESS, *(parts or [_NAMELESS])]
    return "/".join(parts[-2:])


def _part(text: str) -> str:
    plain = _NO_PART.sub("-", text)[:_LONGEST].strip("-. ") or _NAMELESS
    return f"{plain.replace('.', '-')}-model" if _RESERVED.fullmatch(plain) else plain


def _path(model: Model) -> str:
    """Version 4 in form, so that the data store takes it; in truth a hash, so that it stays."""
    uuid = UUID(bytes=bytes.fromhex(digest("every eval ever", model.llm_id)[:32]), version=4)
    return f"{FOLDER}/data/{COLLECTION}/{model_id(_source(model))}/{uuid}.json"


def _source(model: Model) -> str:
    return model.model or model.name


def _record(
    model: Model, results: Sequence[dict[str, Any]], found: Board, options: Options
) -> dict[str, Any]:
    moment = _moment(found)
    identity = model_id(_source(model))
    return {
        "schema_version": VERSION,
        "evaluation_id": f"{COLLECTION}-{model.llm_id}/{identity}/{moment}",
        "evaluation_timestamp": moment,
        "retrieved_timestamp": moment,
        "source_metadata": {
            "source_name": clean(options.title),
            "source_type": "evaluation_run",
            "source_organization_name": clean(", ".join(options.authors)) or NOBODY,
            "evaluator_relationship": "other",
        },
        "eval_library": {"name": "popcorn-bench", "version": _versions(found)},
        "model_info": {
            "name": clean(model.name),
            "id": identity,
            "additional_details": {
                "deployment_type": "unknown",
                "model_availability": "unknown",
                "litellm_model": clean(model.model),
                "family": clean(model.family),
                "version": clean(model.version),
                "settings": clean(model.settings),
            },
        },
        "evaluation_results": list(results),
    }


def _result(table: Table, row: Row) -> dict[str, Any]:
    card = table.card
    names = {name: clean(value) for name in ("video", "mode") if (value := getattr(row, name))}
    key = digest("result", table.task_id, card.evaluator_id, card.name, sorted(names.items()))
    return {
        "evaluation_result_id": key[:16],
        "evaluation_name": clean(table.task),
        "source_data": {
            "dataset_name": clean(table.task),
            "source_type": "other",
            "additional_details": {"version": table.task_version, "content": table.task_id},
        },
        "metric_config": {
            "evaluation_description": clean(card.description),
            "metric_id": clean(f"popcorn-bench.{card.evaluator}-{card.version}.{card.name}"),
            "metric_name": clean(card.name),
            "metric_unit": clean(card.unit),
            "metric_parameters": names
            | {"evaluator": clean(table.evaluator), "evaluator_id": card.evaluator_id}
            | {"sees": ", ".join(card.inputs)},
            "lower_is_better": card.direction is Direction.LOWER,
            "score_type": "continuous",
            "min_score": "-Infinity" if card.low is None else card.low,
            "max_score": "Infinity" if card.high is None else card.high,
        },
        "score_details": {
            "score": row.mean,
            "details": _details(row),
            "uncertainty": _uncertainty(row),
        },
    }


def _details(row: Row) -> dict[str, str]:
    counts = {name: str(getattr(row, name)) for name in ("n_scored", "n_planned", "n_failed")}
    ranks = {name: str(value) for name in ("rank_low", "rank_high")
             if (value := getattr(row, name)) is not None}  # fmt: skip
    return counts | ranks | {"flags": clean(", ".join(row.flags))}


def _uncertainty(row: Row) -> dict[str, Any]:
    found: dict[str, Any] = {"num_samples": row.n_queries}
    if row.se is not None:
        found["standard_error"] = {"value": row.se, "method": "analytic"}
    if row.ci_low is not None and row.ci_high is not None:
        found["confidence_interval"] = {
            "lower": row.ci_low,
            "upper": row.ci_high,
            "confidence_level": CONFIDENCE,
            "method": "t interval over queries",
        }
    return found


def _models(connection: DuckDBPyConnection) -> list[Model]:
    rows = connection.execute(
        "SELECT llm_id, name, model, params::VARCHAR, version, family FROM llms "
        "ORDER BY name, llm_id"
    ).fetchall()
    return [
        Model(key, name or key, model or "", public_settings(params), version or "", family or "")
        for key, name, model, params, version, family in rows
    ]


def _versions(found: Board) -> str:
    return ", ".join(sorted({run.version for run in found.runs if run.version})) or __version__


def _moment(found: Board) -> str:
    """When the last run behind the board ended, in seconds since 1970, the same at every publish.

    A moment of publishing would make equal results differ.
    """
    last = max((run.finished_at or run.started_at for run in found.runs), default="")
    if not last:
        return "0"
    return str(timegm(datetime.fromisoformat(last).timetuple()))
