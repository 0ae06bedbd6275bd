"""The journal: append-only JSON lines, one file per writing process, the truth of a results folder.

A line counts once it is synced to disk. Lines are committed in groups: while one group is being
synced the next one gathers, so that many writers share one fsync and a lone one hardly waits.
A process that was killed can leave a torn last line; readers stop before it, and the next one who
holds the folder cuts it off.
"""

from __future__ import annotations

import errno
import json
import os
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from popcorn_bench.errors import StoreError

Record = Mapping[str, Any]
FOLDER = "journal"
_ENCODER = json.JSONEncoder(separators=(",", ":"), allow_nan=False)
_LONGEST_LINE = 256 << 20  # bytes; the plan of the largest task takes a few megabytes


@dataclass(frozen=True, slots=True)
class Line:
    """One record with the bytes that it takes in its file; None for a damaged line."""

    record: Record | None
    start: int
    end: int


class JournalWriter:
    """Appends records to a new file; thread-safe.

    Raises:
        StoreError: where the file cannot be made, and from a returned future when the disk fails.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file: BinaryIO = path.open("xb")
            _sync_folder(path.parent)
        except OSError as error:
            raise StoreError(f"{path}: cannot write the journal: {error.strerror}") from error
        self._lock = threading.Condition()
        self._lines: list[bytes] = []
        self._group = _new_group()
        self._size = 0
        self._closing = False
        self._error: StoreError | None = None
        self._thread = threading.Thread(target=self._commit_groups, name="journal", daemon=True)
        self._thread.start()

    def append(self, record: Record) -> tuple[int, Future[None]]:
        """Queue a record; give its offset in the file and a future that ends when it is durable."""
        line = _ENCODER.encode(record).encode() + b"\n"
        with self._lock:
            if self._closing:
                raise self._error or StoreError(f"{self.path}: the journal is closed")
            start = self._size
            self._size += len(line)
            self._lines.append(line)
            if len(self._lines) == 1:  # for the others of the group the writer is awake
                self._lock.notify()
            return start, self._group

    def close(self) -> None:
        """Commit what is queued and close the file."""
        with self._lock:
            self._closing = True
            self._lock.notify()
        self._thread.join()
        with suppress(OSError):  # what could not be written was reported when it failed
            self._file.close()

    def _commit_groups(self) -> None:
        while True:
            with self._lock:
                self._lock.wait_for(lambda: self._lines or self._closing)
                lines, group = self._lines, self._group
                self._lines, self._group = [], _new_group()
            if not lines:
                return
            self._commit(lines, group)

    def _commit(self, lines: list[bytes], group: Future[None]) -> None:
        try:
            self._file.write(b"".join(lines))
            self._file.flush()
            os.fsync(self._file.fileno())
            self._check_name()
        except OSError as error:
            broken = StoreError(f"{self.path}: cannot write the journal: {error.strerror}")
            with self._lock:
                self._closing, self._error = True, broken
            group.set_exception(broken)
        else:
            group.set_result(None)

    def _check_name(self) -> None:
        """A file that was deleted, or whose disk was taken away, would take lines for ever."""
        if not os.path.samestat(self.path.stat(), os.fstat(self._file.fileno())):
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))


def _new_group() -> Future[None]:
    """A future that many wait for: one of them who gives up does not cancel it for the others."""
    group: Future[None] = Future()
    group.set_running_or_notify_cancel()
    return group


def journal_files(folder: Path) -> list[Path]:
    """The journal files of a results folder, oldest first; a pipe or a device is none."""
    return sorted(path for path in (folder / FOLDER).glob("*.jsonl") if path.is_file())


def read_lines(path: Path, start: int = 0) -> Iterator[Line]:
    """Yield the whole lines from byte `start` on; a torn last line is passed over."""
    with path.open("rb") as file:
        file.seek(start)
        while raw := file.readline(_LONGEST_LINE):
            end, whole = start + len(raw), raw.endswith(b"\n")
            while not whole and (
                more := file.readline(_LONGEST_LINE)
            ):  # too long to be one of ours
                raw, end, whole = b"", end + len(more), more.endswith(b"\n")
            if not whole:
                return
            yield Line(_parse(raw), start, end)
            start = end


def cut_torn(path: Path, whole: int) -> int:
    """Cut off what stands behind the `whole` bytes of a file that nobody writes; how much it was.

    A file that cannot be written is left as it is: readers stop before the torn line anyway. So is
    one that is a link, which may lead out of the folder.
    """
    torn = path.stat().st_size - whole
    if torn > 0 and not path.is_symlink():
        with suppress(OSError):
            os.truncate(path, whole)
    return max(torn, 0)


def read_record(file: BinaryIO, start: int) -> Record | None:
    """The record at byte `start` of an open journal file."""
    file.seek(start)
    return _parse(file.readline(_LONGEST_LINE))


def _parse(raw: bytes) -> Record | None:
    try:
        record = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) else None


def _sync_folder(folder: Path) -> None:
    """Make a new file's name durable, where the system can."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
