"""From rows as they were found to the typed table, and the list of those that do not fit."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING, Protocol

from popcorn_bench.errors import UsageError
from popcorn_bench.tasks.corpora.corpus import COLUMNS, COUNTS, PATHS, BadRow, schema

if TYPE_CHECKING:
    from pathlib import Path

    from polars import DataFrame

MAX_ROWS = 5_000_000
MAX_TEXT = 20_000

_WHOLE = re.compile(r"([0-9]{1,19})(?:\.0*)?", re.ASCII)
_LARGEST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Record:
    """One row as it was found, and where."""

    data: Mapping[str, object]
    file: str
    line: int


class Source(Protocol):
    """Something that rows come from.

    Every method may raise UsageError for a source that cannot be read.
    """

    @property
    def folder(self) -> Path | None:
        """What paths in the rows are relative to, None where there is nothing."""
        ...

    def fingerprint(self) -> object:
        """Plain data that is different whenever the rows are; cheap beside reading them."""
        ...

    def records(self) -> Iterator[Record | BadRow]:
        """Read the rows in their order."""
        ...


@dataclass(slots=True)
class Table:
    """What was read so far; `seen` are the names of the columns of the source."""

    columns: dict[str, list[object]] = field(default_factory=lambda: {n: [] for n in COLUMNS})
    bad: list[BadRow] = field(default_factory=list)
    seen: dict[str, None] = field(default_factory=dict)
    ids: set[str] = field(default_factory=set)

    def add(self, record: Record, names: Mapping[str, str]) -> None:
        """Take a record, or note why not."""
        self.seen |= dict.fromkeys(record.data)
        row = {}
        try:
            for column in COLUMNS:
                row[column] = _cell(column, record.data.get(names[column]))
            self._new_id(str(row["id"]))
        except ValueError as error:
            self.bad.append(BadRow(record.file, record.line, str(error)))
            return
        for column, value in row.items():
            self.columns[column].append(value)

    def frame(self) -> DataFrame:
        """The rows taken, as a typed frame."""
        from polars import DataFrame

        return DataFrame(self.columns, schema=schema())

    def _new_id(self, key: str) -> None:
        if not key:
            raise ValueError("id: missing")
        if key in self.ids:
            raise ValueError("id: a second time")
        self.ids.add(key)


def tabulate(rows: Iterable[Record | BadRow], names: Mapping[str, str]) -> Table:
    """Read every row.

    Args:
        rows: what a source gives.
        names: for each column of a corpus, the column of the source.

    Raises:
        UsageError: for more rows than any corpus needs.
    """
    table = Table()
    for number, row in enumerate(rows):
        if number >= MAX_ROWS:
            raise UsageError(f"a corpus has at most {MAX_ROWS:,} rows")
        if isinstance(row, BadRow):
            table.bad.append(row)
        else:
            table.add(row, names)
    return table


def is_utf8(text: str) -> bool:
    """Whether text that was decoded with `surrogateescape` holds no byte that was escaped."""
    return text.isascii() or not any("\ud800" <= char <= "\udfff" for char in text)


def _cell(column: str, value: object) -> str | int | None:
    if column in COUNTS:
        return _count(column, value)
    text = _text(column, value)
    if column in PATHS and _leaves(text):
        raise ValueError(f"{column}: leaves the folder of the corpus")
    return text


def _text(column: str, value: object) -> str:
    """Text, or a number as text (ids and titles may look like numbers)."""
    if value is None or value != value:  # noqa: PLR0124 - NaN stands for nothing in some files
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError(f"{column}: not text")  # noqa: TRY004 - a fault of the row, as the others
    text = str(value).strip()
    if len(text) > MAX_TEXT:
        raise ValueError(f"{column}: longer than {MAX_TEXT:,} characters")
    if not is_utf8(text):
        raise ValueError(f"{column}: not UTF-8")
    return text


def _count(column: str, value: object) -> int | None:
    """A whole number, None where there is none; `12.0` is 12, as files with gaps write it."""
    if value is None or value != value:  # noqa: PLR0124 - see above
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = "no" if isinstance(value, bool) else str(value).strip()
    if not text:
        return None
    found = _WHOLE.fullmatch(text)
    if found is None or int(found[1]) > _LARGEST:
        raise ValueError(f"{column}: not a whole number")
    return int(found[1])


def _leaves(path: str) -> bool:
    return any(
        pure.is_absolute() or ".." in pure.parts or pure.anchor
        for pure in (PurePosixPath(path), PureWindowsPath(path))
    )
