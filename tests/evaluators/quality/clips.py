"""Clips drawn for the tests, and what `quality` says of them."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Final

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from popcorn_bench.errors import AdapterError
from popcorn_bench.evaluators.protocol import Sample
from popcorn_bench.evaluators.quality import Quality
from popcorn_bench.types import Kind, Query

Frame = NDArray[np.uint8]
Numbers = dict[str, float]

QUERY: Final = Query(id="1", text="anything", kind=Kind.CONCRETE, topic="food")
CARD: Final = Quality.card({})
QUALITY: Final = Quality(CARD, "cpu")
FPS, COUNT, STEP = 16, 48, 4
WIDTH, HEIGHT = 288, 512


@cache
def texture(seed: int = 7) -> Frame:
    """A wide soft random pattern in colour to move a window over."""
    noise = np.random.default_rng(seed).integers(0, 256, (HEIGHT, 1200, 3)).astype(np.uint8)
    soft = cv2.GaussianBlur(noise, (0, 0), 3)
    wide = cv2.normalize(soft, np.zeros_like(soft), 20, 235, cv2.NORM_MINMAX)
    return np.asarray(wide, np.uint8)


def window(shift: float) -> Frame:
    place = np.array([[1, 0, -shift], [0, 1, 0]], np.float32)
    return np.asarray(cv2.warpAffine(texture(), place, (WIDTH, HEIGHT)), np.uint8)


def plain(number: int) -> Frame:
    """Frame `number` of the clip that all others are made from."""
    return window(STEP * number)


def scaled(frame: Frame, factor: float) -> Frame:
    return np.asarray(np.clip(frame * factor, 0, 255), np.uint8)


def shifted(frame: Frame, levels: int) -> Frame:
    return np.asarray(np.clip(frame.astype(np.int16) + levels, 0, 255), np.uint8)


def gray(frame: Frame) -> Frame:
    return np.asarray(cv2.cvtColor(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB))


def blurred(frame: Frame, sigma: float = 5) -> Frame:
    return np.asarray(cv2.GaussianBlur(frame, (0, 0), sigma), np.uint8)


def blocky(frame: Frame, levels: int = 8, side: int = 8) -> Frame:
    """Every block of a fixed grid is a little too bright or too dark."""
    height, width = frame.shape[:2]
    shape = (-(-height // side), -(-width // side))
    steps = np.random.default_rng(1).integers(-levels, levels + 1, shape)
    grid = np.kron(steps, np.ones((side, side), int))[:height, :width, None]
    return np.asarray(np.clip(frame.astype(np.int16) + grid, 0, 255), np.uint8)


def write(path: Path, frames: Iterable[Frame], fps: int = FPS, crf: int = 16) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=Fraction(fps))
        stream.options = {"crf": str(crf), "preset": "superfast"}
        for i, frame in enumerate(frames):
            if i == 0:
                stream.height, stream.width = frame.shape[:2]
            picture = av.VideoFrame.from_ndarray(frame, format="rgb24")
            picture.pts = i
            container.mux(stream.encode(picture.reformat(format="yuv420p")))
        container.mux(stream.encode(None))
    return path


def answer(video: Path | None) -> Numbers | AdapterError:
    (found,) = QUALITY.score([Sample(query=QUERY, title="", video=video)])
    if isinstance(found, AdapterError):
        return found
    return {score.metric: score.value for score in found}


def measured(path: Path) -> Numbers:
    found = answer(path)
    assert not isinstance(found, AdapterError), found
    return found


def failed(path: Path | None) -> AdapterError:
    found = answer(path)
    assert isinstance(found, AdapterError)
    return found
