"""Posters: a small picture of a clip, so that a page shows something before anything is played.

A poster is the first frame that is not of one flat colour, as WebP beside the page under the
clip's own sha256; one that is there is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

from popcorn_bench.errors import AdapterError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

FOLDER = "posters"
_MOST = 48  # a few dozen: a page is read, not browsed
_SIDE = 320  # pixels of the longer side
_QUALITY = 70
_LOOKED_AT = 240  # frames, for one that shows something
_FLAT = 12  # of 255: what coding leaves of one colour in RGB


class Poster(NamedTuple):
    """Its address as seen from the page, and its pixels."""

    href: str
    width: int
    height: int


def write_posters(
    clips: Iterable[str], folder: Path, warn: Callable[[str], None]
) -> dict[str, Poster]:
    """Make the posters that are missing, of the first few dozen clips.

    Args:
        clips: addresses of clips as seen from the page.
        folder: where the page goes.
        warn: told, in one line, which clips have no poster because they cannot be decoded.

    Returns:
        Posters by the address of their clip.
    """
    found: dict[str, Poster] = {}
    faults: list[str] = []
    for clip in islice(dict.fromkeys(clips), _MOST):
        try:
            found[clip] = _poster(clip, folder)
        except (AdapterError, OSError) as error:
            faults.append(str(error))
    if faults:
        more = f" and {len(faults) - 1} more" if len(faults) > 1 else ""
        warn(f"no poster for {faults[0]}{more}")
    return found


def _poster(clip: str, folder: Path) -> Poster:
    from PIL import Image, UnidentifiedImageError

    href = f"{FOLDER}/{PurePosixPath(clip).stem}.webp"
    path = folder / href
    try:
        with Image.open(path, formats=["WEBP"]) as image:
            return Poster(href, image.width, image.height)
    except (FileNotFoundError, UnidentifiedImageError):
        pass  # not made yet, or cut off while it was written
    picture = _picture(folder / clip)
    path.parent.mkdir(exist_ok=True)
    part = path.with_suffix(".part")
    picture.save(part, "WEBP", quality=_QUALITY)
    part.replace(path)
    return Poster(href, picture.width, picture.height)


def _picture(clip: Path) -> Image:
    """The first frame that shows something, or the first of all, made small.

    Raises:
        AdapterError: for a clip that cannot be decoded.
    """
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
