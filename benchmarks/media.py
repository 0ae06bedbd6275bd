"""Clips: `quality` beside decoding alone, `storyboard` on all cores beside the encoder alone.

    python -m benchmarks.media [--clips N] [--processes N]

`storyboard` draws and encodes its frames and puts provenance into the file; the encoder alone gets
the same frames, drawn beforehand. Both run in as many processes as there are cores. `quality` and
decoding run on one core; see `benchmarks/quality.py`.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from concurrent.futures import Executor, ProcessPoolExecutor
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from benchmarks import quality
from popcorn_bench.generators.protocol import MediaRequest
from popcorn_bench.generators.video.storyboard import Storyboard
from popcorn_bench.media import read_frames, write_mp4
from popcorn_bench.types import Generator

_QUALITY = 25  # as `storyboard` encodes
_FPS = 15
_DRAWN = 4  # clips that each process knows beforehand


@lru_cache(1)
def _storyboard() -> Storyboard:
    named = Generator(name="storyboard", adapter="storyboard", revision="")
    return Storyboard(Storyboard.resolved(named), "cpu")


def _make(number: int, folder: Path) -> Path:
    prompt = f"A made-up clip, number {number}: a red kite over a windy beach at sunset"
    [made] = _storyboard().generate([MediaRequest(prompt, number)], folder)
    assert isinstance(made, Path), made
    return made


@lru_cache(_DRAWN)
def _frames(number: int) -> list[Any]:
    with tempfile.TemporaryDirectory() as folder:
        return list(read_frames(_make(number, Path(folder))))


def draw(number: int) -> None:
    """A whole clip."""
    with tempfile.TemporaryDirectory() as folder:
        _make(number, Path(folder))


def encode(number: int) -> None:
    """The encoder alone, on frames that are there."""
    with tempfile.TemporaryDirectory() as folder:
        frames = _frames(number % _DRAWN)
        write_mp4(frames, Path(folder) / "clip.mp4", _FPS, quality=_QUALITY)


def prepare(_: int) -> None:
    """Load what both need."""
    for number in range(_DRAWN):
        _frames(number)
        time.sleep(0.1)  # so that every process gets one of these


def per_second(pool: Executor, work: Any, clips: int) -> float:  # noqa: ANN401 - a function
    """Clips by all processes."""
    began = time.perf_counter()
    list(pool.map(work, range(clips)))
    return clips / (time.perf_counter() - began)


def storyboards(clips: int, processes: int) -> dict[str, float]:
    """Clips per second, in turns, the best of three."""
    best = {"storyboard": 0.0, "encoder alone": 0.0}
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        list(pool.map(prepare, range(processes)))
        for _ in range(3):
            best["storyboard"] = max(best["storyboard"], per_second(pool, draw, clips))
            best["encoder alone"] = max(best["encoder alone"], per_second(pool, encode, clips))
    return best


def scoring(clips: int) -> dict[str, float]:
    """Clips per second of `quality` and of decoding, on one core."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / f"{number}.mp4" for number in range(clips)]
        for seed, path in enumerate(paths):
            write_mp4(quality.pattern(seed), path, 24)
        return quality.fastest({"quality": quality.ours(), "decode": quality.decode}, paths)


def table(clips: int, processes: int) -> str:
    """Both, as Markdown."""
    scored, made = scoring(max(2, clips // 16)), storyboards(clips, processes)
    lines: tuple[tuple[str, float, float], ...] = (
        ("quality beside decode, one core", scored["quality"], scored["decode"]),
        (
            f"storyboard beside the encoder, {processes} processes",
            made["storyboard"],
            made["encoder alone"],
        ),
    )
    return "\n".join(
        [
            "| clips of 3 s | ours, clips/s | plain, clips/s | ours / plain |",
            "|---|---:|---:|---:|",
            *(f"| {name} | {a:.1f} | {b:.1f} | {a / b:.2f} |" for name, a, b in lines),
        ]
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--clips", type=int, default=64)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    print(table(options.clips, options.processes))


if __name__ == "__main__":
    main()
