"""One writer per results folder; readers need no lock."""

from __future__ import annotations

import fcntl
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from popcorn_bench.errors import UsageError

_FILE = ".lock"


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Hold the folder for writing. The system frees it when the process ends, however it ends.

    Raises:
        UsageError: when the folder cannot be written, or says who holds it.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = _opened(folder / _FILE)
    except OSError as error:
        raise UsageError(f"{folder}: cannot write results there: {error.strerror}") from error
    with handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            handle.seek(0)
            holder = handle.read().strip() or "another process"
            raise UsageError(f"{folder}: {holder} is writing to it") from error
        except OSError as error:
            raise UsageError(f"{folder}: cannot be locked: {error.strerror}") from error
        handle.truncate(0)
        handle.write(f"process {os.getpid()} on {platform.node()}")
        handle.flush()
        yield


def _opened(path: Path) -> TextIO:
    """The lock file, made where there is none; a folder from elsewhere may hold a link to ours."""
    flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW
    return os.fdopen(os.open(path, flags, 0o666), "a+")


def is_held(folder: Path) -> bool:
    """Whether a process on this machine holds the folder for writing now."""
    try:
        with (folder / _FILE).open("rb") as handle:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:  # no lock was ever taken there, or it cannot be read
        return False
    return False
