"""Training as the command line runs it: from a folder of data to weights and card."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from popcorn_bench.errors import UsageError
from popcorn_bench.evaluators.popularity.fit import Rows
from popcorn_bench.evaluators.popularity.markdown import render
from popcorn_bench.evaluators.popularity.settings import model_path
from popcorn_bench.evaluators.popularity.train import Lesson, train_popularity
from popcorn_bench.tasks.corpora.catalog import MICROLENS, CorpusCatalog
from popcorn_bench.tasks.corpora.corpus import Corpus
from popcorn_bench.tasks.corpora.microlens import read_microlens
from popcorn_bench.tasks.corpora.partition import Part, split

if TYPE_CHECKING:
    from polars import DataFrame

NAMES = {False: "popularity", True: "popularity-disjoint"}
_SOURCES = {
    False: "the split train of MicroLens-100k",
    True: "the rows of the split train of MicroLens-100k that retrieval never touches",
}


def train(
    data: Path, out: Path, *, seed: int, disjoint: bool, progress: Callable[[str], None]
) -> str:
    """Train on the rows of the split `train`, measure on `valid`; give the card as a page.

    Args:
        data: a folder in the layout of MicroLens-100k.
        out: the model file to write, or a folder for it.
        seed: equal rows and seed give equal weights.
        disjoint: leave out the part of the corpus that retrieval shows to LLMs.
        progress: called with one line at each step.

    Raises:
        UsageError: for data that cannot be read or has no split, or for `out` where nothing can be
            written.
    """
    lesson = read_lesson(data, disjoint=disjoint, progress=progress)
    card = train_popularity(lesson, out=out, seed=seed, progress=progress)
    progress(f"written: {model_path(out, lesson.name)}")
    return render(card)


def read_lesson(data: Path, *, disjoint: bool, progress: Callable[[str], None]) -> Lesson:
    """What the predictor is made from: the splits `train` and `valid` of a folder.

    Raises:
        UsageError: for data that cannot be read or has no split.
    """
    found = read_microlens(data)
    for row in found.bad:
        progress(f"left out: {row}")
    for file, n in found.incomplete.items():
        progress(f"left out: {n:,} videos that {file} lacks")
    corpus = CorpusCatalog().load(MICROLENS, data)
    learned, held_out = (_part(found.frame, name, data) for name in ("train", "valid"))
    if disjoint:
        learned = _never_shown(learned, corpus)
    return Lesson(
        name=NAMES[disjoint],
        source=_SOURCES[disjoint],
        train=_rows(learned),
        hashed=corpus.hashed_ids(map(str, learned["id"])),
        valid=_rows(held_out),
    )


def _part(frame: DataFrame, name: str, data: Path) -> DataFrame:
    part = frame.filter(frame["split"] == name)
    if part.is_empty():
        raise UsageError(f"--data: {data}: no rows of the split {name!r}")
    return part


def _never_shown(frame: DataFrame, corpus: Corpus) -> DataFrame:
    """The rows outside of the part that retrieval shows to LLMs, as the corpus is divided."""
    divided = split(corpus)
    kept = {
        video
        for video, part in zip(corpus.frame["id"], divided.parts, strict=True)
        if part is not Part.RETRIEVAL
    }
    return frame.filter(frame["id"].cast(str).is_in(kept))


def _rows(frame: DataFrame) -> Rows:
    columns = {name: frame[name].to_list() for name in frame.columns}
    return Rows.from_counts(
        columns["title"],
        columns["category"],
        columns["comments"],
        likes=columns["likes"],
        views=columns["views"],
    )
