"""Open a file that is not trusted: bounds before anything is decoded."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from popcorn_bench.errors import AdapterError

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.stream import VideoStream

MAX_SIDE = 8192  # pixels
MAX_PIXELS = 4096 * 2304 * 4
MAX_SECONDS = 600.0
MAX_FRAMES = 36_000
MAX_DECODED = MAX_FRAMES * 1920 * 1080  # pixels of all frames together: minutes, not hours
MAX_BYTES = 2 << 30

_DEMUXERS = {".mp4": "mov", ".mov": "mov", ".m4v": "mov", ".webm": "matroska", ".mkv": "matroska"}


@contextmanager
def opened(path: Path) -> Iterator[tuple[InputContainer, VideoStream]]:
    """Open a video of sane size for reading; give the container and its first video stream.

    Whatever FFmpeg objects to until the end of the block is `broken_media`.

    Raises:
        AdapterError: as `probe`.
    """
    import av

    check_bytes(path)
    demuxer = _DEMUXERS.get(path.suffix.lower())
    if demuxer is None:
        raise AdapterError("broken_media", f"{path.name}: not a kind of file that is read here")
    try:
        with av.open(str(path), "r", format=demuxer, metadata_errors="replace") as container:
            if not container.streams.video:
                raise AdapterError("degenerate", f"{path.name}: holds no video")
            stream = container.streams.video[0]
            if not getattr(stream, "width", 0):  # no such attribute where the header is cut
                raise AdapterError("broken_media", f"{path.name}: its header cannot be read")
            check_size(path, stream.width, stream.height)
            check_count(path, stream.frames, stream)  # as promised; readers count what is there
            yield container, stream
    except (av.FFmpegError, ValueError) as error:
        raise AdapterError("broken_media", f"{path.name}: {error}") from error


def check_size(path: Path, width: int, height: int) -> None:
    """Refuse a picture that is empty or absurdly large.

    Raises:
        AdapterError: kind `degenerate`.
    """
    fits = 0 < width <= MAX_SIDE and 0 < height <= MAX_SIDE and width * height <= MAX_PIXELS
    if not fits:
        raise AdapterError("degenerate", f"{path.name}: absurd size {width}x{height}")


def check_count(path: Path, frames: int, stream: VideoStream) -> None:
    """Refuse a video with absurdly many frames, or with too many for their size.

    Readers ask with every frame: some formats do not say beforehand how many there are.

    Raises:
        AdapterError: kind `degenerate`.
    """
    if frames > MAX_FRAMES:
        raise AdapterError("degenerate", f"{path.name}: more than {MAX_FRAMES} frames")
    if frames * stream.width * stream.height > MAX_DECODED:
        size = f"{stream.width}x{stream.height}"
        raise AdapterError("degenerate", f"{path.name}: {frames} frames of {size} are too many")


def check_bytes(path: Path) -> None:
    """Refuse a file that is missing, empty or absurdly large.

    Raises:
        AdapterError: kind `broken_media` where it cannot be read, `degenerate` for its size.
    """
    try:
        size = os.stat(path).st_size  # noqa: PTH116 - one call that says whether it exists, too
    except OSError as error:
        raise AdapterError("broken_media", f"{path.name}: {error.strerror}") from error
    if not 0 < size <= MAX_BYTES:
        raise AdapterError("degenerate", f"{path.name}: absurd size of {size} bytes")
