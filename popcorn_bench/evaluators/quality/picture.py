"""Meters of what single pictures are like."""

from __future__ import annotations

from math import isnan
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray

from popcorn_bench.evaluators.quality import card
from popcorn_bench.evaluators.quality.filters import Filter
from popcorn_bench.evaluators.quality.meter import Moment, mean

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

_CROP: Final = 352  # pixels of the middle that are searched for blocks
_GRID: Final = 48  # a multiple of 16 and 24, so that a crop keeps the grids of a codec in place


class Sharpness:
    """One over the mean edge width in pixels."""

    def __init__(self) -> None:
        self._blur = Filter("blurdetect")
        self._values: list[float] = []

    def see(self, moment: Moment) -> None:
        """Take in a frame."""
        if moment.quarter:
            width = self._blur.read(moment.frame.gray, "lavfi.blur")
            self._values.append(0.0 if isnan(width) else 1 / max(width, 1.0))

    def values(self) -> dict[str, float]:
        """What was measured."""
        return {card.SHARPNESS.name: mean(self._values)}


class SpatialInformation:
    """Standard deviation of the Sobel gradient of luma; the border of one pixel has none."""

    def __init__(self) -> None:
        self._values: list[float] = []

    def see(self, moment: Moment) -> None:
        """Take in a frame."""
        if moment.eighth:
            gray = moment.frame.gray
            across, down = (cv2.Sobel(gray, cv2.CV_32F, dx, 1 - dx) for dx in (1, 0))
            inner = cv2.magnitude(across, down)[1:-1, 1:-1]
            self._values.append(float(cv2.meanStdDev(inner)[1].item()))

    def values(self) -> dict[str, float]:
        """What was measured."""
        return {card.SPATIAL_INFORMATION.name: mean(self._values)}


class Blockiness:
    """By how much steps on a grid exceed the others, as 1 - 1/b; a flat picture has none."""

    def __init__(self) -> None:
        self._blocks = Filter("blockdetect")
        self._reformatter = VideoReformatter()
        self._size: tuple[int, int] | None = None
        self._values: list[float] = []

    def see(self, moment: Moment) -> None:
        """Take in a frame."""
        if moment.quarter:
            steps = self._blocks.read(self._middle(moment.frame.decoded), "lavfi.block")
            self._values.append(0.0 if isnan(steps) else 1 - 1 / max(steps, 1.0))

    def values(self) -> dict[str, float]:
        """What was measured."""
        return {card.BLOCKINESS.name: mean(self._values)}

    def _middle(self, picture: VideoFrame) -> NDArray[np.uint8]:
        """Luma of the middle in the clip's own pixels, all pictures at the size of the first."""
        width, height = self._size = self._size or (picture.width, picture.height)
        gray = self._reformatter.reformat(
            picture, width=width, height=height, format="gray", threads=1
        )
        left, top = (max(0, side - _CROP) // 2 // _GRID * _GRID for side in (width, height))
        crop = gray.to_ndarray()[top : top + _CROP, left : left + _CROP]
        return np.ascontiguousarray(crop, dtype=np.uint8)


class Colourfulness:
    """M3 of Hasler and Suesstrunk: spread and 0.3 times the distance of the opponent colours."""

    def __init__(self) -> None:
        self._values: list[float] = []

    def see(self, moment: Moment) -> None:
        """Take in a frame: every one, as samples would see one phase of a flicker alone."""
        red, green, blue = (plane.astype(np.int16) for plane in cv2.split(moment.frame.rgb))
        red_green = [float(part.item()) for part in cv2.meanStdDev(red - green)]
        twice = [float(part.item()) for part in cv2.meanStdDev(red + green - 2 * blue)]
        distance = np.hypot(red_green[0], twice[0] / 2)
        spread = np.hypot(red_green[1], twice[1] / 2)
        self._values.append(float(spread + 0.3 * distance))

    def values(self) -> dict[str, float]:
        """What was measured."""
        return {card.COLOURFULNESS.name: mean(self._values)}
