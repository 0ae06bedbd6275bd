"""Decode a clip once, small, for the meters."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np
from av.video.reformatter import Interpolation, VideoReformatter
from numpy.typing import NDArray

from popcorn_bench.errors import AdapterError
from popcorn_bench.media import check_count, opened

if TYPE_CHECKING:
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

LONGEST_SIDE: Final = 352  # pixels; CIF, for which many of these measures were published
SMALLEST_SIDE: Final = 32


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame: `time` and `lasts` in seconds, `rgb` (h, w, 3) and `gray` (h, w) in uint8.

    `decoded` is the picture as the file holds it, for what shrinking would wipe out.
    """

    time: float
    lasts: float
    rgb: NDArray[np.uint8]
    gray: NDArray[np.uint8]
    decoded: VideoFrame


def frames(path: Path) -> Iterator[Frame]:
    """Yield all frames of a video, at most `LONGEST_SIDE` pixels on the longer side.

    Raises:
        AdapterError: kind `broken_media` for a file that is cut, damaged or of another format;
            `degenerate` for one without video or of absurd size.
    """
    with opened(path) as (container, stream):
        stream.thread_count = 1
        size = _size(path, stream)
        yield from _whole(path, container.decode(stream), stream, size)


def _whole(
    path: Path, decoded: Iterator[VideoFrame], stream: VideoStream, size: tuple[int, int]
) -> Iterator[Frame]:
    """All frames, and an error where the header promised more."""
    shrink = _Shrink(size)
    step = 1 / float(stream.average_rate or 25)
    count = 0
    for count, picture in enumerate(decoded, 1):
        check_count(path, count, stream)
        time = (count - 1) * step if picture.time is None else picture.time
        rgb = shrink(picture)
        gray = np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), dtype=np.uint8)
        yield Frame(time, step, rgb, gray, picture)
    if count < stream.frames:
        raise AdapterError("broken_media", f"{path.name}: {count} of {stream.frames} frames")


class _Shrink:
    """Scales first and turns to RGB then: three times as fast as at once, and white stays 255."""

    def __init__(self, size: tuple[int, int]) -> None:
        self._width, self._height = size
        self._scaler, self._colours = VideoReformatter(), VideoReformatter()

    def __call__(self, picture: VideoFrame) -> NDArray[np.uint8]:
        small = self._scaler.reformat(
            picture,
            width=self._width,
            height=self._height,
            format="yuv420p",
            interpolation=Interpolation.AREA,
            threads=1,
        )
        rgb = self._colours.reformat(small, format="rgb24", threads=1)
        return np.asarray(rgb.to_ndarray(), dtype=np.uint8)


def _size(path: Path, stream: VideoStream) -> tuple[int, int]:
    width, height = stream.width, stream.height
    scale = min(1.0, LONGEST_SIDE / max(width, height))
    small = round(width * scale), round(height * scale)
    if min(small) < SMALLEST_SIDE:
        raise AdapterError("degenerate", f"{path.name}: {width}x{height} is too small to measure")
    return small
