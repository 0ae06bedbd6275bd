"""Hashes of files."""

from __future__ import annotations

import hashlib
from pathlib import Path

from popcorn_bench.errors import FileError


def file_sha(path: Path) -> str:
    """Sha256 of a file in hex; FileError where it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise FileError(path, 1, "", f"cannot be read: {error.strerror}") from error
