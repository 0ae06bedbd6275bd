"""Hashes of files."""

from __future__ import annotations

from pathlib import Path

from popcorn_bench.errors import FileError
from popcorn_bench.fingerprint import file_sha256


def file_sha(path: Path) -> str:
    """Sha256 of a file in hex; FileError where it cannot be read."""
    try:
        return file_sha256(path)
    except OSError as error:
        raise FileError(path, 1, "", f"cannot be read: {error.strerror}") from error
