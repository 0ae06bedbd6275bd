"""The results as files for other tools."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

import polars as pl
from duckdb import DuckDBPyConnection, DuckDBPyRelation

from popcorn_bench.leaderboard.board import board
from popcorn_bench.results import index

_VIEWS = {
    "briefs": "named_briefs",
    "videos": "named_videos",
    "scores": "named_scores",
    "failures": "named_failures",
    "runs": "runs",
}
_FORMULA = "^[=+\\-@\\t\\r]"


def export_tables(folder: Path, kind: str, target: Path) -> Iterator[Path]:
    """Write each table to `target/<table>.<kind>`; yield the paths.

    `kind` is parquet, csv or json. In CSV a text that a spreadsheet would take for a formula is
    led by an apostrophe.
    """
    target.mkdir(parents=True, exist_ok=True)
    with closing(index.connect([folder])) as connection:
        for table, view in _VIEWS.items():
            yield _write(connection, connection.table(view), target / f"{table}.{kind}")
        cells = pl.DataFrame(
            [{**asdict(row), "flags": json.dumps(row.flags)} for row in board(connection).rows],
            infer_schema_length=None,
        )
        connection.register("board_cells", cells.to_arrow())
        yield _write(connection, connection.sql("FROM board_cells"), target / f"cells.{kind}")


def _write(connection: DuckDBPyConnection, relation: DuckDBPyRelation, path: Path) -> Path:
    if path.suffix == ".csv":
        relation = _neutral(relation)
    options = {".csv": "FORMAT csv, HEADER", ".json": "FORMAT json, ARRAY true"}
    options[".parquet"] = "FORMAT parquet"
    relation.create_view("leaving", replace=True)
    quoted = str(path).replace("'", "''")
    connection.execute(f"COPY (FROM leaving) TO '{quoted}' ({options[path.suffix]})")
    return path


def _neutral(relation: DuckDBPyRelation) -> DuckDBPyRelation:
    texts = [
        f"CASE WHEN regexp_matches(\"{name}\", '{_FORMULA}') "
        f'THEN \'\'\'\' || "{name}" ELSE "{name}" END AS "{name}"'
        for name, kind in zip(relation.columns, relation.types, strict=True)
        if str(kind) == "VARCHAR"
    ]
    return relation.project(f"* REPLACE ({', '.join(texts)})") if texts else relation
