"""The published files of MicroLens-100k as a corpus for retrieval, in a few lines."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl

from popcorn_bench.fingerprint import digest

_TITLES = "MicroLens-100k_title_en.csv"
_CATEGORIES = "tags_to_summary.csv"
_COMMENTS = "video_label_comment_count.csv"
_ENGAGEMENT = "MicroLens-100k_likes_and_views.txt"


def read(folder: Path) -> pl.DataFrame:
    """All rows with the columns of a `Retriever`."""
    titles = dict(_pairs(folder / _TITLES))
    categories = dict(_pairs(folder / _CATEGORIES))
    comments = dict(_pairs(folder / _COMMENTS))
    engagement = dict(_pairs(folder / _ENGAGEMENT, "\t", header=False))
    rows = [
        (i, title, "", "", categories[i], *map(int, engagement[i].split("\t")), int(comments[i]))
        for i, title in titles.items()
    ]
    columns = ("id", "title", "cover_desc", "caption", "category", "likes", "views", "comments")
    return pl.DataFrame(rows, schema=columns, orient="row")


def sha(frame: pl.DataFrame) -> str:
    """Sha256 of the content of the rows."""
    return digest(frame.to_dicts())


def _pairs(path: Path, separator: str = ",", *, header: bool = True) -> Iterator[tuple[str, str]]:
    for line in path.read_text(encoding="utf-8").split("\n")[header:]:
        key, _, value = line.partition(separator)
        if value:
            yield key.strip(), value.strip()
