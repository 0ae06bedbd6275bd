"""Journal files of several folders: which copy of each is the one to have.

A run writes one file, whose name no other run has, and only ever appends to it. So two files of one
name are the same run, seen earlier and later: the longer one holds all. Where that is not so (one
was damaged) the copy with more readable lines is taken. That is an order over all copies, so the
choice does not depend on which comes first.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from popcorn_bench.fingerprint import file_sha256
from popcorn_bench.results.journal import journal_files, read_lines

_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Copy:
    """A journal file and how many of its bytes are whole lines."""

    path: Path
    size: int


@dataclass(frozen=True, slots=True)
class Chosen:
    """The best copy of one journal file; `differs` where another one is no beginning of it."""

    copy: Copy
    differs: bool = False


def choose(folders: Iterable[Path]) -> dict[str, Chosen]:
    """The best copy of every journal file in the folders, by name in their order."""
    found: dict[str, list[Copy]] = {}
    for folder in folders:
        for path in journal_files(folder):
            if path.is_file():
                found.setdefault(path.name, []).append(Copy(path, _whole_bytes(path)))
    return {name: _best(found[name]) for name in sorted(found)}


def bring(chosen: Mapping[str, Chosen], journal: Path) -> tuple[int, int]:
    """Copy what the folder lacks; how many files were added, and how many were replaced.

    Raises:
        OSError: where it cannot be written; what was copied by then is whole.
    """
    added = replaced = 0
    journal.mkdir(parents=True, exist_ok=True)
    for name, one in chosen.items():
        target = journal / name
        if one.copy.path == target:
            continue
        replaced += target.exists()
        added += not target.exists()
        _copy(one.copy, target)
    return added, replaced


def _best(copies: list[Copy]) -> Chosen:
    best, differs = copies[0], False
    for other in copies[1:]:
        shorter, longer = sorted((best, other), key=lambda copy: copy.size)
        if not _begins(shorter, longer):
            differs = True
            best = max(best, other, key=_rank)
        elif longer.size > best.size:
            best = longer
    return Chosen(best, differs)


def _rank(copy: Copy) -> tuple[int, int, str]:
    """A longer copy of the same file never ranks lower, so that one order holds for all."""
    readable = sum(line.record is not None for line in read_lines(copy.path))
    return readable, copy.size, file_sha256(copy.path)


def _begins(shorter: Copy, longer: Copy) -> bool:
    left = shorter.size
    with shorter.path.open("rb") as one, longer.path.open("rb") as other:
        while left:
            chunk = one.read(min(_CHUNK, left))
            if not chunk or chunk != other.read(len(chunk)):
                return False
            left -= len(chunk)
    return True


def _whole_bytes(path: Path) -> int:
    """Bytes up to the last end of a line: a run may be writing the next one."""
    with path.open("rb") as file:
        end = file.seek(0, os.SEEK_END)
        while end:
            start = max(0, end - _CHUNK)
            file.seek(start)
            at = file.read(end - start).rfind(b"\n")
            if at >= 0:
                return start + at + 1
            end = start
    return 0


def _copy(source: Copy, target: Path) -> None:
    part = target.with_name(f".{target.name}.merging")
    left = source.size
    with source.path.open("rb") as read, part.open("wb") as write:
        while left and (chunk := read.read(min(_CHUNK, left))):
            write.write(chunk)
            left -= len(chunk)
        write.flush()
        os.fsync(write.fileno())
    part.replace(target)
