"""Artefacts in a folder of this machine, or of a disk that several machines share.

A file is written elsewhere in the same folder, synced and renamed.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self

from popcorn_bench.errors import StoreError
from popcorn_bench.fingerprint import file_sha256
from popcorn_bench.results.artifacts.protocol import (
    NAME,
    Fetch,
    damaged,
    is_sound,
    name_of,
    place_in,
)
from popcorn_bench.types import Artefact

FOLDER = "artifacts"
_INCOMING = ".incoming"
_ABANDONED_S = 86_400.0  # no batch is at work for so long without a file


class ArtefactStore:
    """The artefacts of one results folder, which lie in its `artifacts/`. See `Artefacts`."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / FOLDER
        self.address = str(self.root)
        self._shared = False

    @classmethod
    def at(cls, root: Path) -> Self:
        """The artefacts in a folder of their own, which other machines may be using, too."""
        store = cls(root)
        store.root, store.address, store._shared = root, str(root), True
        return store

    @contextmanager
    def workspace(self) -> Iterator[Path]:
        """See `Artefacts`."""
        incoming = self.root / _INCOMING
        incoming.mkdir(parents=True, exist_ok=True)
        path = Path(tempfile.mkdtemp(dir=incoming))
        try:
            yield path
        finally:
            shutil.rmtree(path, ignore_errors=True)

    def clear_scratch(self) -> None:
        """See `Artefacts`."""
        if not self._shared:
            shutil.rmtree(self.root / _INCOMING, ignore_errors=True)
            return
        for path in (self.root / _INCOMING).glob("*"):
            with suppress(OSError):
                if time.time() - path.stat().st_mtime > _ABANDONED_S:
                    shutil.rmtree(path, ignore_errors=True)

    def put(self, file: Path) -> str:
        """See `Artefacts`. A file of that name is replaced, which mends a damaged one."""
        sha256 = file_sha256(file)
        target = self.path(sha256, file.suffix)
        target.parent.mkdir(parents=True, exist_ok=True)
        with file.open("rb") as handle:
            os.fsync(handle.fileno())
        file.replace(target)
        return sha256

    def path(self, sha256: str, suffix: str) -> Path:
        """Where the artefact of that content stands."""
        return self.root / sha256[:2] / name_of(sha256, suffix)

    @contextmanager
    def reading(self) -> Iterator[Fetch]:
        """See `Artefacts`."""
        yield self._fetch

    def at_hand(self, name: str) -> Path | None:
        """See `Artefacts`. A link that stands in its place may lead anywhere and is no artefact."""
        if NAME.fullmatch(name) is None:
            return None
        path = self.root / place_in(name)
        return path if path.is_file() and not path.is_symlink() else None

    def holds(self, artefact: Artefact) -> bool:
        """See `Artefacts`."""
        try:
            return self.path(artefact.sha256, artefact.suffix).stat().st_size == artefact.bytes
        except OSError:
            return False

    def listed(self) -> Iterator[tuple[str, int]]:
        """See `Artefacts`."""
        for path in self.root.glob("??/*"):
            if NAME.fullmatch(path.name) and path.parent.name == path.name[:2] and path.is_file():
                yield path.name, path.stat().st_size

    def discard(self, name: str) -> None:
        """See `Artefacts`."""
        (self.root / place_in(name)).unlink(missing_ok=True)

    def check(self) -> None:
        """See `Artefacts`."""
        try:
            with self.workspace() as scratch:
                (scratch / "here").touch()
        except OSError as error:
            raise StoreError(f"{self.address}: cannot be written: {error.strerror}") from error

    def _fetch(self, name: str) -> Path:
        path = self.root / place_in(name)
        if not is_sound(path, name):
            raise damaged(name)
        return path
