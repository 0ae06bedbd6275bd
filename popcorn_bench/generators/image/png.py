"""Write a picture with metadata."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.PngImagePlugin import PngInfo


def write_png(pixels: NDArray[np.uint8], path: Path, tags: Mapping[str, str]) -> None:
    """Write RGB pixels of shape (height, width, 3); the file appears only when it is complete."""
    info = PngInfo()
    for name, value in tags.items():
        info.add_itxt(name, value)
    part = path.with_name(path.name + ".part")
    try:
        Image.fromarray(pixels).save(part, format="PNG", pnginfo=info)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
