"""Which frames of a clip are looked at."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from popcorn_bench.errors import AdapterError
from popcorn_bench.evaluators.alignment.frames import evenly_spaced

STEP = 10


def numbered(path: Path, count: int) -> Path:
    """Frame number i has the grey level STEP * i."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=Fraction(8))
        stream.options = {"crf": "4"}
        stream.height = stream.width = 64
        for i in range(count):
            level = np.full((64, 64, 3), STEP * i, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(level, format="rgb24")))
        container.mux(stream.encode(None))
    return path


def numbers(found: list[Image.Image]) -> list[int]:
    return [round(float(np.asarray(image).mean()) / STEP) for image in found]


@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
@pytest.mark.parametrize(
    ("count", "expected"),
    [(1, [12]), (2, [6, 18]), (4, [3, 9, 15, 21]), (24, [*range(24)]), (99, [*range(24)])],
)
def test_the_middles_of_equal_parts(
    tmp_path: Path, suffix: str, count: int, expected: list[int]
) -> None:
    path = numbered(tmp_path / f"a.{suffix}", 24)
    assert numbers(evenly_spaced(path, count)) == expected


def test_one_frame_is_no_video(tmp_path: Path) -> None:
    with pytest.raises(AdapterError, match="1 frames") as error:
        evenly_spaced(numbered(tmp_path / "a.mp4", 1), 8)
    assert error.value.kind == "degenerate"


def test_a_clip_that_ends_early_is_broken(tmp_path: Path) -> None:
    path = numbered(tmp_path / "a.mp4", 24)
    data = bytearray(path.read_bytes())
    start, index = data.index(b"mdat") + 4, data.index(b"moov") - 4
    assert start < index
    middle = (start + index) // 2
    data[middle:index] = bytes(index - middle)
    path.write_bytes(data)
    with pytest.raises(AdapterError) as error:
        evenly_spaced(path, 24)
    assert error.value.kind == "broken_media"
