"""Training `mmra` as the command line runs it: from a folder of MicroLens to a model folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from popcorn_bench.errors import UsageError
from popcorn_bench.evaluators.measures.staging import made
from popcorn_bench.evaluators.mmra.features import Clip, Damaged
from popcorn_bench.evaluators.mmra.markdown import render
from popcorn_bench.evaluators.mmra.train import Training, Videos, train_mmra
from popcorn_bench.tasks.corpora.catalog import MICROLENS, CorpusCatalog
from popcorn_bench.tasks.corpora.microlens import read_microlens

if TYPE_CHECKING:
    from polars import DataFrame

_VIDEOS: Final = ("videos", "MicroLens-100k_videos", "MicroLens-100K_videos", "video")
_COVERS: Final = ("covers", "MicroLens-100k_covers", "MicroLens-100K_covers", "cover")
_VIDEO_SUFFIXES: Final = frozenset({".mp4", ".mov", ".m4v", ".webm", ".mkv"})
_COVER_SUFFIXES: Final = frozenset({".jpg", ".jpeg", ".png", ".webp"})
_SHOWN: Final = 20


def train(data: Path, out: Path, training: Training, progress: Callable[[str], None]) -> str:
    """Train on the rows of the split `train`, choose and measure on `valid`; give the card.

    Raises:
        UsageError: for data that cannot be read, has no split, or lacks all clips, or for `out`
            where nothing can be written. No empty folder is left behind.
    """
    parts = {name: read_videos(data, name, progress) for name in ("train", "valid")}
    if training.inputs.pictures and not any(clip.video for clip in parts["train"].clips):
        raise UsageError(
            f"--data: {data} has no clips: they lie in {data / _VIDEOS[0]} as ID.mp4; "
            "--text-only trains without"
        )
    with made(out):
        trained = train_mmra(
            parts["train"], parts["valid"], out=out, training=training, progress=progress
        )
    _tell(trained.damaged, out, progress)
    return render(trained.card)


def read_videos(data: Path, split: str, progress: Callable[[str], None]) -> Videos:
    """The videos of a split with the files that are there.

    Args:
        data: the text files of MicroLens-100k, and beside them `videos/ID.mp4`, `covers/ID.jpg`.
        split: `train` or `valid`.
        progress: called with a line about rows that cannot be used.

    Raises:
        UsageError: if the split has no rows.
    """
    found = read_microlens(data)
    for row in found.bad:
        progress(f"left out: {row}")
    part = found.frame.filter(found.frame["split"] == split)
    if part.is_empty():
        raise UsageError(f"--data: {data}: no rows of the split {split!r}")
    ids = [str(video) for video in part["id"]]
    labels = np.log2(part["comments"].cast(float).to_numpy())
    return Videos(_clips(data, part, ids), labels, _hashed(data, ids))


def _clips(data: Path, part: DataFrame, ids: list[str]) -> list[Clip]:
    videos = _files(data, _VIDEOS, _VIDEO_SUFFIXES)
    covers = _files(data, _COVERS, _COVER_SUFFIXES)
    rows = zip(ids, part["title"], part["category"], strict=True)
    return [
        Clip(
            id=video,
            title=title,
            category=category,
            video=videos.get(video),
            cover=covers.get(video),
        )
        for video, title, category in rows
    ]


def _files(data: Path, names: tuple[str, ...], suffixes: frozenset[str]) -> dict[str, Path]:
    """The media files of each video, from the first of these folders that is there."""
    folder = next((data / name for name in names if (data / name).is_dir()), None)
    if folder is None:
        return {}
    files = sorted(path for path in folder.iterdir() if path.suffix.lower() in suffixes)
    return {path.stem.lstrip("0") or "0": path for path in files}


def _hashed(data: Path, ids: list[str]) -> list[str]:
    return CorpusCatalog().load(MICROLENS, data).hashed_ids(ids)


def _tell(damaged: list[Damaged], out: Path, progress: Callable[[str], None]) -> None:
    """Write all clips that could not be used beside the model, and show the first."""
    import polars as pl

    rows = [(clip.id, clip.reason) for clip in damaged]
    frame = pl.DataFrame(rows, schema=["id", "reason"], orient="row")
    frame.write_csv(out / "damaged.csv")
    for clip in damaged[:_SHOWN]:
        progress(f"left out: {clip.id}: {clip.reason}")
    if len(damaged) > _SHOWN:
        progress(f"left out: {len(damaged) - _SHOWN:,} more, see {out / 'damaged.csv'}")
