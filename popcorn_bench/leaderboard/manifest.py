"""What is published of the models and runs behind a page: settings, but no private addresses."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from duckdb import DuckDBPyConnection

from popcorn_bench.leaderboard.catalog import RunCard

_PRIVATE = frozenset({"api_base"})  # names the hosts of whoever made the run
_MODELS = """
SELECT 'LLM' AS sort, llm_id AS id, name, model AS made_by, params AS settings, version, baseline
FROM llms
UNION ALL
SELECT 'Generator', video_id, name, adapter, settings, revision, baseline FROM generators
ORDER BY sort DESC, name, id
"""


def read_models(connection: DuckDBPyConnection) -> list[Mapping[str, object]]:
    """LLMs and generators with their settings as JSON."""
    rows = connection.execute(_MODELS).fetchall()
    names = ("sort", "id", "name", "made_by", "settings", "version", "baseline")
    models = [dict(zip(names, row, strict=True)) for row in rows]
    return [{**model, "settings": public_settings(model["settings"])} for model in models]


def run_record(run: RunCard) -> Mapping[str, object]:
    """A run with its seed, spec and environment; the latter two as indented JSON."""
    spec = _public(_json(run.spec))
    seed = spec.get("seed") if isinstance(spec, dict) else None
    return {
        "card": run,
        "seed": seed,
        "imported": imported_from(run),
        "spec": json.dumps(spec, indent=1),
        "environment": json.dumps(_public(_json(run.environment)), indent=1),
    }


def imported_from(run: RunCard) -> str:
    """The file whose scores it brought in; '' for a run that made what it scored."""
    spec = _json(run.spec)
    return str(spec.get("import") or "") if isinstance(spec, dict) else ""


def public_settings(document: str | None) -> str:
    """Settings as JSON without what is nobody else's business."""
    return json.dumps(_public(_json(document or "{}")))


def _public(value: Any) -> Any:  # noqa: ANN401 - whatever stands in the journal
    if isinstance(value, dict):
        return {name: _public(item) for name, item in value.items() if name not in _PRIVATE}
    return [_public(item) for item in value] if isinstance(value, list) else value


def _json(document: str) -> Any:  # noqa: ANN401 - whatever stands in the journal
    try:
        return json.loads(document)
    except ValueError:
        return {"unreadable": document}
