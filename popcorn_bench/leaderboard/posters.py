"""Posters: a small picture of a clip, so that a page shows something before anything is played.

A poster is the first frame that is not of one flat colour, as WebP beside the page under the
clip's own sha256; one that is there is kept.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

from popcorn_bench.errors import AdapterError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

FOLDER = "posters"
_SIDE = 320  # pixels of the longer side
_QUALITY = 70
_EFFORT = 2  # of 6: a poster takes 4 ms instead of 9 and is 5 % larger
_LOOKED_AT = 240  # frames, for one that shows something
_FLAT = 12  # of 255: what coding leaves of one colour in RGB
_THREADS = 4
_MANY = 500  # from how many on it is said that making them takes a while
_RIFF = 8  # bytes of a WebP file before those that its header counts


class Poster(NamedTuple):
    """Its address as seen from the page, and its pixels."""

    href: str
    width: int
    height: int


def write_posters(
    clips: Iterable[str], folder: Path, warn: Callable[[str], None]
) -> frozenset[str]:
    """Make the posters that are missing.

    Args:
        clips: addresses of clips as seen from the page.
        folder: where the page goes.
        warn: told, in one line, which clips have no poster because they cannot be decoded, and
            before, where very many are to be made.

    Returns:
        The clips that have a poster.
    """
    wanted = list(dict.fromkeys(clips))
    missing = [clip for clip in wanted if not _is_whole(folder / href_of(clip))]
    if len(missing) > _MANY:
        warn(f"making {len(missing):,} posters, once")
    with ThreadPoolExecutor(min(_THREADS, os.cpu_count() or 1)) as pool:
        said = pool.map(lambda clip: _fault(folder / clip, folder / href_of(clip)), missing)
        faults = {clip: fault for clip, fault in zip(missing, said, strict=True) if fault}
    if faults:
        more = f" and {len(faults) - 1:,} more" if len(faults) > 1 else ""
        warn(f"no poster for {next(iter(faults.values()))}{more}")
    return frozenset(wanted) - faults.keys()


def href_of(clip: str) -> str:
    """The address of a clip's poster as seen from the page."""
    return f"{FOLDER}/{PurePosixPath(clip).stem}.webp"


def measured(clip: str, folder: Path) -> Poster:
    """A poster that is there, with its pixels."""
    from PIL import Image

    href = href_of(clip)
    with Image.open(folder / href, formats=["WEBP"]) as image:
        return Poster(href, image.width, image.height)


def make_poster(clip: Path, poster: Path) -> None:
    """Write the poster of one clip, whole or not at all.

    Raises:
        AdapterError: for a clip that cannot be decoded.
        OSError: for one that is not there.
    """
    picture = _picture(clip)
    poster.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=poster.parent, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as part:
            picture.save(part, "WEBP", quality=_QUALITY, method=_EFFORT)
        Path(name).chmod(0o644)
        Path(name).replace(poster)
    finally:
        Path(name).unlink(missing_ok=True)


def _fault(clip: Path, poster: Path) -> str:
    """Make a poster; what is wrong with the clip, '' for nothing."""
    try:
        make_poster(clip, poster)
    except (AdapterError, OSError) as error:
        return str(error)
    return ""


def _is_whole(poster: Path) -> bool:
    """Whether it is there and as long as its header says."""
    try:
        with poster.open("rb") as file:
            head, size = file.read(_RIFF), os.fstat(file.fileno()).st_size
    except OSError:
        return False
    return head[:4] == b"RIFF" and int.from_bytes(head[4:], "little") + _RIFF == size


def _picture(clip: Path) -> Image:
    """The first frame that shows something, or the first of all, made small."""
    from PIL import Image

    from popcorn_bench.media import read_frames

    first = None
    for frame in islice(read_frames(clip), _LOOKED_AT):
        first = frame if first is None else first
        if _shows(frame):
            first = frame
            break
    if first is None:
        raise AdapterError("degenerate", f"{clip.name}: no frame can be decoded")
    picture = Image.fromarray(first)
    picture.thumbnail((_SIDE, _SIDE))
    return picture


def _shows(frame: NDArray[np.uint8]) -> bool:
    import numpy as np

    return bool((np.ptp(frame, axis=(0, 1)) > _FLAT).any())
