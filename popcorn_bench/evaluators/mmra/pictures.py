"""The pictures of a video that are looked at: evenly spaced frames, after the cover if wanted."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from popcorn_bench.media import pick_frames, probe

Picture = NDArray[np.uint8]


def evenly_spaced(path: Path, n: int) -> list[Picture]:
    """Read n frames, from the first to the last evenly spaced; uint8 (height, width, 3) in RGB.

    A clip with fewer frames gives some twice.

    Raises:
        AdapterError: kind `broken_media` or `degenerate`, as `media.probe`.
    """
    probe(path)  # whole, and of sane size

    def spread(total: int) -> list[int]:
        return [int(place) for place in np.linspace(0, total - 1, n).round()]

    return [picture for _, picture in pick_frames(path, spread)]


def still(path: Path) -> Picture:
    """A still image as uint8 (height, width, 3) in RGB.

    Raises:
        AdapterError: as `media.probe`.
    """
    from PIL import Image

    probe(path)
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"), dtype=np.uint8)
