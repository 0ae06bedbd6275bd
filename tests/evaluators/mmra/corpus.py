"""A small synthetic corpus with a planted rule: rendered clips, titles, labels.

The label is the sum of what a word of the title is worth, of how far a square travels, and of a
trait of the clip's series. Nothing in one clip tells the worth of its series: its name is a word of
its own, and only other clips of the series carry the worth in their labels.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from popcorn_bench.evaluators.mmra.features import Clip
from popcorn_bench.evaluators.mmra.train import Videos
from popcorn_bench.media import write_mp4

SIDE = 32
FRAMES = 20
SERIES = 80
WORDS = ("cat", "dog", "bird", "fish", "song", "dance", "soup", "cake")
NAMES = tuple(f"s{number}" for number in range(SERIES))


@dataclass(frozen=True)
class Planted:
    words: NDArray[np.int64]
    travel: NDArray[np.float64]
    series: NDArray[np.int64]
    labels: NDArray[np.float64]


def plant(n: int, seed: int) -> Planted:
    rng = np.random.default_rng(seed)
    worth = np.linspace(-1, 1, len(WORDS))
    trait = np.random.default_rng(0).choice([-1.0, 1.0], SERIES)
    words, series = rng.integers(len(WORDS), size=n), rng.integers(SERIES, size=n)
    travel = rng.choice([0.0, 0.5, 1.0], size=n)
    labels = 5 + 1.2 * worth[words] + 2.5 * (travel - 0.5) + 1.0 * trait[series]
    return Planted(words, travel, series, labels + rng.normal(scale=0.2, size=n))


def clip(path: Path, travel: float, seed: int) -> None:
    """A square that crosses `travel` of the picture, the middle of its way at a random place."""
    rng = np.random.default_rng(seed)
    room = SIDE - 8
    middle = (0.5 + (1 - travel) * rng.uniform(-0.5, 0.5)) * room
    row, ground = int(rng.integers(room)), int(rng.integers(40, 80))
    frames = []
    for place in np.linspace(middle - travel * room / 2, middle + travel * room / 2, FRAMES):
        frame = np.full((SIDE, SIDE, 3), ground, np.uint8)
        frame[row : row + 8, round(place) : round(place) + 8] = 255
        frames.append(frame)
    write_mp4(frames, path, 8)


def videos(folder: Path, n: int, seed: int, *, still: bool = False) -> Videos:
    """N clips with the planted labels; `still` shows none of the motion that they depend on."""
    planted = plant(n, seed)
    folder.mkdir(parents=True)
    clips = []
    for number in range(n):
        path = folder / f"{number}.mp4"
        travel = 0.0 if still else float(planted.travel[number])
        clip(path, travel, seed * 10_000 + number)
        title = f"{WORDS[planted.words[number]]} " + " ".join([NAMES[planted.series[number]]] * 4)
        clips.append(Clip(id=str(number), title=title, category="Synthetic", video=path))
    hashed = [f"{seed:08x}{number:08x}" for number in range(n)]
    return Videos(clips, planted.labels, hashed)
