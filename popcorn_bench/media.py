"""Media files on disk: write an MP4, read its frames, and tell what a file really holds.

What a generator left behind is not trusted: only the containers named here are opened, by a
demuxer chosen beforehand (a playlist that points elsewhere is never followed), sizes are bounded
before anything is decoded, and every packet is counted so that a cut file does not pass.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING
from warnings import catch_warnings

from popcorn_bench.errors import AdapterError

if TYPE_CHECKING:
    import numpy as np
    from av.container import InputContainer, OutputContainer
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream
    from numpy.typing import NDArray

MAX_SIDE = 8192  # pixels
MAX_PIXELS = 4096 * 2304 * 4
MAX_SECONDS = 600.0
MAX_FRAMES = 36_000
MAX_BYTES = 2 << 30

_FLAT = 6  # of 255: what coding leaves of one colour

_PRESET = "superfast"  # measured: less than half the time of "faster", files two thirds larger
_DEMUXERS = {".mp4": "mov", ".mov": "mov", ".m4v": "mov", ".webm": "matroska", ".mkv": "matroska"}
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


def write_mp4(
    frames: Iterable[NDArray[np.uint8]],
    path: Path,
    fps: float,
    *,
    quality: int = 20,
    tags: Mapping[str, str] | None = None,
) -> None:
    """Encode RGB frames as H.264 (yuv420p, BT.709, constant frame rate, index first).

    Equal frames give equal bytes on one machine and one FFmpeg: encoder and colour conversion
    are held to one thread. The file appears under its name only when it is complete.

    Args:
        frames: uint8 arrays of shape (height, width, 3), all of one even size.
        path: where the file goes.
        fps: frames per second.
        quality: constant rate factor of x264, 0 (lossless) to 51 (worst).
        tags: metadata of the container, for example `{"comment": "..."}`.

    Raises:
        AdapterError: kind `degenerate` for no frame, an odd or absurd size, or frames of
            different sizes.
    """
    stream = iter(frames)
    first = next(stream, None)
    if first is None:
        raise AdapterError("degenerate", "no frame to write")
    _check_frame(first)
    part = path.with_name(path.name + ".part")
    try:
        with _writing(part, first.shape, fps, quality, tags or {}) as (container, video):
            _encode(chain([first], stream), first.shape, container, video)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


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


def read_frames(path: Path, *, threads: int = 1) -> Iterator[NDArray[np.uint8]]:
    """Yield the frames of a video as uint8 arrays of shape (height, width, 3), RGB.

    Raises:
        AdapterError: as `probe`; a file damaged in the middle raises where the damage is.
    """
    from av.video.reformatter import VideoReformatter

    with opened(path) as (container, stream):
        stream.thread_count = threads
        reformatter = VideoReformatter()
        for number, frame in enumerate(container.decode(stream)):
            if number >= MAX_FRAMES:
                raise AdapterError("degenerate", f"{path.name}: more than {MAX_FRAMES} frames")
            yield _rgb(reformatter.reformat(frame, format="rgb24", threads=1))


def standardise(path: Path, target: Path, tags: Mapping[str, str]) -> None:
    """Write a video as the MP4 that every player takes, with `tags` in its metadata.

    H.264 in yuv420p is copied packet by packet, with its sound; anything else is encoded anew,
    without.

    Raises:
        AdapterError: as `probe`, and `degenerate` for frames that H.264 cannot hold.
    """
    with opened(path) as (container, stream):
        codec = stream.codec_context
        fits = codec.name == "h264" and codec.pix_fmt == "yuv420p"
        rate = float(stream.average_rate or 0)
        if fits:
            _copy(container, target, tags)
    if not fits:
        write_mp4(_even(read_frames(path)), target, rate or 24.0, tags=tags)


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


def is_blank(path: Path) -> bool:
    """Whether every frame of a video is one flat colour: nothing to see, whatever was asked for.

    Key frames are looked at first; only where all of them are flat is the whole clip decoded.

    Raises:
        AdapterError: as `probe`.
    """
    with opened(path) as (container, stream):
        stream.codec_context.skip_frame = "NONKEY"
        if not all(map(_is_flat, container.decode(stream))):
            return False
    with opened(path) as (container, stream):
        return all(map(_is_flat, container.decode(stream)))


def _is_flat(frame: VideoFrame) -> bool:
    """Whether brightness and colour vary no more than what coding leaves of a flat colour."""
    import numpy as np

    planes = np.asarray(frame.reformat(format="yuv444p").to_ndarray()).reshape(3, -1)
    return bool((np.ptp(planes, axis=1) <= _FLAT).all())


@contextmanager
def opened(path: Path) -> Iterator[tuple[InputContainer, VideoStream]]:
    """Open a video of sane size for reading; give the container and its first video stream.

    Whatever FFmpeg objects to until the end of the block is `broken_media`.

    Raises:
        AdapterError: as `probe`.
    """
    import av

    _check_bytes(path)
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
            _check_size(path, stream.width, stream.height)
            yield container, stream
    except (av.FFmpegError, ValueError) as error:
        raise AdapterError("broken_media", f"{path.name}: {error}") from error


@contextmanager
def _writing(
    path: Path, shape: tuple[int, ...], fps: float, quality: int, tags: Mapping[str, str]
) -> Iterator[tuple[OutputContainer, VideoStream]]:
    import av

    flags = {"movflags": "+faststart", "fflags": "+bitexact"}
    with av.open(str(path), "w", format="mp4", options=flags) as container:
        stream = container.add_stream("libx264", rate=Fraction(fps).limit_denominator(1001))
        stream.height, stream.width = shape[0], shape[1]
        stream.pix_fmt = "yuv420p"
        stream.options = {"preset": _PRESET, "crf": str(quality)}
        context = stream.codec_context
        context.thread_count = 1  # slices depend on the number of threads, and so do the bytes
        context.colorspace = context.color_primaries = context.color_trc = context.color_range = 1
        container.metadata.update(tags)
        yield container, stream


def _encode(
    frames: Iterable[NDArray[np.uint8]],
    shape: tuple[int, ...],
    container: OutputContainer,
    stream: VideoStream,
) -> None:
    from av.video.frame import VideoFrame
    from av.video.reformatter import Colorspace, VideoReformatter

    reformatter = VideoReformatter()
    for array in frames:
        if array.shape != shape:
            raise AdapterError("degenerate", "frames of different sizes")
        yuv = reformatter.reformat(
            VideoFrame.from_ndarray(array, format="rgb24"),
            format="yuv420p",
            dst_colorspace=Colorspace.ITU709,
            threads=1,  # several give other bytes each time
        )
        container.mux(stream.encode(yuv))
    container.mux(stream.encode(None))


def _copy(container: InputContainer, target: Path, tags: Mapping[str, str]) -> None:
    import av

    flags = {"movflags": "+faststart", "fflags": "+bitexact"}
    with av.open(str(target), "w", format="mp4", options=flags) as out:
        out.metadata.update(tags)
        kept = [*container.streams.video[:1], *container.streams.audio[:1]]
        streams = {s.index: out.add_stream_from_template(s) for s in kept}
        for packet in container.demux(kept):
            if packet.dts is not None:
                packet.stream = streams[packet.stream.index]
                out.mux(packet)


def _even(frames: Iterable[NDArray[np.uint8]]) -> Iterator[NDArray[np.uint8]]:
    """Frames without an odd last row or column, which yuv420p cannot hold."""
    for frame in frames:
        height, width = frame.shape[:2]
        yield frame[: height - height % 2, : width - width % 2]


def _check_frame(frame: NDArray[np.uint8]) -> None:
    channels = 3
    if frame.ndim != channels or frame.shape[2] != channels or str(frame.dtype) != "uint8":
        raise AdapterError("degenerate", f"a frame is {frame.dtype} of shape {frame.shape}")
    height, width = frame.shape[:2]
    if width % 2 or height % 2 or not 0 < width <= MAX_SIDE or not 0 < height <= MAX_SIDE:
        raise AdapterError("degenerate", f"cannot encode frames of {width}x{height} pixels")


def _check_size(path: Path, width: int, height: int) -> None:
    fits = 0 < width <= MAX_SIDE and 0 < height <= MAX_SIDE and width * height <= MAX_PIXELS
    if not fits:
        raise AdapterError("degenerate", f"{path.name}: absurd size {width}x{height}")


def _check_bytes(path: Path) -> None:
    try:
        size = os.stat(path).st_size  # noqa: PTH116 - one call that says whether it exists, too
    except OSError as error:
        raise AdapterError("broken_media", f"{path.name}: {error.strerror}") from error
    if not 0 < size <= MAX_BYTES:
        raise AdapterError("degenerate", f"{path.name}: absurd size of {size} bytes")


def _count(path: Path, container: InputContainer, stream: VideoStream) -> tuple[int, float]:
    """Frames and seconds by the packets themselves, held against what the header promises."""
    frames, ticks = 0, 0
    for packet in container.demux(stream):
        if not packet.size:
            continue
        if packet.is_corrupt:
            raise AdapterError("broken_media", f"{path.name}: cut or damaged at frame {frames}")
        frames, ticks = frames + 1, ticks + (packet.duration or 0)
        if frames > MAX_FRAMES:
            raise AdapterError("degenerate", f"{path.name}: more than {MAX_FRAMES} frames")
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


def _rgb(frame: VideoFrame) -> NDArray[np.uint8]:
    import numpy as np

    return np.asarray(frame.to_ndarray(), dtype=np.uint8)


def _probe_image(path: Path) -> MediaFacts:
    from PIL import Image, UnidentifiedImageError

    _check_bytes(path)
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
        _check_size(path, image.width, image.height)
        image.load()
        codec = (image.format or "").lower()
        return MediaFacts(width=image.width, height=image.height, codec=codec)
