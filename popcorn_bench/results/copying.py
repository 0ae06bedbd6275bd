"""From the index to a file.

The index of a results folder may have been made by a stranger, with views that read whatever the
reader can; so its connection reaches no file but its own, and another one writes.
"""

from __future__ import annotations

from pathlib import Path

import duckdb
from duckdb import DuckDBPyConnection, DuckDBPyRelation


def copy_to(connection: DuckDBPyConnection, sql: str, path: Path, options: str) -> None:
    """Stream what a query gives into a file; `options` are those of DuckDB's COPY."""
    relation = connection.sql(sql)
    quoted = str(path).replace("'", "''")
    with duckdb.connect() as writer:
        writer.register("found", relation.to_arrow_reader())
        writer.execute(f"COPY (SELECT {_columns(relation)} FROM found) TO '{quoted}' ({options})")  # noqa: S608 - names of columns


def _columns(relation: DuckDBPyRelation) -> str:
    """All columns; JSON comes as text on the way and is made JSON again."""
    typed = zip(relation.columns, relation.types, strict=True)
    return ", ".join(
        f'"{name}"::JSON AS "{name}"' if str(kind) == "JSON" else f'"{name}"'
        for name, kind in typed
    )
