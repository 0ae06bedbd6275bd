"""Corpora of made-up rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import polars as pl

from popcorn_bench.errors import UsageError
from popcorn_bench.tasks.corpora.corpus import TEXTS, Corpus, content_sha, schema


def corpus_of(
    titles: Sequence[str], ids: Sequence[str] | None = None, numbering: str = "made_up"
) -> Corpus:
    """A corpus whose rows have these titles and no more."""
    keys = list(ids) if ids else [str(i) for i in range(len(titles))]
    rows = [
        {"id": key, **dict.fromkeys(TEXTS, ""), "title": title, "cover_path": "", "video_path": ""}
        for key, title in zip(keys, titles, strict=True)
    ]
    frame = pl.DataFrame(rows, schema=schema())
    return Corpus(
        name="made_up",
        frame=frame,
        sha256=content_sha(frame),
        synthetic=True,
        source="",
        licence="",
        numbering=numbering,
    )


def one_line(load: Callable[[], Corpus]) -> Corpus | None:
    """What `load` gives, None where it says in one line why not."""
    try:
        return load()
    except UsageError as error:
        if "\n" in str(error):
            raise
        return None
