"""Where a training writes: found out before the work, and filled at its end, all or nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

from popcorn_bench.errors import UsageError

_PROBE = "probe"


@contextmanager
def made(folder: Path) -> Iterator[None]:
    """Make a folder; where the block fails, the folders made here that are empty go again.

    Raises:
        UsageError: if it cannot be made.
    """
    new = [path for path in (folder, *folder.parents) if not path.exists()]
    try:
        with _told(folder):
            folder.mkdir(parents=True, exist_ok=True)
        yield
    except BaseException:
        for path in new:
            with suppress(OSError):  # it holds something, or was not made
                path.rmdir()
        raise


@contextmanager
def staged(folder: Path) -> Iterator[Path]:
    """A hidden folder within `folder`, which is made; its files go there when the block is done.

    Raises:
        UsageError: if `folder` cannot be made or written to; before the block begins.
    """
    with made(folder):
        with _told(folder):
            stage = Path(mkdtemp(prefix=".training-", dir=folder))
        try:
            with _told(folder):
                (stage / _PROBE).write_bytes(b"is there room?")
                (stage / _PROBE).unlink()
            yield stage
            with _told(folder):
                for file in sorted(stage.iterdir()):
                    file.replace(folder / file.name)
        finally:
            rmtree(stage, ignore_errors=True)


@contextmanager
def _told(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UsageError(f"{folder}: cannot be written to: {error.strerror}") from error
