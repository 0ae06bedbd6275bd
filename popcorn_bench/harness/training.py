"""Training as the command line runs it: from a folder of data to weights and card."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from popcorn_bench.errors import UsageError
from popcorn_bench.evaluators.popularity.fit import Rows
from popcorn_bench.evaluators.popularity.markdown import render
from popcorn_bench.evaluators.popularity.rows import write_rows
from popcorn_bench.evaluators.popularity.train import train_popularity
from popcorn_bench.tasks.corpora.catalog import CorpusCatalog
from popcorn_bench.tasks.corpora.microlens import read_microlens

if TYPE_CHECKING:
    from polars import DataFrame


def train(data: Path, out: Path, seed: int, progress: Callable[[str], None]) -> str:
    """Train `popularity` on the rows of the split `train`, measure it on `valid`; give the card.

    Raises:
        UsageError: for data that cannot be read or has no split.
    """
    found = read_microlens(data)
    for row in found.bad:
        progress(f"left out: {row}")
    for file, n in found.incomplete.items():
        progress(f"left out: {n:,} videos that {file} lacks")
    parts = {name: _rows(found.frame, name) for name in ("train", "valid")}
    for name, rows in parts.items():
        if not rows.titles:
            raise UsageError(f"--data: {data}: no rows of the split {name!r}")
    card = train_popularity(parts["train"], parts["valid"], out=out, seed=seed, progress=progress)
    learned = found.frame.filter(found.frame["split"] == "train")["id"].to_list()
    write_rows(CorpusCatalog().load("microlens", data).hashed_ids(map(str, learned)), out)
    return render(card)


def _rows(frame: DataFrame, split: str) -> Rows:
    part = frame.filter(frame["split"] == split)
    columns = {name: part[name].to_list() for name in part.columns}
    return Rows.from_counts(
        columns["title"],
        columns["category"],
        columns["comments"],
        likes=columns["likes"],
        views=columns["views"],
    )
