"""Small real clips under their own sha256, as the artefact store has them."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

from popcorn_bench.media import write_mp4


def make_clips(folder: Path, n: int) -> tuple[str, ...]:
    """Write n clips of half a second; returns their sha256."""
    folder.mkdir(parents=True, exist_ok=True)
    return tuple(_clip(folder, number) for number in range(n))


def _clip(folder: Path, number: int) -> str:
    frames = []
    for step in range(12):
        frame = np.full((96, 64, 3), 40 + 60 * number, np.uint8)
        frame[step * 6 : step * 6 + 16, 8:40, number % 3] = 255
        frames.append(frame)
    path = folder / f"{number}.mp4"
    write_mp4(frames, path, fps=24)
    sha = hashlib.sha256(path.read_bytes()).hexdigest()
    kept = folder / sha[:2] / f"{sha}.mp4"
    kept.parent.mkdir(exist_ok=True)
    path.replace(kept)
    return sha
