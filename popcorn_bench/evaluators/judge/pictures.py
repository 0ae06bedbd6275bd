"""Frames of a clip and covers as small JPEG data URLs."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Final

from popcorn_bench.media import pick_frames, probe

if TYPE_CHECKING:
    from PIL.Image import Image

_QUALITY: Final = 90
_FORMATS: Final = ("PNG", "WEBP", "JPEG")


@dataclass(frozen=True, slots=True)
class Picture:
    """A data URL of a JPEG, and its time in the clip in seconds."""

    url: str
    seconds: float = 0.0


def frames_of(path: Path, count: int, size: int) -> list[Picture]:
    """`count` frames, evenly spaced from the first to the last; one is the middle one.

    A clip of fewer frames gives each of them once.

    Args:
        path: the video.
        count: how many.
        size: pixels of the longest side; smaller frames keep theirs.

    Raises:
        AdapterError: `broken_media` or `degenerate`, as `media.probe`.
    """
    from PIL.Image import fromarray

    fps = probe(path).fps
    picked = pick_frames(path, partial(places, count=count))
    return [Picture(_url(fromarray(frame), size), at / fps) for at, frame in picked]


def cover_of(path: Path, size: int) -> Picture:
    """A still picture.

    Raises:
        AdapterError: as `frames_of`.
    """
    from PIL import Image

    probe(path)  # its size is checked before anything is decoded
    with Image.open(path, formats=_FORMATS) as image:
        return Picture(_url(image.convert("RGB"), size))


def places(total: int, count: int) -> list[int]:
    """The indexes of `count` frames out of `total`, evenly spaced, each once."""
    if count == 1:
        return [(total - 1) // 2]
    return sorted({round(i * (total - 1) / (count - 1)) for i in range(count)})


def _url(image: Image, size: int) -> str:
    from PIL.Image import Resampling

    image.thumbnail((size, size), Resampling.LANCZOS)
    data = BytesIO()
    image.save(data, "JPEG", quality=_QUALITY)
    return "data:image/jpeg;base64," + base64.b64encode(data.getvalue()).decode("ascii")
