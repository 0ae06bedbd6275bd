"""Artefacts: files named by their content, so that the same clip is kept once.

A file appears under its name only when all of it is on disk: it is written elsewhere in the same
folder, synced and renamed.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from popcorn_bench.fingerprint import file_sha256
from popcorn_bench.types import Artefact

FOLDER = "artifacts"
_INCOMING = ".incoming"


class ArtefactStore:
    """The artefacts of one results folder; safe to use from several processes."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / FOLDER

    @contextmanager
    def workspace(self) -> Iterator[Path]:
        """A scratch folder on the same disk, gone afterwards."""
        incoming = self.root / _INCOMING
        incoming.mkdir(parents=True, exist_ok=True)
        path = Path(tempfile.mkdtemp(dir=incoming))
        try:
            yield path
        finally:
            shutil.rmtree(path, ignore_errors=True)

    def put(self, file: Path) -> str:
        """Move a finished file into the store; give its sha256."""
        sha256 = file_sha256(file)
        target = self.path(sha256, file.suffix)
        target.parent.mkdir(parents=True, exist_ok=True)
        with file.open("rb") as handle:
            os.fsync(handle.fileno())
        file.replace(target)
        return sha256

    def path(self, sha256: str, suffix: str) -> Path:
        """Where the artefact of that content stands."""
        return self.root / sha256[:2] / f"{sha256}{suffix}"

    def holds(self, artefact: Artefact) -> bool:
        """Whether the file is there in its full length."""
        try:
            return self.path(artefact.sha256, artefact.suffix).stat().st_size == artefact.bytes
        except OSError:
            return False
