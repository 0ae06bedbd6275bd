"""The frames of a clip that are looked at."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from PIL import Image

from popcorn_bench.errors import AdapterError
from popcorn_bench.media import pick_frames

_FEWEST: Final = 2  # one picture has no neighbour and is no video


def evenly_spaced(path: Path, count: int) -> list[Image.Image]:
    """The middle frames of `count` equal parts of the clip, or all where it has fewer.

    Raises:
        AdapterError: kind `broken_media` for a file that is cut or damaged; `degenerate` for one
            of absurd size or with fewer than two frames.
    """

    def middles(total: int) -> list[int]:
        if total < _FEWEST:
            raise AdapterError("degenerate", f"{path.name}: {total} frames")
        return sorted({(2 * i + 1) * total // (2 * count) for i in range(count)})

    return [Image.fromarray(picture) for _, picture in pick_frames(path, middles)]
