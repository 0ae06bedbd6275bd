"""From journal lines to index tables."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
from duckdb import DuckDBPyConnection

from popcorn_bench.results.journal import Record, read_lines
from popcorn_bench.results.records import MALFORMED
from popcorn_bench.types import Place, Stage

_BATCH = 2_500  # records at once: more take more memory and no less time
_DEFINED_BY = {  # tables of definitions: a second one with the same ids adds nothing
    "tasks": ("task_id",),
    "queries": ("task_id", "query_id"),
    "llms": ("llm_id",),
    "modes": ("mode",),
    "generators": ("video_id",),
    "evaluators": ("evaluator_id",),
    "metrics": ("evaluator_id", "metric"),
    "anchors": ("evaluator_id", "metric", "topic"),
    "leaks": ("mode", "evaluator_id"),
}
_NAMED_BY = {**_DEFINED_BY, "ends": ("run_id", "status"), "runs": ("run_id",)}
_UNFIT = (UnicodeEncodeError, OverflowError, pa.ArrowException)
_PLACE = "task_id, query_id, llm_id, mode, seed, repeat"
_PLACES = {
    "briefs": _PLACE,
    "videos": f"{_PLACE}, video_id, stage",
    "scores": f"{_PLACE}, video_id, evaluator_id, metric",
    "probes": f"{_PLACE}, video_id, evaluator_id, metric, probe",
    "shifts": f"{_PLACE}, video_id, evaluator_id",
}
Rows = Iterator[tuple[str, dict[str, Any]]]


@contextmanager
def transaction(connection: DuckDBPyConnection) -> Iterator[None]:
    """All or nothing."""
    connection.begin()
    try:
        yield
    except BaseException:
        connection.rollback()
        raise
    connection.commit()


def ingest(connection: DuckDBPyConnection, path: Path) -> bool:
    """Add what a journal file has gained since it was last read; each batch is atomic."""
    start = _bytes_read(connection, path)
    if path.stat().st_size <= start:
        return False
    lines = read_lines(path, start)
    while batch := list(islice(lines, _BATCH)):
        with transaction(connection):
            damaged = _insert(connection, [line.record for line in batch])
            _remember(connection, path, batch[-1].end, damaged)
    return True


def supersede(connection: DuckDBPyConnection) -> None:
    """Keep the latest row of each place: a clip that was lost and made again counts once."""
    for table, keys in _PLACES.items():
        connection.execute(
            f"DELETE FROM {table} WHERE rowid IN (SELECT rowid FROM {table} QUALIFY row_number() "  # noqa: S608
            f"OVER (PARTITION BY {keys} ORDER BY done_at DESC, rowid DESC) > 1)"
        )


def _insert(connection: DuckDBPyConnection, records: Iterable[Record | None]) -> int:
    """Insert records; give how many could not be read."""
    tables: dict[str, list[dict[str, Any]]] = {}
    damaged = 0
    for record in records:
        rows = None if record is None else _readable(record)
        damaged += rows is None
        for table, row in rows or ():
            tables.setdefault(table, []).append(row)
    ends = tables.pop("ends", [])
    damaged += sum(_append(connection, table, rows) for table, rows in tables.items())
    for row in ends:
        connection.execute(
            "UPDATE runs SET finished_at = $at, status = $status WHERE run_id = $run_id", row
        )
    return damaged


def _readable(record: Record) -> list[tuple[str, dict[str, Any]]] | None:
    """The rows of a record, or None where it is not what a run writes."""
    try:
        rows = list(_rows(record))
        for table, row in rows:
            if not all(isinstance(row[key], str) for key in _NAMED_BY.get(table, ())):
                raise TypeError(table)
    except MALFORMED:
        return None
    return rows


def _append(connection: DuckDBPyConnection, table: str, rows: list[dict[str, Any]]) -> int:
    """Insert rows; give how many the table cannot hold."""
    rows = _new_definitions(connection, table, rows) if table in _DEFINED_BY else rows
    schema = connection.table(table).limit(0).to_arrow_table().schema
    incoming = _arrow(rows, schema)
    connection.register("incoming", incoming)
    connection.execute(f"INSERT INTO {table} BY NAME SELECT * FROM incoming")  # noqa: S608
    connection.unregister("incoming")
    return len(rows) - int(incoming.num_rows)


def _new_definitions(
    connection: DuckDBPyConnection, table: str, rows: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Those rows whose ids the table lacks, each once, in order (boards show metrics in order)."""
    keys = _DEFINED_BY[table]
    known = set(connection.table(table).project(", ".join(keys)).fetchall())
    by_key = {tuple(row[key] for key in keys): row for row in reversed(rows)}
    return [row for key, row in reversed(by_key.items()) if key not in known]


