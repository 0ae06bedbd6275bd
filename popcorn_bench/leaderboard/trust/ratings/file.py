"""The CSV file with human ratings, checked cell by cell."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any

from popcorn_bench.errors import FileError, did_you_mean
from popcorn_bench.types import MAX_SEED

_REQUIRED = ("query", "llm", "video", "mode", "rating")
_OPTIONAL = ("task", "seed", "rater")
_MAY_BE_EMPTY = frozenset({"video", *_OPTIONAL})
_DIGITS = len(str(MAX_SEED))
_MOST = 1e12  # beyond that, sums of squares lose all meaning


@dataclass(frozen=True, slots=True, kw_only=True)
class Rating:
    """One rating of one unit, in the words of the file; `line` is its place there.

    `task`, `seed` and `rater` are '' where the file does not say; `video` is '' where the brief
    alone was rated.
    """

    line: int
    task: str
    query: str
    llm: str
    video: str
    mode: str
    seed: str
    rater: str
    rating: float


@dataclass(frozen=True, slots=True)
class Ratings:
    """Human ratings and the file that they come from."""

    path: Path
    rows: tuple[Rating, ...]


def read_ratings(path: Path) -> Ratings:
    """Read a file with the columns query, llm, video, mode, rating (and task, seed, rater).

    Raises:
        FileError: for a missing column or a bad value.
    """
    try:
        file = path.open(newline="", encoding="utf-8-sig")
    except OSError as error:
        raise FileError(path, 1, "", f"cannot be read: {error.strerror}") from error
    with file:
        reader = csv.DictReader(file, strict=True)
        try:
            _check_header(path, reader.fieldnames or ())
            rows = tuple(_rows(path, reader))
        except (UnicodeDecodeError, csv.Error) as error:
            raise FileError(path, reader.line_num + 1, "", f"is not CSV: {error}") from error
    if not rows:
        raise FileError(path, 1, "", "holds no row")
    return Ratings(path, rows)


def _check_header(path: Path, found: Sequence[str]) -> None:
    for name in _REQUIRED:
        if name not in found:
            hint = did_you_mean(name, found)
            if len(found) == 1 and ";" in found[0]:
                hint = "; the columns are divided by semicolons, not commas"
            raise FileError(path, 1, name, f"missing column{hint}")


def _rows(path: Path, reader: csv.DictReader[str]) -> Iterator[Rating]:
    for cells in reader:
        yield _rating(path, reader.line_num, cells)


def _rating(path: Path, line: int, cells: Mapping[str | Any, Any]) -> Rating:
    if None in cells or None in cells.values():
        raise FileError(path, line, "", "has another number of cells than the header")
    text = {name: str(cells.get(name, "")).strip() for name in (*_REQUIRED, *_OPTIONAL)}
    for name, value in text.items():
        if not value and name not in _MAY_BE_EMPTY:
            raise FileError(path, line, name, "is empty")
    rating = _number(path, line, text.pop("rating"))
    return Rating(line=line, rating=rating, **{**text, "seed": _seed(path, line, text["seed"])})


def _number(path: Path, line: int, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not isfinite(value):
        raise FileError(path, line, "rating", f"{text!r} is not a finite number")
    if abs(value) > _MOST:
        raise FileError(path, line, "rating", f"{value} is beyond {_MOST:g}")
    return value


def _seed(path: Path, line: int, text: str) -> str:
    if not text:
        return ""
    digits = text.isascii() and text.isdigit() and len(text) <= _DIGITS
    if not digits or int(text) > MAX_SEED:
        raise FileError(path, line, "seed", f"{text!r} is not an integer from 0 to {MAX_SEED}")
    return str(int(text))
