"""Read all frames of a video."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from popcorn_bench.media.opening import check_count, opened

if TYPE_CHECKING:
    import numpy as np
    from av.container import InputContainer
    from av.video.frame import VideoFrame
    from av.video.reformatter import VideoReformatter
    from av.video.stream import VideoStream
    from numpy.typing import NDArray

_LOOK = (160, 90)  # pixels at which a frame is looked at: dust and coding noise are gone
_FAINT = 16  # of 255 from the frame's median: what lies within is no picture
_SPECK = 0.005  # share of the frame: a logo's corner is no picture either


def read_frames(path: Path, *, threads: int = 1) -> Iterator[NDArray[np.uint8]]:
    """Yield the frames of a video as uint8 arrays of shape (height, width, 3), RGB.

    Raises:
        AdapterError: as `probe`; a file damaged in the middle raises where the damage is.
    """
    from av.video.reformatter import VideoReformatter

    with opened(path) as (container, stream):
        stream.thread_count = threads
        reformatter = VideoReformatter()
        for number, frame in enumerate(container.decode(stream), 1):
            check_count(path, number, stream)
            yield as_rgb(frame, reformatter)


def is_blank(path: Path) -> bool:
    """Whether every frame of a video shows next to nothing, whatever was asked for.

    A frame is flat where less than half a percent of it, seen at 160 by 90, differs by more than
    16 of 255 levels from its median in brightness or colour: grey with dust, a faint logo, a dark
    square on black. Key frames are looked at first; only where all of them are flat is the whole
    clip decoded.

    Raises:
        AdapterError: as `probe`.
    """
    with opened(path) as (container, stream):
        stream.codec_context.skip_frame = "NONKEY"
        if not _all_flat(path, container, stream):
            return False
    with opened(path) as (container, stream):
        return _all_flat(path, container, stream)


def _all_flat(path: Path, container: InputContainer, stream: VideoStream) -> bool:
    for number, frame in enumerate(container.decode(stream), 1):
        check_count(path, number, stream)
        if not _is_flat(frame):
            return False
    return True


def _is_flat(frame: VideoFrame) -> bool:
    import numpy as np

    small = frame.reformat(*_LOOK, format="yuv444p", interpolation="AREA")
    planes = np.asarray(small.to_ndarray(), dtype=np.int16).reshape(3, -1)
    away = np.abs(planes - np.median(planes, axis=1, keepdims=True)) > _FAINT
    return bool(away.any(axis=0).mean() < _SPECK)


def as_rgb(frame: VideoFrame, reformatter: VideoReformatter) -> NDArray[np.uint8]:
    """A decoded frame as uint8 (height, width, 3), RGB."""
    import numpy as np

    rgb = reformatter.reformat(frame, format="rgb24", threads=1)
    return np.asarray(rgb.to_ndarray(), dtype=np.uint8)
