"""The results folder as a run sees it: what is there, and a way to add to it."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from enum import IntEnum
from pathlib import Path
from typing import BinaryIO, Self

from popcorn_bench.errors import StoreError
from popcorn_bench.fingerprint import place_key
from popcorn_bench.results import journal, records
from popcorn_bench.results.artifacts import Artefacts, open_artefacts
from popcorn_bench.results.journal import JournalWriter, Record
from popcorn_bench.results.keys import KeyIndex
from popcorn_bench.results.lock import writing
from popcorn_bench.results.records import Result
from popcorn_bench.results.seal import is_sealed, seal
from popcorn_bench.types import Artefact, Failure, Place, Unit

_OFFSET_BITS = 44  # a journal file may grow to 16 TiB
_OPEN_FILES = 64
_WAS_DONE = 4  # beside the status of a failure: there had been a result


class Status(IntEnum):
    """What is known of a unit at its place."""

    DONE = 0
    FAILED = 1
    FAILED_RETRIABLE = 2


class Store:
    """Units by key and by place, read from the journal; memory hardly grows with their number.

    The journal is read when it is first asked about. Use as a context manager: it keeps journal
    files open for reading.
    """

    def __init__(self, folder: Path, artifacts: Artefacts | None = None) -> None:
        self.folder = folder
        self.artifacts = artifacts or open_artefacts(folder)
        self.run_id = ""
        self._files: list[Path] = []
        self._read: dict[Path, int] = {}
        self.repaired: dict[str, int] = {}  # journal files and bytes of torn lines, cut off
        self._handles: dict[int, BinaryIO] = {}
        self._results, self._places = KeyIndex(), KeyIndex()
        self._writer: JournalWriter | None = None
        self._is_read = False

    def _catch_up(self) -> None:
        """Read what the journal has gained since it was read last."""
        self._is_read = True
        for path in journal.journal_files(self.folder):
            if path not in self._read:
                self._files.append(path)
            number = self._files.index(path)
            for line in journal.read_lines(path, self._read.setdefault(path, 0)):
                self._read[path] = line.end
                if line.record is not None:
                    self._note(line.record, number, line.start)

    def _repair(self) -> None:
        """Clear up after processes that were killed; nobody else writes while this is held."""
        torn = {path: journal.cut_torn(path, self._read[path]) for path in self._files}
        self.repaired = {path.name: n for path, n in torn.items() if n}
        self.artifacts.clear_scratch()

    @property
    def latest(self) -> str:
        """The last run of the folder; '' where none has been."""
        files = journal.journal_files(self.folder)
        return files[-1].stem if files else ""

    def status(self, unit: Unit) -> Status | None:
        """What happened to the unit at its place, or None.

        What was done stays so while its result is there, though another machine failed later.
        """
        if not self._is_read:
            self._catch_up()
        value = self._places.get(place_key(unit.place, unit.key))
        if value is None:
            return None
        if value & _WAS_DONE and self.result(unit) is not None:
            return Status.DONE
        return Status(value & ~_WAS_DONE)

    def result(self, unit: Unit) -> Result | None:
        """The result of an equal unit at any place; None too where its artefact is gone."""
        if not self._is_read:
            self._catch_up()
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
            self._repair()
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

    def seal(self, plan: str) -> dict[str, str]:
        """For the last line of this run, where it did the whole of a plan: see `seal.py`."""
        return seal(self.folder, self._files[-1], plan)

    def is_sealed(self, plan: str, briefs: Collection[str]) -> bool:
        """Whether the last run did the whole of a plan, and all of it is there: see `seal.py`."""
        return is_sealed(self.folder, self.artifacts, plan, briefs)

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
        key = place_key(Place(*record["place"]), record["key"])
        before = None if status is Status.DONE else self._places.get(key)
        was_done = before is not None and (before == Status.DONE or before & _WAS_DONE)
        self._places[key] = status | _WAS_DONE if was_done else status

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
