"""What `quality` costs: clips per second beside decoding alone.

    python -m benchmarks.quality [--clips N]

Renders clips of three seconds (704x480, 24 frames a second, a moving pattern: synthetic), then
takes turns, on one core: decode, decode and shrink as the meters need it, and the whole evaluator;
the best of five rounds counts. Read the ratios: the figures are those of one machine, and those
under "x decode" may be compared between versions.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from popcorn_bench.evaluators.protocol import Sample
from popcorn_bench.evaluators.quality import Quality
from popcorn_bench.evaluators.quality.frames import frames
from popcorn_bench.media import opened, write_mp4
from popcorn_bench.types import Kind, Query

_ROUNDS = 5
_WIDTH, _HEIGHT, _FPS, _SECONDS = 704, 480, 24, 3
_QUERY = Query(id="1", text="", kind=Kind.CONCRETE, topic="")
Work = Callable[[Path], object]


def pattern(seed: int) -> Iterator[NDArray[np.uint8]]:
    """Soft coloured noise that moves past."""
    import cv2

    count = _FPS * _SECONDS
    shape = (_HEIGHT, _WIDTH + 4 * count, 3)
    noise = np.random.default_rng(seed).integers(0, 256, shape).astype(np.uint8)
    soft = cv2.GaussianBlur(noise, (0, 0), 3)
    wide = cv2.normalize(soft, np.zeros_like(soft), 20, 235, cv2.NORM_MINMAX)
    for i in range(count):
        yield np.ascontiguousarray(wide[:, 4 * i : 4 * i + _WIDTH], np.uint8)


def decode(path: Path) -> None:
    """Decoding alone, on one thread."""
    with opened(path) as (container, stream):
        stream.thread_count = 1
        for _ in container.decode(stream):
            pass


def shrink(path: Path) -> None:
    """Decoding and what all meters read."""
    for _ in frames(path):
        pass


def ours() -> Work:
    """The whole evaluator of this checkout."""
    evaluator = Quality(Quality.card({}), "cpu")
    return lambda path: list(evaluator.score([Sample(query=_QUERY, title="", video=path)]))


def fastest(works: dict[str, Work], clips: Sequence[Path]) -> dict[str, float]:
    """Clips per second of each, the best of all rounds, taken in turns."""
    best = dict.fromkeys(works, 0.0)
    for _ in range(_ROUNDS):
        for name, work in works.items():
            began = time.perf_counter()
            for clip in clips:
                work(clip)
            best[name] = max(best[name], len(clips) / (time.perf_counter() - began))
    return best


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, default=6)
    options = parser.parse_args()
    works: dict[str, Work] = {"decode": decode, "decode and shrink": shrink, "quality": ours()}
    with tempfile.TemporaryDirectory() as folder:
        clips = [Path(folder) / f"{i}.mp4" for i in range(options.clips)]
        for seed, clip in enumerate(clips):
            write_mp4(pattern(seed), clip, _FPS)
        rates = fastest(works, clips)
    print(f"| one core, {options.clips} clips | clips/s | x decode |\n|---|---:|---:|")
    for name, rate in rates.items():
        print(f"| {name} | {rate:.2f} | {rates['decode'] / rate:.2f} |")


if __name__ == "__main__":
    main()
