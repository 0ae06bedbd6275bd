"""Corpora that were read once, as Parquet files named by the content of their sources."""

from __future__ import annotations

import json
import logging
import os
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING

from popcorn_bench.tasks.corpora.corpus import BadRow, content_sha, schema

if TYPE_CHECKING:
    from polars import DataFrame

VARIABLE = "POPCORN_CACHE"
_META = "popcorn_bench"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Entry:
    """A corpus in the cache; `path` is None where it could not be written."""

    frame: DataFrame
    sha256: str
    bad: tuple[BadRow, ...]
    path: Path | None


def cache_folder() -> Path:
    """The folder for what can be made again: `POPCORN_CACHE`, or that of the platform."""
    if named := os.environ.get(VARIABLE):
        return Path(named)
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "popcorn-bench"
    variable = "LOCALAPPDATA" if os.name == "nt" else "XDG_CACHE_HOME"
    base = os.environ.get(variable)
    return (Path(base) if base else Path.home() / ".cache") / "popcorn-bench"


def corpus_file(key: str) -> Path:
    """Where the corpus of a key lies, or would lie."""
    return cache_folder() / "corpora" / f"{key}.parquet"


def read(path: Path) -> Entry | None:
    """The corpus at `path`, None where there is none or it is not what was written."""
    import polars as pl

    try:
        said = json.loads(pl.read_parquet_metadata(path)[_META])
        frame = pl.read_parquet(path)
        bad = tuple(BadRow(**row) for row in said["bad"])
    except (OSError, ValueError, KeyError, TypeError, pl.exceptions.PolarsError):
        return None
    if frame.schema != schema() or content_sha(frame) != said["sha256"]:
        return None
    return Entry(frame, said["sha256"], bad, path)


def write(path: Path, frame: DataFrame, bad: tuple[BadRow, ...]) -> Entry:
    """Keep a corpus: the file appears whole or not at all. A cache that is full is no error."""
    sha = content_sha(frame)
    meta = {_META: json.dumps({"sha256": sha, "bad": [asdict(row) for row in bad]})}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=path.parent, prefix=".", delete=False) as file:
            temporary = Path(file.name)
        try:
            frame.write_parquet(temporary, metadata=meta)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        _log.warning("the corpus is not kept in %s: %s", path.parent, error.strerror)
        return Entry(frame, sha, bad, None)
    return Entry(frame, sha, bad, path)
