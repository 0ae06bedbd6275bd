"""What was sent to a service and not yet answered for: the memory of paid jobs.

JSON lines in `remote_jobs/` of a results folder, one file per writing process, every line synced
before the step that it announces. The last line of a key says where it stands:

    intent     about to be submitted; if nothing follows, nobody knows whether it was
    rejected   the service did not take it
    submitted  the service gave it an id
    ended      `done`, `failed`, `gone` (the service knows it no more) or `broken` (no usable file)

A key is the content address of the unit. No prompt, endpoint or key of a service is written.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any
from uuid import uuid4

from popcorn_bench.errors import StoreError

FOLDER = "remote_jobs"


class Standing(StrEnum):
    """Where a request stands."""

    FREE = "free"  # may be submitted
    UNKNOWN = "unknown"  # submitted or not, nobody knows
    OPEN = "open"  # submitted: ask for it by its id
    BROKEN = "broken"  # done, but its file was of no use


class End(StrEnum):
    """How a submitted job ended."""

    DONE = "done"
    FAILED = "failed"
    GONE = "gone"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Job:
    """A request as the ledger knows it.

    `tries` counts its submissions that are over; `cost_usd` is None where it is not known.
    """

    standing: Standing = Standing.FREE
    remote_id: str = ""
    cost_usd: float | None = None
    tries: int = 0


class Ledger:
    """The jobs of one results folder; reads what every process wrote, adds to a file of its own.

    Args:
        folder: the results folder.

    Raises:
        StoreError: when the folder cannot be read or written.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder / FOLDER
        self._jobs: dict[str, Job] = {}
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            for path in sorted(self._folder.glob("*.jsonl")):
                for record in _records(path):
                    self._apply(record)
        except OSError as error:
            raise StoreError(f"{self._folder}: cannot read: {error.strerror}") from error
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%f")
        self._path = self._folder / f"{stamp}-{uuid4().hex[:8]}.jsonl"

    def job(self, key: str) -> Job:
        """Where the request of that key stands."""
        return self._jobs.get(key, Job())

    def intend(self, key: str, model: str) -> None:
        """Note that the request is about to be submitted."""
        self._write("intent", key, model=model)

    def reject(self, key: str) -> None:
        """Note that it was not taken."""
        self._write("rejected", key)

    def submitted(self, key: str, remote_id: str, cost_usd: float | None) -> None:
        """Note the id that the service gave it, and what it will have cost."""
        self._write("submitted", key, id=remote_id, cost_usd=cost_usd)

    def ended(self, key: str, how: End) -> None:
        """Note how it ended."""
        self._write("ended", key, how=how)

    def _write(self, step: str, key: str, **facts: object) -> None:
        record = {"t": step, "key": key, "at": datetime.now(UTC).isoformat(), **facts}
        line = json.dumps(record, separators=(",", ":"), allow_nan=False).encode() + b"\n"
        try:
            is_new = not self._path.exists()
            with self._path.open("ab") as file:
                file.write(line)
                file.flush()
                os.fsync(file.fileno())
            if is_new:
                _sync(self._folder)
        except OSError as error:
            raise StoreError(f"{self._path}: cannot write: {error.strerror}") from error
        self._apply(record)

    def _apply(self, record: Mapping[str, Any]) -> None:
        key = record.get("key")
        if isinstance(key, str):
            self._jobs[key] = _after(self.job(key), record)


def _after(job: Job, record: Mapping[str, Any]) -> Job:
    """What a line makes of a job."""
    match record.get("t"), record.get("how"):
        case "intent", _:
            return Job(Standing.UNKNOWN, tries=job.tries)
        case "rejected", _:
            return Job(Standing.FREE, tries=job.tries)
        case "submitted", _:
            cost = record.get("cost_usd")
            known = float(cost) if isinstance(cost, int | float) else None
            return Job(Standing.OPEN, str(record.get("id", "")), known, job.tries)
        case "ended", End.FAILED | End.GONE:
            return Job(Standing.FREE, tries=job.tries + 1)
        case "ended", End.BROKEN:
            return Job(Standing.BROKEN, job.remote_id, job.cost_usd, job.tries)
        case _:
            return job  # `done` can be fetched again by its id; later versions may write more


def _records(path: Path) -> Iterator[Mapping[str, Any]]:
    """The whole lines of a file; what a killed process left half-written is passed over."""
    for raw in path.read_bytes().splitlines(keepends=True):
        try:
            record = json.loads(raw) if raw.endswith(b"\n") else None
        except ValueError:
            continue
        if isinstance(record, dict):
            yield record


def _sync(folder: Path) -> None:
    """Make a new file's name durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
