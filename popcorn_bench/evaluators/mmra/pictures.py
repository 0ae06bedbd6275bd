"""The pictures of a video that are looked at: evenly spaced frames, after the cover if wanted."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from popcorn_bench.errors import AdapterError
from popcorn_bench.media import opened, probe

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.stream import VideoStream

Picture = NDArray[np.uint8]


def evenly_spaced(path: Path, n: int) -> list[Picture]:
    """Read n frames, from the first to the last evenly spaced; uint8 (height, width, 3) in RGB.

    A clip with fewer frames gives some twice. Decoding starts anew at a key frame where that
    spares decoding what lies between, so a long clip costs little more than a short one.

    Raises:
        AdapterError: kind `broken_media` or `degenerate`, as `media.probe`.
    """
    probe(path)  # whole, and of sane size
    with opened(path) as (container, stream):
        times, keys = _times(container, stream)
        if not times:
            raise AdapterError("broken_media", f"{path.name}: its frames have no times")
        wanted = [times[i] for i in np.linspace(0, len(times) - 1, n).round().astype(int)]
        found = dict(_decoded(container, stream, sorted(set(wanted)), keys))
    if missing := len(set(wanted) - found.keys()):
        raise AdapterError("broken_media", f"{path.name}: {missing} frames cannot be decoded")
    return [found[time] for time in wanted]


def still(path: Path) -> Picture:
    """A still image as uint8 (height, width, 3) in RGB.

    Raises:
        AdapterError: as `media.probe`.
    """
    from PIL import Image

    probe(path)
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"), dtype=np.uint8)


def _times(container: InputContainer, stream: VideoStream) -> tuple[list[int], list[int]]:
    """When frames are shown, and when key frames are, ascending; in units of the stream."""
    shown = [p for p in container.demux(stream) if p.size and not p.is_discard]
    times = sorted({p.pts for p in shown if p.pts is not None})
    return times, sorted({p.pts for p in shown if p.is_keyframe and p.pts is not None})


def _decoded(
    container: InputContainer, stream: VideoStream, wanted: list[int], keys: list[int]
) -> Iterator[tuple[int, Picture]]:
    """The frames at the wanted times, ascending: from the last key frame before each."""
    starts = [max((key for key in keys if key <= time), default=wanted[0]) for time in wanted]
    for start in sorted(set(starts)):
        group = [time for time, own in zip(wanted, starts, strict=True) if own == start]
        container.seek(start, stream=stream)
        yield from _from_here(container, stream, group)


def _from_here(
    container: InputContainer, stream: VideoStream, group: list[int]
) -> Iterator[tuple[int, Picture]]:
    """For each time the first frame that is decoded at it, or after it where that one is not."""
    from av.video.reformatter import VideoReformatter

    reformatter, waiting = VideoReformatter(), deque(group)
    for frame in container.decode(stream):
        if frame.pts is None or frame.pts < waiting[0]:
            continue
        rgb = reformatter.reformat(frame, format="rgb24", threads=1)
        picture = np.asarray(rgb.to_ndarray(), dtype=np.uint8)
        while waiting and frame.pts >= waiting[0]:
            yield waiting.popleft(), picture
        if not waiting:
            return
