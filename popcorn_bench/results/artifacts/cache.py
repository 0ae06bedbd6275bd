"""Files of a remote store on this machine: bounded, the longest unread go first.

Several processes share it. A lock guards what is added and removed; reading needs none: who reads a
file has a hard link of its own, so that nothing is taken away under it.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from popcorn_bench.results.artifacts.local import ArtefactStore
from popcorn_bench.results.artifacts.protocol import place_in

DEFAULT_BYTES = 20 * 10**9
_LOCK = ".cache"  # holds the bytes of all files as a decimal number
_ROOM = 0.9  # of the bound is left once it was passed, so that not every file looks at all


class Cache:
    """The cached files of a results folder.

    `bound` is the most bytes that they take together; a file that is larger stays until the next.
    """

    def __init__(self, folder: Path, bound: int = DEFAULT_BYTES) -> None:
        self.store = ArtefactStore(folder)
        self.bound = bound

    def lend(self, name: str, scratch: Path) -> Path | None:
        """A link to the file in `scratch`, None where it is not cached."""
        cached = self.store.root / place_in(name)
        mine = scratch / name
        try:
            if not mine.exists():
                _link(cached, mine)
            os.utime(cached)
        except FileNotFoundError:  # never there, or another process made room meanwhile
            return mine if mine.exists() else None
        return mine

    def keep(self, file: Path, name: str) -> None:
        """Add a link to a file; `file` stays where it is."""
        target = self.store.root / place_in(name)
        with self._locked() as lock:
            if target.exists():
                return
            size = file.stat().st_size
            used = self._used(lock) + size
            _write(lock, used)  # before the file: a process that is killed here counts too much
            target.parent.mkdir(parents=True, exist_ok=True)
            _link(file, target)
            if used > self.bound:
                _write(lock, self._make_room(target))

    def drop(self, name: str) -> None:
        """Remove a file."""
        path = self.store.root / place_in(name)
        with self._locked() as lock, suppress(FileNotFoundError):
            size = path.stat().st_size
            path.unlink()
            _write(lock, self._used(lock) - size)

    def _make_room(self, newest: Path) -> int:
        """Remove the longest unread files until the rest fits; give its bytes.

        The newest stays, however large it is: who asked for it is about to look at it.
        """
        found = []
        for name, size in self.store.listed():
            path = self.store.root / place_in(name)
            found.append((path.stat().st_mtime_ns, size, path))
        used = sum(size for _, size, _ in found)
        for _, size, path in sorted(found):
            if used <= _ROOM * self.bound:
                break
            if path != newest:
                path.unlink()
                used -= size
        return used

    def _used(self, lock: BinaryIO) -> int:
        lock.seek(0)
        try:
            return max(0, int(lock.read(32)))
        except ValueError:  # a new cache, or one that was made of a folder with files in it
            return sum(size for _, size in self.store.listed())

    @contextmanager
    def _locked(self) -> Iterator[BinaryIO]:
        self.store.root.mkdir(parents=True, exist_ok=True)
        with (self.store.root / _LOCK).open("a+b") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield lock


def _write(lock: BinaryIO, used: int) -> None:
    lock.truncate(0)  # opened for appending, so this also moves to the start
    lock.write(str(max(0, used)).encode())
    lock.flush()


def _link(source: Path, target: Path) -> None:
    """A second name of a file; a copy where the disk knows no such thing."""
    try:
        os.link(source, target)
    except FileExistsError:
        return
    except FileNotFoundError:
        raise
    except OSError:
        part = target.with_name(f".{target.name}.{os.getpid()}")
        shutil.copyfile(source, part)
        part.replace(target)
