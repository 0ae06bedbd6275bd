"""The rows of a task: inline, from a local file with the line of each, or through `datasets`."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from popcorn_bench.errors import FileError
from popcorn_bench.tasks import hub
from popcorn_bench.tasks.parquet import read_parquet
from popcorn_bench.tasks.schema import TaskFile
from popcorn_bench.yamlfile import Document

MAX_BYTES = 64 * 1024 * 1024
MAX_ROWS = 100_000

_FILES = frozenset({".json", ".jsonl", ".csv", ".parquet"})
_HUB_NAME = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")
_AT = ("dataset_path",)


@dataclass(frozen=True, slots=True)
class Row:
    """One row as it was found, and where; `lines` has the lines of fields that have their own."""

    data: Mapping[str, object]
    path: Path | str
    line: int
    prefix: str = ""
    lines: Mapping[str, int] = field(default_factory=dict)

    def fault(self, name: str, message: str) -> FileError:
        """An error at one field of the row."""
        return FileError(
            self.path, self.lines.get(name, self.line), f"{self.prefix}{name}", message
        )


def read_rows(document: Document, file: TaskFile, root: Path) -> list[Row]:
    """The rows of a task that its `filter` keeps, in their order.

    Raises:
        FileError: a dataset that is missing, lies outside `root` or cannot be read.
    """
    if file.queries is not None:
        found = _inline(document, file)
    elif (path := local_dataset(document, file, root)) is None:
        found = _loaded(document, file, str(file.dataset_path))
    elif path.is_dir():
        found = _loaded(document, file, str(path))
    else:
        found = _read(document, path)
    rows = []
    for row in found:
        rows.append(row)
        if len(rows) > MAX_ROWS:
            raise document.fault(_AT, f"has more than {MAX_ROWS} rows")
    return [row for row in rows if _kept(row, file.filter)]


def local_dataset(document: Document, file: TaskFile, root: Path) -> Path | None:
    """The file or folder that `dataset_path` names, None for inline queries and the hub.

    Raises:
        FileError: a path that leaves `root`, is not there, or is no kind of dataset.
    """
    if file.dataset_path is None:
        return None
    named = file.dataset_path
    path = document.mark(_AT).path.parent / named
    local = Path(named).suffix in _FILES or named.startswith((".", "/")) or path.is_dir()
    if not local and _HUB_NAME.fullmatch(named):
        return None
    if not local:
        kinds = ", ".join(sorted(_FILES))
        raise document.fault(_AT, f"{named!r} is no {kinds} file, folder or owner/name of the hub")
    if not path.resolve().is_relative_to(root.resolve()):
        raise document.fault(_AT, f"{named!r} leaves {root}")
    if not path.exists():
        raise document.fault(_AT, f"no such file: {named!r}")
    return path


def _kept(row: Row, wanted: Mapping[str, object]) -> bool:
    return all(_same(row.data.get(column), value) for column, value in wanted.items())


def _same(found: object, wanted: object) -> bool:
    return str(found).strip().casefold() == str(wanted).strip().casefold()


def _inline(document: Document, file: TaskFile) -> Iterator[Row]:
    for i, query in enumerate(file.queries or ()):
        data = query.model_dump(exclude_none=True)
        at = ("queries", i)
        lines = {name: document.line((*at, name)) for name in data}
        mark = document.mark(at)
        yield Row(data, mark.path, mark.line, f"queries[{i}].", lines)


def _read(document: Document, path: Path) -> Iterator[Row]:
    if path.stat().st_size > MAX_BYTES:
        raise document.fault(_AT, f"{path.name} is larger than {MAX_BYTES} bytes")
    if path.suffix == ".parquet":
        return _parquet(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileError(path, 1, "", "not UTF-8 text") from error
    if path.suffix == ".csv":
        return _csv(path, text)
    return _jsonl(path, text) if path.suffix == ".jsonl" else _json(path, text)


def _jsonl(path: Path, text: str) -> Iterator[Row]:
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield _row(path, number, _parsed(path, line, number))


def _json(path: Path, text: str) -> Iterator[Row]:
    rows = _parsed(path, text, 1)
    if not isinstance(rows, list):
        raise FileError(path, 1, "", "expected a list of objects")
    for i, data in enumerate(rows):
        yield _row(path, 1, data, f"[{i}].")


def _parsed(path: Path, text: str, line: int) -> object:
    try:
        value: object = json.loads(text, parse_constant=_refuse)
    except json.JSONDecodeError as error:
        raise FileError(path, line + error.lineno - 1, "", f"not JSON: {error.msg}") from error
    except (ValueError, RecursionError) as error:
        raise FileError(path, line, "", f"not JSON: {error}") from error
    return value


def _refuse(constant: str) -> object:
    raise ValueError(f"{constant} is no JSON number")


def _row(path: Path, line: int, data: object, prefix: str = "") -> Row:
    if not isinstance(data, dict):
        raise FileError(path, line, prefix.rstrip("."), "expected an object")
    return Row({name: v for name, v in data.items() if v is not None}, path, line, prefix)


def _csv(path: Path, text: str) -> Iterator[Row]:
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        for cells in reader:
            if None in cells:
                raise FileError(path, reader.line_num, "", "more cells than the header has")
            yield Row({name: v for name, v in cells.items() if v}, path, reader.line_num)
    except csv.Error as error:
        raise FileError(path, reader.reader.line_num, "", f"not CSV: {error}") from error


def _parquet(path: Path) -> Iterator[Row]:
    for i, data in enumerate(read_parquet(path, MAX_BYTES)):
        yield _row(path, 1, data, f"[{i}].")


def _loaded(document: Document, file: TaskFile, path: str) -> Iterator[Row]:
    """The rows that `datasets` gives for a folder or for a name of the hub."""
    wanted = file.dataset_kwargs.model_dump(exclude_none=True)
    try:
        loaded = hub.load(path, file.dataset_name, file.split, **wanted)
        for i, data in enumerate(loaded):
            yield _row(Path(file.dataset_path or path), i + 1, data)
    except (OSError, ValueError) as error:
        why = str(error).splitlines()[0][:300] if str(error) else type(error).__name__
        raise document.fault(_AT, f"cannot load {file.dataset_path!r}: {why}{_HOW}") from error


_HOW = (
    "; a dataset of the hub needs the network the first time: load it once online,"
    " or put a copy of its files in a folder and name that in dataset_path"
)
