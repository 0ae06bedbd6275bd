"""MicroLens-100k as the popularity predictor is trained on it: with the published split."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from popcorn_bench.errors import UsageError
from popcorn_bench.tasks.corpora.corpus import BadRow
from popcorn_bench.tasks.corpora.definition import names_of
from popcorn_bench.tasks.corpora.raw import COUNTED, SPLIT, LayoutFile, RawSource
from popcorn_bench.tasks.corpora.records import tabulate

if TYPE_CHECKING:
    from polars import DataFrame

_SPLITS = frozenset({"train", "valid", "test"})


@dataclass(frozen=True, slots=True)
class MicroLens:
    """The videos that have title, category and comments.

    Args:
        frame: columns `id` (int, ascending), `title`, `category` (str), `likes`, `views`,
            `comments` (int), `split` (str). Likes, views and split are null where unknown,
            comments are at least 1.
        bad: rows that could not be used.
        incomplete: how many videos have no comments, by the file that should count them: they are
            not in `frame`.
    """

    frame: DataFrame
    bad: tuple[BadRow, ...]
    incomplete: dict[str, int]


def read_microlens(folder: Path) -> MicroLens:
    """Read a folder with the files of MicroLens-100k.

    Args:
        folder: holds titles, tags and comments; likes and views, and the split, if there.

    Raises:
        UsageError: if the folder is not there, or no video is complete.
        FileError: if titles or tags are missing or cannot be read.
    """
    import polars as pl

    table = tabulate(RawSource(folder).records(), names_of())
    everyone = table.frame()
    splits, bad = _splits(folder)
    complete = everyone.filter(pl.col("comments") >= 1)
    if complete.is_empty():
        raise UsageError(f"{folder}: no video has a title, a tag and a comment count")
    frame = complete.select(
        pl.col("id").cast(pl.Int64),
        *("title", "category", "likes", "views", "comments"),
        pl.col("id").replace_strict(splits, default=None, return_dtype=pl.String).alias("split"),
    ).sort("id")
    silent = everyone.height - complete.height
    return MicroLens(frame, (*table.bad, *bad), {COUNTED.name: silent} if silent else {})


def _splits(folder: Path) -> tuple[dict[str, str], list[BadRow]]:
    """The split of each video, and the lines that tell none."""
    file = LayoutFile(folder, SPLIT)
    if not file.path.is_file():
        return {}, []
    told = {video: line.data["split"] for video, line in file.videos.items()}
    for video, line in file.videos.items():
        if told[video] not in _SPLITS:
            file.fault(line.number, f"split: none of {', '.join(sorted(_SPLITS))}")
    return {video: split for video, split in told.items() if split in _SPLITS}, file.bad
