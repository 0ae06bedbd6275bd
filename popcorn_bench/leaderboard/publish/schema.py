"""`schema.json`: what `leaderboard.json` and the Parquet files hold."""

from __future__ import annotations

from typing import Any

from popcorn_bench.leaderboard.model import PARTS, HumanRow, Row, Uplift
from popcorn_bench.leaderboard.publish.columns import TABLES, json_schema

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_META = {
    "by": ["string", "null"], "mode": ["string", "null"], "modes": "array", "confidence": "number",
    "baselines_only": "boolean", "human": "array", "metrics": "array", "trust": ["array", "object"],
    "generators": "array", "runs": "array", "statistics": "object",
}  # fmt: skip


def schema() -> dict[str, Any]:
    """JSON Schema of `leaderboard.json`; `$defs` hold one row of each Parquet file.

    Objects of `leaderboard.json` may gain fields; the Parquet files hold exactly these columns.
    """
    meta: dict[str, Any] = {name: {"type": kind} for name, kind in _META.items()}
    meta["human"] |= {"items": _fields(HumanRow)}
    return {
        "$schema": DIALECT,
        "title": "popcorn-bench leaderboard",
        "type": "object",
        "required": ["rows", "uplift", "meta"],
        "properties": {
            "rows": {"type": "array", "items": _fields(Row)},
            "uplift": {"type": "array", "items": _fields(Uplift)},
            "meta": {"type": "object", "required": list(meta), "properties": meta},
        },
        "$defs": {name: json_schema(columns) for name, columns in TABLES.items()},
    }


def _fields(kind: type) -> dict[str, Any]:
    """The fields of a row as the board's JSON has them: of its types, without absent parts."""
    from pydantic import TypeAdapter

    made = TypeAdapter(kind).json_schema(mode="serialization")
    absent = {*PARTS, "ppi"}  # only where the board is by them, or has ratings
    definitions = {k: v for k, v in made.get("$defs", {}).items() if k == "Direction"}
    properties = {
        name: {"type": "string", "enum": definitions["Direction"]["enum"]}
        if name == "direction"
        else {k: v for k, v in field.items() if k not in {"title", "$ref", "default"}}
        for name, field in made["properties"].items()
        if name not in absent
    }
    required = [name for name in made["required"] if name not in absent]
    return {"type": "object", "required": required, "properties": properties}
