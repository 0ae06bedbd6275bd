"""Meters of what happens between frames."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from popcorn_bench.evaluators.quality import card
from popcorn_bench.evaluators.quality.frames import Frame
from popcorn_bench.evaluators.quality.meter import Moment, mean

CUT: Final = 8.0  # score of scdet, in % of white; FFmpeg advises 8 to 14, drawn clips cut at 9
_WHITE: Final = 255
_BLOCK: Final = 8  # pixels
_SAME: Final = 6.0  # levels of 255: x264 drifts by less at any usual quality
_STILL_FOR: Final = 0.5  # seconds
_EPSILON: Final = 1e-6


class Motion:
    """Mean optical flow in percent of the diagonal per second."""

    def __init__(self) -> None:
        self._flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST)
        self._pairs = _Pairs()
        self._speeds: list[float] = []

    def see(self, moment: Moment) -> None:
        """Take in a frame."""
        before = self._pairs.before(moment)
        if before is not None:
            self._speeds.append(self._speed(before, moment.frame))

    def values(self) -> dict[str, float]:
        """What was measured."""
        return {card.MOTION.name: mean(self._speeds)}

    def _speed(self, before: Frame, after: Frame) -> float:
        flow = self._flow.calc(before.gray, after.gray, np.zeros((*after.gray.shape, 2), "f4"))
        lengths = cv2.magnitude(flow[..., 0], flow[..., 1])
        diagonal = float(np.hypot(*after.gray.shape))
        seconds = max(after.time - before.time, _EPSILON)
        return 100 * float(lengths.mean()) / diagonal / seconds


class TemporalInformation:
    """Standard deviation of the difference of luma, in levels of 255."""

    def __init__(self) -> None:
        self._pairs = _Pairs()
        self._spreads: list[float] = []

    def see(self, moment: Moment) -> None:
        """Take in a frame."""
        before = self._pairs.before(moment)
        if before is not None:
            change = cv2.subtract(moment.frame.gray, before.gray, dtype=cv2.CV_16S)
            self._spreads.append(float(cv2.meanStdDev(change)[1].item()))

    def values(self) -> dict[str, float]:
        """What was measured."""
        return {card.TEMPORAL_INFORMATION.name: mean(self._spreads)}


class Cuts:
    """Number of new scenes; a flash that is over with the next frame begins none."""

    def __init__(self) -> None:
        self._count = 0
        self._last: NDArray[np.uint8] | None = None
        self._left: NDArray[np.uint8] | None = None  # the last frame of the scene just left

    def see(self, moment: Moment) -> None:
        """Take in a frame."""
        gray = moment.frame.gray
        if self._left is not None and _like(self._left, gray):
            self._count -= 1
        self._left = self._last if moment.cut else None
        self._count += moment.cut
        self._last = gray

    def values(self) -> dict[str, float]:
        """What was measured."""
        return {card.CUTS.name: float(self._count)}


class Freeze:
    """Share of the time in which the picture stands still for `_STILL_FOR` or longer.

    The rule of FFmpeg's mpdecimate (blocks against a threshold) over the time of its freezedetect:
    a mean over the whole picture, as freezedetect takes, misses small things that move.
    """

    def __init__(self) -> None:
        self._reference: NDArray[np.uint8] | None = None
        self._changes: list[float] = []
        self._end = 0.0

    def see(self, moment: Moment) -> None:
        """Take in a frame."""
        frame = moment.frame
        self._end = frame.time + frame.lasts
        if self._reference is None or _differ(self._reference, frame.gray):
            self._reference = frame.gray
            self._changes.append(frame.time)

    def values(self) -> dict[str, float]:
        """What was measured."""
        gaps = np.diff([*self._changes, self._end])
        total = self._end - self._changes[0]
        still = float(gaps[gaps >= _STILL_FOR - _EPSILON].sum())
        return {card.FREEZE.name: still / total}


class _Pairs:
    """Frames an eighth of a second apart within one scene."""

    def __init__(self) -> None:
        self._last: Frame | None = None

    def before(self, moment: Moment) -> Frame | None:
        """The frame to compare this one with, if it is to be compared."""
        last = None if moment.cut else self._last
        if not moment.eighth and last is not None:
            return None
        self._last = moment.frame
        return last


def _like(one: NDArray[np.uint8], two: NDArray[np.uint8]) -> bool:
    """Whether scdet could not have told them apart."""
    return bool(cv2.absdiff(one, two).mean() < CUT / 100 * _WHITE)


def _differ(one: NDArray[np.uint8], two: NDArray[np.uint8]) -> bool:
    height, width = one.shape
    blocks = (max(1, width // _BLOCK), max(1, height // _BLOCK))
    means = cv2.resize(cv2.absdiff(one, two), blocks, interpolation=cv2.INTER_AREA)
    return bool(means.max() > _SAME)
