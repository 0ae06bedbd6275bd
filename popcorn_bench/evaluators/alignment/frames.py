"""The frames of a clip that are looked at."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from av.video.reformatter import VideoReformatter
from PIL import Image

from popcorn_bench.errors import AdapterError
from popcorn_bench.media import MAX_FRAMES, opened

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.stream import VideoStream

_FEWEST: Final = 2  # one picture has no neighbour and is no video


def evenly_spaced(path: Path, count: int) -> list[Image.Image]:
    """The middle frames of `count` equal parts of the clip, or all where it has fewer.

    Raises:
        AdapterError: kind `broken_media` for a file that is cut or damaged; `degenerate` for one
            of absurd size or with fewer than two frames.
    """
    with opened(path) as (container, stream):
        total = _total(container, stream)
        if not _FEWEST <= total <= MAX_FRAMES:
            raise AdapterError("degenerate", f"{path.name}: {total} frames")
        wanted = {(2 * i + 1) * total // (2 * count) for i in range(count)}
        found = _decoded(container, stream, wanted)
    if len(found) < len(wanted):
        raise AdapterError("broken_media", f"{path.name}: ends before frame {max(wanted) + 1}")
    return found


def _total(container: InputContainer, stream: VideoStream) -> int:
    """Number of frames: by the header, or by their packets where it does not say."""
    if stream.frames:
        return stream.frames
    total = sum(1 for packet in container.demux(stream) if packet.size)
    container.seek(0)
    return total


def _decoded(container: InputContainer, stream: VideoStream, wanted: set[int]) -> list[Image.Image]:
    stream.thread_count = 1  # clips are read side by side
    reformatter, found = VideoReformatter(), []
    for number, frame in enumerate(container.decode(stream)):
        if number in wanted:
            rgb = reformatter.reformat(frame, format="rgb24", threads=1)
            found.append(Image.fromarray(rgb.to_ndarray()))
            if len(found) == len(wanted):
                break
    return found
