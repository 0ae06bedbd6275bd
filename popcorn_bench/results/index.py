"""The DuckDB index over the journal: typed tables and views for boards.

The journal is the truth; this file can be deleted at any time. It is written in short sessions so
that readers and runs do not block each other, and it is made in memory where the file cannot be
had (a read-only folder, or someone who keeps it open).
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

import duckdb
from duckdb import DuckDBPyConnection

from popcorn_bench.errors import StoreError, UsageError
from popcorn_bench.results.ingest import ingest, supersede, transaction
from popcorn_bench.results.journal import FOLDER, journal_files

FILE = "popcorn.duckdb"
# A folder of somebody else may hold an index of their making: it reads no file but itself.
_CLOSED: dict[str, str | bool | int | float | list[str]] = {"enable_external_access": False}
_PATIENCE_S = 5.0
_PAUSE_S = 0.05


def connect(folders: Sequence[Path]) -> DuckDBPyConnection:
    """Open an up-to-date index for reading: one folder's file, or several folders in memory.

    Raises:
        UsageError: where a folder holds no results.
    """
    for folder in folders:
        _check(folder)
    if len(folders) == 1 and sync(folders[0]):
        try:
            return _patiently(folders[0] / FILE, read_only=True)
        except duckdb.IOException:
            pass  # someone writes for long: read the journal instead
    return _in_memory(folders)


def sync(folder: Path) -> bool:
    """Bring the index file up to the journal; False where the file cannot be written now."""
    try:
        connection = _patiently(folder / FILE, read_only=False)
    except duckdb.Error:  # held by someone, in a place that is not ours, or damaged
        return False
    try:
        with connection:
            _migrate(connection)
            strange = _is_strange(connection, folder)
            if not strange:
                _update(connection, [folder])
    except duckdb.Error:  # a full disk, for one: the journal has it all
        return False
    if strange:
        _remove(folder)
        return sync(folder)
    return True


def up_to_date(folder: Path) -> DuckDBPyConnection | None:
    """The index for reading where it is there, free, and holds every line of the journal."""
    if not (folder / FILE).is_file():
        return None
    try:
        connection = duckdb.connect(str(folder / FILE), read_only=True, config=_CLOSED)
    except duckdb.Error:
        return None
    try:
        read = connection.execute(
            "SELECT file, max(bytes), sum(damaged)::BIGINT FROM journal_files GROUP BY file"
        ).fetchall()
    except duckdb.Error:
        connection.close()
        return None
    sizes = {(path.name, path.stat().st_size, 0) for path in journal_files(folder)}
    if set(read) == sizes:
        return connection
    connection.close()
    return None


def _is_strange(connection: DuckDBPyConnection, folder: Path) -> bool:
    """Whether an index knows more than the journal holds: it belongs elsewhere, or to the past."""
    sizes = {path.name: path.stat().st_size for path in journal_files(folder)}
    read = connection.execute("SELECT file, max(bytes) FROM journal_files GROUP BY file").fetchall()
    return any(size > sizes.get(name, -1) for name, size in read)


def _remove(folder: Path) -> None:
    for name in (FILE, f"{FILE}.wal"):
        (folder / name).unlink(missing_ok=True)


def rebuild(folder: Path) -> None:
    """Make the index anew from the journal.

    Raises:
        UsageError: where a folder holds no results.
    """
    _check(folder)
    _remove(folder)
    if not sync(folder):
        raise StoreError(f"{folder / FILE}: cannot be written")


def _check(folder: Path) -> None:
    if not journal_files(folder):
        raise UsageError(f"{folder}: no results there (no {FOLDER}/*.jsonl)")


def damaged(connection: DuckDBPyConnection) -> list[tuple[str, int]]:
    """Journal files with lines that could not be read, and how many."""
    return connection.execute(
        "SELECT file, sum(damaged)::BIGINT FROM journal_files GROUP BY file "
        "HAVING sum(damaged) > 0 ORDER BY file"
    ).fetchall()


def schema() -> str:
    """The SQL of all tables and views."""
    return "\n".join(sql for _, sql in _migrations())


def _in_memory(folders: Sequence[Path]) -> DuckDBPyConnection:
    connection = duckdb.connect(config=_CLOSED)
    _update(connection, folders)
    return connection


def _update(connection: DuckDBPyConnection, folders: Sequence[Path]) -> None:
    _migrate(connection)
    paths = [path for folder in folders for path in journal_files(folder)]
    gained = [ingest(connection, path) for path in paths]
    if any(gained):
        supersede(connection)


def _migrate(connection: DuckDBPyConnection) -> None:
    connection.execute("CREATE TABLE IF NOT EXISTS migrations (name VARCHAR, applied_at TIMESTAMP)")
    applied = {row[0] for row in connection.execute("SELECT name FROM migrations").fetchall()}
    for name, sql in _migrations():
        if name not in applied:
            with transaction(connection):
                connection.execute(sql)
                connection.execute("INSERT INTO migrations VALUES (?, now()::TIMESTAMP)", [name])


def _migrations() -> list[tuple[str, str]]:
    folder = files("popcorn_bench.results") / "migrations"
    found = [item for item in folder.iterdir() if item.name.endswith(".sql")]
    return [(item.name, item.read_text()) for item in sorted(found, key=lambda item: item.name)]


def _patiently(path: Path, *, read_only: bool) -> DuckDBPyConnection:
    deadline = time.monotonic() + _PATIENCE_S
    while True:
        try:
            return duckdb.connect(str(path), read_only=read_only, config=_CLOSED)
        except duckdb.IOException as error:
            if "lock" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(_PAUSE_S)
