"""Rows of a CSV, JSON, JSON lines or Parquet file."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from popcorn_bench.errors import FileError
from popcorn_bench.tasks.corpora.corpus import BadRow
from popcorn_bench.tasks.corpora.digests import file_sha
from popcorn_bench.tasks.corpora.records import Record
from popcorn_bench.tasks.parquet import read_parquet

SUFFIXES = (".csv", ".json", ".jsonl", ".parquet")
MAX_BYTES = 512 * 1024 * 1024  # of a file, and of what a packed one holds; a corpus is in memory


@dataclass(frozen=True, slots=True)
class FileSource:
    """A file in one of the formats of `SUFFIXES`."""

    path: Path

    @property
    def folder(self) -> Path:
        """Where the file lies."""
        return self.path.parent

    def fingerprint(self) -> object:
        """Name and content."""
        return [self.path.name, file_sha(self.path)]

    def records(self) -> Iterator[Record | BadRow]:
        """Read the rows; FileError where the file as a whole is not what its name says."""
        if self.path.suffix == ".parquet":
            return _parquet(self.path)
        text = text_of(self.path)
        if self.path.suffix == ".csv":
            return _csv(self.path, text)
        return _jsonl(self.path, text) if self.path.suffix == ".jsonl" else _json(self.path, text)


def text_of(path: Path) -> str:
    """The text of a file; bytes that are not UTF-8 become lone surrogates, refused per row."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise FileError(path, 1, "", f"larger than {MAX_BYTES} bytes")
        return path.read_bytes().decode("utf-8-sig", "surrogateescape")
    except OSError as error:
        raise FileError(path, 1, "", f"cannot be read: {error.strerror}") from error


def _csv(path: Path, text: str) -> Iterator[Record | BadRow]:
    reader = csv.DictReader(io.StringIO(text, newline=""), restval=None, strict=True)
    try:
        for cells in reader:
            if None in cells:
                yield BadRow(path.name, reader.line_num, "more cells than the header has")
            elif None in cells.values():
                yield BadRow(path.name, reader.line_num, "fewer cells than the header has")
            else:
                yield Record(cells, path.name, reader.line_num)
    except csv.Error as error:
        raise FileError(path, reader.reader.line_num, "", f"not CSV: {error}") from error


def _jsonl(path: Path, text: str) -> Iterator[Record | BadRow]:
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            data = json.loads(line)
        except (ValueError, RecursionError):
            yield BadRow(path.name, number, "not JSON")
        else:
            yield _object(path, number, data)


def _json(path: Path, text: str) -> Iterator[Record | BadRow]:
    try:
        rows = json.loads(text)
    except json.JSONDecodeError as error:
        raise FileError(path, error.lineno, "", f"not JSON: {error.msg}") from error
    except (ValueError, RecursionError) as error:
        raise FileError(path, 1, "", f"not JSON: {error}") from error
    if not isinstance(rows, list):
        raise FileError(path, 1, "", "expected a list of objects")
    for number, data in enumerate(rows, start=1):
        yield _object(path, number, data)


def _object(path: Path, line: int, data: object) -> Record | BadRow:
    if not isinstance(data, dict):
        return BadRow(path.name, line, "not an object")
    return Record(data, path.name, line)


def _parquet(path: Path) -> Iterator[Record | BadRow]:
    for number, data in enumerate(read_parquet(path, MAX_BYTES), start=1):
        yield Record(data, path.name, number)
