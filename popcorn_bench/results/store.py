"""The results folder as a run sees it: what is there, and a way to add to it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from enum import IntEnum
from pathlib import Path
from typing import BinaryIO, Self

from popcorn_bench.errors import StoreError
from popcorn_bench.fingerprint import place_key
from popcorn_bench.results import journal, records
from popcorn_bench.results.artifacts import ArtefactStore
from popcorn_bench.results.journal import JournalWriter, Record
from popcorn_bench.results.keys import KeyIndex
from popcorn_bench.results.lock import writing
from popcorn_bench.results.records import Result
from popcorn_bench.types import Artefact, Failure, Unit

_OFFSET_BITS = 44  # a journal file may grow to 16 TiB
_OPEN_FILES = 64


class Status(IntEnum):
    """What is known of a unit at its place."""

    DONE = 0
    FAILED = 1
    FAILED_RETRIABLE = 2


class Store:
    """Units by key and by place, read from the journal; memory hardly grows with their number.

    Use as a context manager: it keeps journal files open for reading.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.artifacts = ArtefactStore(folder)
        self.run_id = ""
        self._files: list[Path] = []
        self._read: dict[Path, int] = {}
        self._handles: dict[int, BinaryIO] = {}
        self._results, self._places = KeyIndex(), KeyIndex()
        self._writer: JournalWriter | None = None
        self._catch_up()

    def _catch_up(self) -> None:
        """Read what the journal has gained since it was read last."""
        for path in journal.journal_files(self.folder):
            if path not in self._read:
                self._files.append(path)
            number = self._files.index(path)
            for line in journal.read_lines(path, self._read.setdefault(path, 0)):
                self._read[path] = line.end
                if line.record is not None:
                    self._note(line.record, number, line.start)

    def status(self, unit: Unit) -> Status | None:
        """What happened to the unit at its place, or None."""
        value = self._places.get(place_key(unit.place, unit.key))
        return None if value is None else Status(value)

    def result(self, unit: Unit) -> Result | None:
        """The result of an equal unit at any place; None too where its artefact is gone."""
        location = self._results.get(unit.key)
        if location is None:
            return None
        record = journal.read_record(self._handle(location >> _OFFSET_BITS), _offset(location))
        if record is None or record.get("key") != unit.key:
            return None
        try:
            result = records.result_of(record)
        except records.MALFORMED:
            return None
        gone = isinstance(result, Artefact) and not self.artifacts.holds(result)
        return None if gone else result

    @contextmanager
    def writing(self, run_id: str) -> Iterator[None]:
        """Hold the folder and open a journal file for `run_id`."""
        with writing(self.folder):
            self._catch_up()  # another run may have ended before the folder was ours
            self.run_id = run_id
            self._writer = JournalWriter(self.folder / journal.FOLDER / f"{run_id}.jsonl")
            self._files.append(self._writer.path)
            self._read[self._writer.path] = 0
            try:
                yield
            finally:
                self._writer.close()
                self._writer = None

    def write(self, record: Record) -> Future[None]:
        """Queue any record; the future ends when it is durable."""
        if self._writer is None:
            raise StoreError(f"{self.folder}: not opened for writing")
        start, durable = self._writer.append(record)
        self._note(record, len(self._files) - 1, start)
        return durable

    async def finish(self, unit: Unit, result: Result, *, reused: bool = False) -> None:
        """Record a finished unit; durable when this returns."""
        record = records.unit_record(unit, result, self.run_id, reused=reused)
        await asyncio.wrap_future(self.write(record))

    async def fail(self, unit: Unit, failure: Failure) -> None:
        """Record a unit that could not be done; durable when this returns."""
        await asyncio.wrap_future(self.write(records.failure_record(unit, failure, self.run_id)))

    def _note(self, record: Record, file: int, start: int) -> None:
        """Remember a unit or failure; a record that is none of ours is passed over."""
        with suppress(*records.MALFORMED):
            kind = record.get("t")
            if kind == "unit":
                self._note_status(record, Status.DONE)
                if not record["reused"]:  # its first record has the result, and is on disk
                    self._results[record["key"]] = file << _OFFSET_BITS | start
            elif kind == "failure":
                retriable = record["data"]["retriable"]
                self._note_status(record, Status.FAILED_RETRIABLE if retriable else Status.FAILED)

    def _note_status(self, record: Record, status: Status) -> None:
        unit = records.unit_of(record)
        self._places[place_key(unit.place, unit.key)] = status

    def _handle(self, number: int) -> BinaryIO:
        if number not in self._handles:
            if len(self._handles) >= _OPEN_FILES:
                self.close()
            self._handles[number] = self._files[number].open("rb")
        return self._handles[number]

    def close(self) -> None:
        """Close what was opened for reading."""
        for handle in self._handles.values():
            handle.close()
        self._handles.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


def _offset(location: int) -> int:
    return location & ((1 << _OFFSET_BITS) - 1)
