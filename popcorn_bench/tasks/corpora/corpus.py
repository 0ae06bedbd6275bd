"""The value that every loader ends in: human micro-videos in one typed table."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from popcorn_bench import fingerprint

if TYPE_CHECKING:
    from polars import DataFrame, Schema

TEXTS = ("title", "cover_desc", "caption", "category")
COUNTS = ("likes", "views", "comments")
PATHS = ("cover_path", "video_path")
COLUMNS = ("id", *TEXTS, *COUNTS, *PATHS)

_SLICE = 50_000  # rows hashed at a time, so that a large corpus needs little memory
_HASHED_ID = 16


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that was left out, and why. `line` counts from 1; 0 stands for the whole file."""

    file: str
    line: int
    reason: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.reason}"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Corpus:
    """Human micro-videos with engagement.

    Args:
        name: what it is called on the command line.
        frame: one row per video: text `id` (unique), `title`, `cover_desc`, `caption`, `category`,
            `cover_path`, `video_path` (empty where unknown) and Int64 `likes`, `views`, `comments`
            (null where unknown). Paths are relative to `folder`.
        sha256: hash of the content of `frame`.
        synthetic: whether titles or numbers were made up; said wherever the corpus is shown.
        source: where the rows come from.
        licence: of the rows, empty where unknown.
        numbering: who gave the ids. Corpora that share it mean the same video by the same id.
        bad: rows that could not be used.
        folder: where the files lie, None for a dataset of the hub.
        path: the cached Parquet file, None where it could not be written.
        left_out: rows that `without` took away.
    """

    name: str
    frame: DataFrame
    sha256: str
    synthetic: bool
    source: str
    licence: str
    numbering: str
    bad: tuple[BadRow, ...] = ()
    folder: Path | None = None
    path: Path | None = None
    left_out: int = 0

    @property
    def title(self) -> str:
        """The name as it is shown: a synthetic corpus says so."""
        return f"{self.name} (synthetic)" if self.synthetic else self.name

    def hashed_ids(self, ids: Iterable[str] | None = None) -> list[str]:
        """Ids as the card of a predictor names its training rows: 16 hex digits each.

        The numbering is hashed with them, so that equal ids of other sources stay apart.

        Args:
            ids: which; every row of the corpus when missing.
        """
        wanted = self.frame["id"] if ids is None else ids
        return [fingerprint.digest("row", self.numbering, i)[:_HASHED_ID] for i in wanted]

    def without(self, hashed: Collection[str]) -> Corpus:
        """The corpus less the rows with these hashed ids; `left_out` counts them."""
        from polars import Boolean, Series

        out = frozenset(hashed)
        keep = Series([key not in out for key in self.hashed_ids()], dtype=Boolean)
        return self.only(self.frame.filter(keep))

    def only(self, frame: DataFrame) -> Corpus:
        """The corpus with these of its rows."""
        gone = self.frame.height - frame.height
        if not gone:
            return self
        left_out = self.left_out + gone
        return replace(self, frame=frame, sha256=content_sha(frame), path=None, left_out=left_out)


@cache
def schema() -> Schema:
    """The columns of a corpus with their types."""
    import polars as pl

    return pl.Schema({name: pl.Int64() if name in COUNTS else pl.String() for name in COLUMNS})


def content_sha(frame: DataFrame) -> str:
    """Sha256 of what a frame says, row by row, whichever version of a library wrote it."""
    parts = [part.to_dict(as_series=False) for part in frame.iter_slices(_SLICE)]
    return fingerprint.digest("corpus", [fingerprint.digest(part) for part in parts])
