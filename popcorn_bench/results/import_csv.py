"""The CSV file that `results import` reads, checked cell by cell."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any

from popcorn_bench.errors import FileError, did_you_mean
from popcorn_bench.types import MAX_SEED, Kind

COLUMNS = ("query", "kind", "topic", "llm", "video", "mode", "seed", "metric", "score")
MAX_SCORE = 1e12  # beyond that, sums of squares lose all meaning
_REQUIRED = tuple(name for name in COLUMNS if name != "video")


@dataclass(frozen=True, slots=True)
class ImportRow:
    """One row; `row["llm"]` is the text of a column, `line` its place in the file."""

    line: int
    cells: Mapping[str, str]
    seed: int
    score: float

    def __getitem__(self, name: str) -> str:
        return self.cells[name]


def read_rows(path: Path) -> Iterator[ImportRow]:
    """Yield the rows in order.

    Raises:
        FileError: for a missing column or a bad value.
    """
    try:
        file = path.open(newline="", encoding="utf-8-sig")
    except OSError as error:
        raise FileError(path, 1, "", f"cannot be read: {error.strerror}") from error
    with file:
        reader = csv.DictReader(file)
        try:
            _check_header(path, reader.fieldnames or ())
            for cells in reader:
                yield _row(path, reader.line_num, cells)
            if reader.line_num <= 1:
                raise FileError(path, 1, "", "holds no row")
        except (UnicodeDecodeError, csv.Error) as error:
            raise FileError(path, reader.line_num + 1, "", f"is not CSV: {error}") from error


def _check_header(path: Path, found: Sequence[str]) -> None:
    for name in COLUMNS:
        if name not in found:
            hint = did_you_mean(name, found)
            if len(found) == 1 and ";" in found[0]:
                hint = "; the columns are divided by semicolons, not commas"
            raise FileError(path, 1, name, f"missing column{hint}")


def _row(path: Path, line: int, cells: Mapping[str | None, Any]) -> ImportRow:
    if None in cells or None in cells.values():
        raise FileError(path, line, "", "has another number of cells than the header")
    text = {str(name): str(value).strip() for name, value in cells.items()}
    for name in _REQUIRED:
        if not text[name]:
            raise FileError(path, line, name, "is empty")
    if text["kind"] not in set(Kind):
        raise FileError(path, line, "kind", f"{text['kind']!r} is not {' or '.join(Kind)}")
    return ImportRow(line, text, _integer(path, line, text), _number(path, line, text))


def _integer(path: Path, line: int, text: Mapping[str, str]) -> int:
    try:
        seed = int(text["seed"])
    except ValueError:
        raise FileError(path, line, "seed", f"{text['seed']!r} is not an integer") from None
    if not 0 <= seed <= MAX_SEED:
        raise FileError(path, line, "seed", f"{seed} is not between 0 and {MAX_SEED}")
    return seed


def _number(path: Path, line: int, text: Mapping[str, str]) -> float:
    try:
        value = float(text["score"])
    except ValueError:
        value = float("nan")
    if not isfinite(value):
        raise FileError(path, line, "score", f"{text['score']!r} is not a finite number")
    if abs(value) > MAX_SCORE:
        raise FileError(path, line, "score", f"{value} is beyond {MAX_SCORE:g}")
    return value
