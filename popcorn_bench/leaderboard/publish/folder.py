"""A publication in a folder: every file appears whole, and what is equal stays untouched."""

from __future__ import annotations

import filecmp
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from popcorn_bench.errors import UsageError
from popcorn_bench.fingerprint import file_sha256
from popcorn_bench.leaderboard.publish.record import FILE, FORMAT


@dataclass(frozen=True, slots=True)
class Changes:
    """Paths within the publication."""

    written: tuple[str, ...]
    unchanged: tuple[str, ...]
    removed: tuple[str, ...]


def changes(made: Path, target: Path) -> Changes:
    """What bringing `target` up to `made` means.

    Raises:
        UsageError: where a file that no publish wrote would be overwritten.
    """
    known = _before(target)
    before = known or {}
    names = [path.relative_to(made).as_posix() for path in _files(made)]
    same = {name for name in names if _equal(made / name, target / name)}
    written = [name for name in names if name not in same]
    foreign = [name for name in written
               if (target / name).exists() and name not in before and name != FILE]  # fmt: skip
    if foreign or (FILE in written and (target / FILE).exists() and known is None):
        what = ", ".join((foreign or [FILE])[:3])
        raise UsageError(f"--to {target}: {what} is there and no publish wrote it")
    removed = [name for name, known in before.items()
               if name not in names and _unchanged(target / name, known)]  # fmt: skip
    return Changes(tuple(written), tuple(sorted(same)), tuple(removed))


def apply(found: Changes, made: Path, target: Path) -> None:
    """Do it: files of an earlier publish go, the manifest comes first, then all others.

    The manifest says which files are ours, so a publish that was cut off can be repeated.
    """
    target.mkdir(parents=True, exist_ok=True)
    for name in found.removed:
        (target / name).unlink(missing_ok=True)
        _prune(target / name, target)
    for name in sorted(found.written, key=lambda name: name != FILE):
        put(made / name, target / name)


def put(source: Path, target: Path) -> None:
    """Copy a file so that nobody ever sees a part of it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, part = tempfile.mkstemp(dir=target.parent, prefix=".publish-")
    try:
        with os.fdopen(handle, "wb") as out, source.open("rb") as read:
            shutil.copyfileobj(read, out)
            out.flush()
            os.fsync(out.fileno())
        Path(part).chmod(target.stat().st_mode & 0o777 if target.exists() else 0o644)
        Path(part).replace(target)
    except BaseException:
        Path(part).unlink(missing_ok=True)
        raise


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file())


def _equal(made: Path, there: Path) -> bool:
    return there.is_file() and filecmp.cmp(made, there, shallow=False)


def _before(target: Path) -> Mapping[str, str] | None:
    """What an earlier publish wrote, with its sha256; None where there was none.

    A path out of the folder is never ours, whatever the manifest says.
    """
    try:
        record: Any = json.loads((target / FILE).read_text("utf-8"))
    except (OSError, ValueError):
        return None
    if not isinstance(record, dict) or record.get("format") != FORMAT:
        return None
    files = record.get("files")
    found = files.items() if isinstance(files, dict) else ()
    return {
        name: str(about.get("sha256", "")) if isinstance(about, dict) else ""
        for name, about in found
        if _inside(name)
    }


def _inside(name: str) -> bool:
    path = PurePosixPath(name)
    return bool(name) and not path.is_absolute() and ".." not in path.parts and "\\" not in name


def _unchanged(path: Path, sha256: str) -> bool:
    """Whether it is still as a publish left it: nobody's own work is removed."""
    return path.is_file() and not path.is_symlink() and file_sha256(path) == sha256


def _prune(path: Path, root: Path) -> None:
    """Remove folders that became empty."""
    for parent in path.parents:
        if parent == root or any(parent.iterdir()):
            return
        parent.rmdir()
