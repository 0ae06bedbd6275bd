"""The results as files for other tools."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import polars as pl
from duckdb import DuckDBPyConnection, DuckDBPyRelation

from popcorn_bench.leaderboard.board import board
from popcorn_bench.leaderboard.generators.record import FIELDS, generators_record
from popcorn_bench.leaderboard.model import Board, Row
from popcorn_bench.results import index
from popcorn_bench.results.copying import copy_to

_VIEWS = {
    "briefs": "named_briefs",
    "videos": "named_videos",
    "scores": "named_scores",
    "failures": "named_failures",
    "probes": "named_probes",
    "shifts": "named_shifts",
    "generators": "board_generators",
    "cells": "board_cells",
    "runs": "runs",
}
_OPTIONS = {
    ".parquet": "FORMAT parquet",
    ".csv": "FORMAT csv, HEADER",
    ".json": "FORMAT json, ARRAY true",
}
_FORMULA = r"'^[-=+@\t\r]'"  # as SQL


def export_tables(folder: Path, kind: str, target: Path) -> Iterator[Path]:
    """Write each table to `target/<table>.<kind>`; yield the paths.

    `kind` is parquet, csv or json. In CSV a text that a spreadsheet would take for a formula is
    led by an apostrophe.
    """
    target.mkdir(parents=True, exist_ok=True)
    with closing(index.connect([folder])) as connection:
        found = board(connection)
        connection.register("board_cells", _cells(found).to_arrow())
        connection.register("board_generators", _generators(found).to_arrow())
        for table, view in _VIEWS.items():
            path = target / f"{table}.{kind}"
            _copy(connection, view, path)
            yield path


def _cells(found: Board) -> pl.DataFrame:
    """The rows of the board; without any, its columns."""
    rows = [_flat(asdict(row)) for row in found.rows]
    columns = None if rows else [field.name for field in fields(Row) if field.name != "ppi"]
    return pl.DataFrame(rows, schema=columns, infer_schema_length=None)


def _generators(found: Board) -> pl.DataFrame:
    """What made the clips; `gpu_cost_usd` needs a price, which a results folder does not hold."""
    kinds = {name: kind for name, kind in FIELDS.items() if name != "gpu_cost_usd"}
    schema = {name: str if kind in {list, dict} else kind for name, kind in kinds.items()}
    rows = [
        {name: json.dumps(row[name]) if kind in {list, dict} else row[name]
         for name, kind in kinds.items()}
        for row in generators_record(found.generators)
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=schema)


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    """Lists as JSON, which every format can hold; ratings are no part of a results folder."""
    return {k: json.dumps(v) if isinstance(v, tuple) else v for k, v in row.items() if k != "ppi"}


def _copy(connection: DuckDBPyConnection, view: str, path: Path) -> None:
    replaced = _neutral(connection.table(view)) if path.suffix == ".csv" else ""
    rows = f"SELECT * {replaced} FROM {view}"  # noqa: S608 - our names
    copy_to(connection, rows, path, _OPTIONS[path.suffix])


def _neutral(relation: DuckDBPyRelation) -> str:
    """A `REPLACE` clause that leads every text that looks like a formula by an apostrophe."""
    texts = [
        f'if(regexp_matches("{name}", {_FORMULA}), chr(39) || "{name}", "{name}") AS "{name}"'
        for name, kind in zip(relation.columns, relation.types, strict=True)
        if str(kind) == "VARCHAR"
    ]
    return f"REPLACE ({', '.join(texts)})" if texts else ""
