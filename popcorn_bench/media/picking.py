"""Read some frames of a video without decoding all of it."""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from popcorn_bench.errors import AdapterError
from popcorn_bench.media.frames import as_rgb
from popcorn_bench.media.opening import check_count, opened

if TYPE_CHECKING:
    import numpy as np
    from av.container import InputContainer
    from av.video.stream import VideoStream
    from numpy.typing import NDArray


class _Wanted(NamedTuple):
    """A frame by its place and the time at which it is shown, in units of the stream."""

    place: int
    time: int


def pick_frames(
    path: Path, choose: Callable[[int], Sequence[int]]
) -> Iterator[tuple[int, NDArray[np.uint8]]]:
    """Yield chosen frames with their places; uint8 arrays of shape (height, width, 3), RGB.

    Decoding starts anew at a key frame where that spares decoding what lies between (ten frames of
    a clip of two minutes take a third of the time), and in one thread: clips are read side by side.

    Args:
        path: the video.
        choose: is told how many frames are shown, and gives the places of those that are wanted,
            ascending from 0; one that is given twice comes twice.

    Raises:
        AdapterError: kind `broken_media` where a frame cannot be decoded, otherwise as `probe`;
            and whatever `choose` raises.
    """
    with opened(path) as (container, stream):
        stream.thread_count = 1
        times, starts = _times(path, container, stream)
        wanted = [_Wanted(place, times[place]) for place in choose(len(times))]
        for start, group in groupby(wanted, lambda frame: _last(starts, frame.time)):
            container.seek(start, stream=stream)
            left = deque(group)
            yield from _decoded(container, stream, left)
            if left:
                raise AdapterError("broken_media", f"{path.name}: no frame {left[0].place}")


def _times(
    path: Path, container: InputContainer, stream: VideoStream
) -> tuple[list[int], list[int]]:
    """When frames are shown, and from when they can be decoded, ascending.

    The key frame before the first may be one that is not shown.
    """
    times: set[int] = set()
    keys: set[int] = set()
    for packet in container.demux(stream):
        if packet.size and not packet.is_discard and packet.pts is not None:
            times.add(packet.pts)
            if packet.is_keyframe:
                keys.add(packet.pts)
            check_count(path, len(times), stream)
    if not times:
        raise AdapterError("broken_media", f"{path.name}: its frames have no times")
    return sorted(times), sorted(keys | {min(times)})


def _last(starts: Sequence[int], time: int) -> int:
    """The last that is not after a time; one is not after the first frame."""
    return starts[bisect_right(starts, time) - 1]


def _decoded(
    container: InputContainer, stream: VideoStream, left: deque[_Wanted]
) -> Iterator[tuple[int, NDArray[np.uint8]]]:
    """Work off what is wanted: for each time the first frame at it, or after it without one.

    Some formats hold packets of which no frame is shown.
    """
    from av.video.reformatter import VideoReformatter

    reformatter = VideoReformatter()
    for frame in container.decode(stream):
        if frame.pts is None or frame.pts < left[0].time:
            continue
        picture = as_rgb(frame, reformatter)
        while left and frame.pts >= left[0].time:
            yield left.popleft().place, picture
        if not left:
            return
