"""From frames to a finished file, at the frame rate and the length asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from popcorn_bench.generators.image.png import write_png
from popcorn_bench.media import write_mp4


def write_clip(
    levels: NDArray[np.uint8], path: Path, settings: Mapping[str, Any], tags: Mapping[str, str]
) -> None:
    """Write frames of shape (f, h, w, 3) as an MP4 at the frame rate and length of `settings`.

    Raises:
        AdapterError: as `write_mp4`.
    """
    fps = float(settings["fps"])
    shown_fps = float(settings["export_fps"]) or fps
    frames = retimed(levels, fps, shown_fps, float(settings["export_seconds"]))
    write_mp4(frames, path, shown_fps, tags=tags)


def write_picture(levels: NDArray[np.uint8], path: Path, tags: Mapping[str, str]) -> None:
    """Write the only frame as a PNG."""
    write_png(levels[0], path, tags)


def retimed(
    levels: NDArray[np.uint8], fps: float, shown_fps: float, seconds: float
) -> Iterator[NDArray[np.uint8]]:
    """Frames at `shown_fps`: at each moment the one that is on screen at `fps`.

    Args:
        levels: frames of shape (f, h, w, 3) at `fps`.
        fps: frames per second of the model.
        shown_fps: frames per second of the file.
        seconds: where to cut; 0 for all of it.
    """
    length = min(seconds or len(levels) / fps, len(levels) / fps)
    for shown in range(max(1, round(length * shown_fps))):
        yield levels[min(int(shown / shown_fps * fps + 1e-6), len(levels) - 1)]
