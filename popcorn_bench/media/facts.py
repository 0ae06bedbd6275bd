"""Tell what a file really holds, after checking that it is whole."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from warnings import catch_warnings

from popcorn_bench.errors import AdapterError
from popcorn_bench.media.opening import (
    MAX_SECONDS,
    check_bytes,
    check_count,
    check_size,
    opened,
)

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

_IMAGES = {".png": "PNG", ".webp": "WEBP", ".jpg": "JPEG", ".jpeg": "JPEG"}


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaFacts:
    """What a file holds: pixels, frames, frames per second, seconds, codec name.

    `frames`, `fps` and `seconds` are 0 for a still image.
    """

    width: int
    height: int
    frames: int = 0
    fps: float = 0.0
    seconds: float = 0.0
    codec: str = ""


def probe(path: Path) -> MediaFacts:
    """Tell what `path` holds, after checking that it is whole.

    Every packet of a video is read and its first frame decoded; an image is decoded.

    Raises:
        AdapterError: kind `broken_media` for a file that is cut, damaged or of another format,
            `degenerate` for one without frames or of absurd size.
    """
    if path.suffix.lower() in _IMAGES:
        return _probe_image(path)
    with opened(path) as (container, stream):
        frames, seconds = _count(path, container, stream)
        container.seek(0)
        _decoded(path, container, stream)
        fps = float(stream.average_rate or 0) or frames / seconds
        return MediaFacts(
            width=stream.width,
            height=stream.height,
            frames=frames,
            fps=round(fps, 6),
            seconds=round(seconds, 6),
            codec=stream.codec_context.name,
        )


def read_tags(path: Path) -> dict[str, str]:
    """The metadata that a file carries: of a video its container's, of an image its texts.

    Raises:
        AdapterError: as `probe`.
    """
    if path.suffix not in _IMAGES:
        with opened(path) as (container, _):
            return dict(container.metadata)
    from PIL import Image

    probe(path)
    with Image.open(path, formats=[_IMAGES[path.suffix]]) as image:
        return {str(k): v for k, v in image.info.items() if isinstance(v, str)}


def _count(path: Path, container: InputContainer, stream: VideoStream) -> tuple[int, float]:
    """Frames and seconds by the packets themselves, held against what the header promises."""
    frames, ticks = 0, 0
    for packet in container.demux(stream):
        if not packet.size:
            continue
        if packet.is_corrupt:
            raise AdapterError("broken_media", f"{path.name}: cut or damaged at frame {frames}")
        frames, ticks = frames + 1, ticks + (packet.duration or 0)
        check_count(path, frames, stream)
    if frames < stream.frames:
        message = f"{path.name}: holds {frames} of {stream.frames} frames"
        raise AdapterError("broken_media", message)
    seconds = _seconds(container, stream, frames, ticks)
    if not frames or not 0 < seconds <= MAX_SECONDS:
        raise AdapterError("degenerate", f"{path.name}: {frames} frames in {seconds:.3g} s")
    return frames, seconds


def _seconds(container: InputContainer, stream: VideoStream, frames: int, ticks: int) -> float:
    if ticks and stream.time_base:
        return float(ticks * stream.time_base)
    if stream.average_rate:
        return frames / float(stream.average_rate)
    return (container.duration or 0) / 1e6


def _decoded(path: Path, container: InputContainer, stream: VideoStream) -> VideoFrame:
    for frame in container.decode(stream):
        return frame
    raise AdapterError("degenerate", f"{path.name}: no frame can be decoded")


def _probe_image(path: Path) -> MediaFacts:
    from PIL import Image, UnidentifiedImageError

    check_bytes(path)
    bombs = (Image.DecompressionBombError, Image.DecompressionBombWarning)
    try:
        with catch_warnings(action="error", category=Image.DecompressionBombWarning):
            return _decoded_image(path)
    except bombs as error:
        raise AdapterError("degenerate", f"{path.name}: {error}") from error
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
        raise AdapterError("broken_media", f"{path.name}: {error}") from error


def _decoded_image(path: Path) -> MediaFacts:
    from PIL import Image

    with Image.open(path, formats=sorted(set(_IMAGES.values()))) as image:
        check_size(path, image.width, image.height)
        image.load()
        codec = (image.format or "").lower()
        return MediaFacts(width=image.width, height=image.height, codec=codec)
