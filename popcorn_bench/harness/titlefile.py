"""A CSV file of titles to predict for: `id,title,category[,comment_count]`.

Columns stand in any order, their names in any case.
A file is read as often as it is asked for, a row at a time: once to find out whether it is right,
once to predict. So nothing is said about half a file, and a million rows need no memory.
"""

from __future__ import annotations

import csv
import io
import re
import shutil
import sys
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, NamedTuple, Protocol, cast

from popcorn_bench.errors import FileError, did_you_mean
from popcorn_bench.tasks.corpora.records import is_utf8

STDIN = Path("-")
COLUMNS = ("id", "title", "category")
LABEL = "comment_count"
_COUNT = re.compile(r"0*([1-9][0-9]{0,17})(?:\.0*)?", re.ASCII)  # 12.0: as files with gaps have it
_QUOTED = 60  # characters of a bad value that a message repeats


class Titled(NamedTuple):
    """A row: what to predict for, and the comments that were counted, where the file has them."""

    id: str
    title: str
    category: str
    comments: int | None = None


class _Lines(Protocol):
    """What `csv.reader` gives."""

    @property
    def line_num(self) -> int: ...

    def __iter__(self) -> Iterator[list[str]]: ...


class TitleFile:
    """A file that can be read again from its start.

    Args:
        path: its name in messages.
        stream: its bytes.
    """

    def __init__(self, path: Path, stream: IO[bytes]) -> None:
        self._path, self._stream = path, stream

    def rows(self) -> Iterator[Titled]:
        """Read all rows; blank lines are none.

        Raises:
            FileError: at the first thing that is wrong.
        """
        self._stream.seek(0)
        if _is_utf16(self._stream.read(2)):
            raise FileError(self._path, 1, "", "not UTF-8: it looks like UTF-16")
        self._stream.seek(0)
        text = io.TextIOWrapper(self._stream, "utf-8-sig", "surrogateescape", newline="")
        try:
            yield from self._parsed(csv.reader(text, strict=True))
        finally:
            text.detach()  # the stream stays open, to be read again

    def _parsed(self, lines: _Lines) -> Iterator[Titled]:
        records = self._records(lines)
        first, header = next(records, (1, []))
        order = self._order(first, [name.strip().lower() for name in header])
        for line, cells in records:
            if len(cells) != len(header):
                why = f"{len(cells)} cells where the header has {len(header)}"
                raise FileError(self._path, line, "", why)
            yield self._row(line, [cells[index] for index in order])

    def _records(self, lines: _Lines) -> Iterator[tuple[int, list[str]]]:
        """Each record with the line that it begins at; one with quoted breaks goes over several."""
        line = 1
        try:
            for cells in lines:
                if cells:
                    yield line, cells
                line = lines.line_num + 1
        except csv.Error as error:
            raise FileError(self._path, line, "", f"not CSV: {error}") from error

    def _order(self, line: int, header: Sequence[str]) -> list[int]:
        """Where our columns stand; the last is that of the labels, if there is one."""
        if not header:
            why = f"is empty; expected a header with {', '.join(COLUMNS)}"
            raise FileError(self._path, line, "", why)
        if not all(map(is_utf8, header)):
            raise FileError(self._path, line, "", "not UTF-8")
        wanted = [*COLUMNS, *([LABEL] if LABEL in header else [])]
        for name in wanted:
            if header.count(name) > 1:
                raise FileError(self._path, line, name, "two columns of this name")
            if name not in header:
                found = ", ".join(map(_quoted, header[:8]))
                why = f"no such column{did_you_mean(name, header) or f'; there are {found}'}"
                raise FileError(self._path, line, name, why)
        return [header.index(name) for name in wanted]

    def _row(self, line: int, cells: Sequence[str]) -> Titled:
        for name, cell in zip(COLUMNS, cells, strict=False):
            if not is_utf8(cell):
                raise FileError(self._path, line, name, "not UTF-8")
        labels = [self._count(line, cell) for cell in cells[len(COLUMNS) :]]
        return Titled(cells[0], cells[1], cells[2], *labels)

    def _count(self, line: int, cell: str) -> int:
        found = _COUNT.fullmatch(cell.strip())
        if found is None:
            why = f"{_quoted(cell)} is not a whole number of at least 1"
            raise FileError(self._path, line, LABEL, why)
        return int(found[1])


@contextmanager
def open_titles(path: Path) -> Iterator[TitleFile]:
    """Open a file, `-` for stdin; what cannot be read twice (a pipe) is kept on disk meanwhile."""
    source = nullcontext(sys.stdin.buffer) if path == STDIN else path.open("rb")
    with source as stream:
        if stream.seekable():
            yield TitleFile(path, stream)
            return
        with TemporaryFile() as kept:
            shutil.copyfileobj(stream, kept)
            yield TitleFile(path, cast("IO[bytes]", kept))


def _is_utf16(start: bytes) -> bool:
    """By its mark, or because every other byte of Latin letters is 0."""
    return start in (BOM_UTF16_LE, BOM_UTF16_BE) or 0 in start


def _quoted(text: str) -> str:
    """A value as a message repeats it: short, and without effect on a terminal."""
    return repr(text if len(text) <= _QUOTED else f"{text[:_QUOTED]}...")