def _arrow(rows: list[dict[str, Any]], schema: pa.Schema) -> pa.Table:
    """The rows as a table; those that do not fit are left out."""
    try:
        return pa.Table.from_pylist(rows, schema)
    except _UNFIT:
        tables = [table for row in rows if (table := _arrow_row(row, schema)) is not None]
        return pa.concat_tables(tables) if tables else schema.empty_table()


def _arrow_row(row: dict[str, Any], schema: pa.Schema) -> pa.Table | None:
    try:
        return pa.Table.from_pylist([_encodable(row)], schema)
    except _UNFIT:
        return None


def _encodable(row: dict[str, Any]) -> dict[str, Any]:
    """A lone surrogate, which JSON can hold and UTF-8 cannot, is replaced."""
    return {
        name: value.encode("utf-8", "replace").decode() if isinstance(value, str) else value
        for name, value in row.items()
    }


def _rows(record: Record) -> Rows:
    match record.get("t"):
        case "run":
            yield "runs", _run_row(record)
        case "end":
            ended = {"status": record["status"], "at": _time(record)}
            yield "ends", {"run_id": record["run"], **ended}
        case "task":
            yield from _task_rows(record)
        case "llm" | "mode" | "generator" as kind:
            yield f"{kind}s", _with_json(record["data"], "params", "settings")
        case "evaluator":
            yield from _evaluator_rows(record)
        case "leak":
            yield "leaks", record["data"]
        case "plan":
            yield from _plan_rows(record)
        case "unit":
            yield from _unit_rows(record)
        case "failure":
            yield "failures", {**_place(record), "stage": record["stage"], **record["data"]}
        case _:
            pass  # a kind that a later version writes


def _with_json(data: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {**data, **{name: json.dumps(data[name]) for name in names if name in data}}


def _run_row(record: Record) -> dict[str, Any]:
    return {
        "run_id": record["run"],
        "started_at": _time(record),
        "status": "started",
        "version": record.get("version", ""),
        "partial": record.get("partial", False),
        "spec": json.dumps(record["spec"]),
        "environment": json.dumps(record.get("environment", {})),
    }


def _task_rows(record: Record) -> Rows:
    data = record["data"]
    yield "tasks", {**data, "metadata": json.dumps(data["metadata"])}
    for query in record["queries"]:
        yield "queries", {"task_id": data["task_id"], **query}


def _evaluator_rows(record: Record) -> Rows:
    yield "evaluators", _with_json(record["data"], "settings", "validity")
    evaluator = {"evaluator_id": record["data"]["evaluator_id"]}
    for metric in record["metrics"]:
        yield "metrics", {**evaluator, **metric, "metric": metric["name"]}
    for anchor in record["anchors"]:
        yield "anchors", {**evaluator, **anchor}


def _plan_rows(record: Record) -> Rows:
    run = {"run_id": record["run"]}
    for cell in record["cells"]:
        yield "plan_cells", {**run, **cell}
    for task_id, query_ids in record["queries"].items():
        for query_id in query_ids:
            yield "plan_queries", {**run, "task_id": task_id, "query_id": query_id}


def _unit_rows(record: Record) -> Rows:
    place, data = _place(record), record["data"]
    place["reused"] = record["reused"]
    match Stage(record["stage"]):
        case Stage.BRIEF:
            yield "briefs", {**place, **data, **data["usage"], "seen": data["references"]}
        case Stage.COVER | Stage.VIDEO:
            yield "videos", {**place, "stage": record["stage"], **data}
        case Stage.SCORE:
            for score in data:
                yield "scores", {**place, **score, "score": score["value"]}
        case Stage.AUDIT:
            for probe in data["probes"]:
                yield "probes", {**place, **probe, "probe": probe["name"]}
            if data["shift"]:
                yield "shifts", {**place, **data["shift"]}


def _place(record: Record) -> dict[str, Any]:
    place = Place(*record["place"])._asdict()
    return {**place, "key": record["key"], "run_id": record["run"], "done_at": _time(record)}


def _time(record: Record) -> datetime:
    return datetime.fromisoformat(record["at"])


def _bytes_read(connection: DuckDBPyConnection, path: Path) -> int:
    found = connection.execute(
        "SELECT max(bytes) FROM journal_files WHERE file = ?", [path.name]
    ).fetchone()
    return int(found[0] or 0) if found else 0


def _remember(connection: DuckDBPyConnection, path: Path, end: int, damaged: int) -> None:
    connection.execute("INSERT INTO journal_files VALUES (?, ?, ?)", [path.name, end, damaged])
