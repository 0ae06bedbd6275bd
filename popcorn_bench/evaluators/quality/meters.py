"""Meters: each sees every frame of a clip in turn and says one number at the end."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from popcorn_bench.errors import AdapterError
from popcorn_bench.evaluators.quality import card
from popcorn_bench.evaluators.quality.filters import Filter
from popcorn_bench.evaluators.quality.frames import Frame

_SAMPLE_EVERY: Final = 1 / 8  # seconds between the frames that slow meters look at
_CUT: Final = 8.0  # score of scdet; FFmpeg advises 8 to 14, and drawn clips cut at 9
_BLOCK: Final = 8  # pixels
_SAME: Final = 6.0  # levels of 255: x264 drifts by less at any usual quality
_STILL_FOR: Final = 0.5  # seconds
_OPPONENTS: Final = np.array([[1, -1, 0], [0.5, 0.5, -1]], dtype=np.float32)  # of R, G, B
_EPSILON: Final = 1e-6


class Meter(Protocol):
    """Sees frames in order."""

    def see(self, frame: Frame, *, cut: bool, sampled: bool) -> None:
        """Take in a frame: `cut` if a new scene starts with it, `sampled` for slow meters."""
        ...

    def value(self) -> float:
        """What was measured."""
        ...


def measure(clip: Iterable[Frame]) -> dict[str, float]:
    """All metrics of the card, by name.

    Raises:
        AdapterError: `degenerate` for fewer than two frames, and whatever reading the clip raises.
    """
    meters: dict[str, Meter] = {
        card.MOTION.name: Motion(),
        card.FLICKER.name: Flicker(),
        card.SHARPNESS.name: Sharpness(),
        card.EXPOSURE.name: Exposure(),
        card.COLOURFULNESS.name: Colourfulness(),
        card.FREEZE.name: Freeze(),
    }
    cuts, due, count = Filter("scdet"), 0.0, 0
    for count, frame in enumerate(clip, 1):
        cut = (cuts.read(frame.gray, "lavfi.scd.score") or 0.0) >= _CUT
        sampled = count == 1 or frame.time >= due - _EPSILON
        due = frame.time + _SAMPLE_EVERY if sampled else due
        for meter in meters.values():
            meter.see(frame, cut=cut, sampled=sampled)
    if count < 2:  # noqa: PLR2004 - nothing moves, flickers or freezes in a single frame
        raise AdapterError("degenerate", f"{count} frame is no video")
    return {name: round(meter.value(), 6) for name, meter in meters.items()}


class Motion:
    """Mean optical flow in percent of the diagonal per second."""

    def __init__(self) -> None:
        self._flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST)
        self._before: Frame | None = None
        self._speeds: list[float] = []

    def see(self, frame: Frame, *, cut: bool, sampled: bool) -> None:
        """Take in a frame."""
        if cut:
            self._before = None
        if not sampled and self._before is not None:
            return
        if self._before is not None:
            self._speeds.append(self._speed(self._before, frame))
        self._before = frame

    def value(self) -> float:
        """What was measured."""
        return _mean(self._speeds)

    def _speed(self, before: Frame, after: Frame) -> float:
        flow = self._flow.calc(before.gray, after.gray, np.zeros((*after.gray.shape, 2), "f4"))
        lengths = cv2.magnitude(flow[..., 0], flow[..., 1])
        diagonal = float(np.hypot(*after.gray.shape))
        seconds = max(after.time - before.time, _EPSILON)
        return 100 * float(lengths.mean()) / diagonal / seconds


class Flicker:
    """Mean size of opposing changes of mean luma from frame to frame, in percent of white."""

    def __init__(self) -> None:
        self._luma: list[float] = []

    def see(self, frame: Frame, *, cut: bool, sampled: bool) -> None:
        """Take in a frame."""
        del cut, sampled
        self._luma.append(_luma(frame.gray))

    def value(self) -> float:
        """What was measured."""
        changes = np.diff(self._luma)
        first, second = changes[:-1], changes[1:]
        back = np.where(first * second < 0, np.minimum(abs(first), abs(second)), 0.0)
        return _mean(back.tolist())


class Sharpness:
    """One over the mean edge width in pixels."""

    def __init__(self) -> None:
        self._blur = Filter("blurdetect")
        self._values: list[float] = []

    def see(self, frame: Frame, *, cut: bool, sampled: bool) -> None:
        """Take in a frame."""
        del cut
        if sampled:
            width = self._blur.read(frame.gray, "lavfi.blur")
            self._values.append(1 / max(width, 1.0) if width else 0.0)

    def value(self) -> float:
        """What was measured."""
        return _mean(self._values)


class Exposure:
    """Mean luma in percent of white."""

    def __init__(self) -> None:
        self._luma: list[float] = []

    def see(self, frame: Frame, *, cut: bool, sampled: bool) -> None:
        """Take in a frame."""
        del cut, sampled
        self._luma.append(_luma(frame.gray))

    def value(self) -> float:
        """What was measured."""
        return _mean(self._luma)


class Colourfulness:
    """M3 of Hasler and Suesstrunk: spread and 0.3 times the distance of the opponent colours."""

    def __init__(self) -> None:
        self._values: list[float] = []

    def see(self, frame: Frame, *, cut: bool, sampled: bool) -> None:
        """Take in a frame."""
        del cut, sampled  # every frame: samples would see one phase of a flicker alone
        opponents = cv2.transform(frame.rgb.astype(np.float32), _OPPONENTS)
        mean, deviation = cv2.meanStdDev(opponents)
        spread, distance = np.hypot(*deviation.ravel()), np.hypot(*mean.ravel())
        self._values.append(float(spread + 0.3 * distance))

    def value(self) -> float:
        """What was measured."""
        return _mean(self._values)


class Freeze:
    """Share of the time in which the picture stands still for `_STILL_FOR` or longer.

    The rule of FFmpeg's mpdecimate (blocks against a threshold) over the time of its freezedetect:
    a mean over the whole picture, as freezedetect takes, misses small things that move.
    """

    def __init__(self) -> None:
        self._reference: NDArray[np.uint8] | None = None
        self._changes: list[float] = []
        self._end = 0.0

    def see(self, frame: Frame, *, cut: bool, sampled: bool) -> None:
        """Take in a frame."""
        del cut, sampled
        self._end = frame.time + frame.lasts
        if self._reference is None or _differ(self._reference, frame.gray):
            self._reference = frame.gray
            self._changes.append(frame.time)

    def value(self) -> float:
        """What was measured."""
        gaps = np.diff([*self._changes, self._end])
        total = self._end - self._changes[0]
        return float(gaps[gaps >= _STILL_FOR - _EPSILON].sum() / total)


def _differ(one: NDArray[np.uint8], two: NDArray[np.uint8]) -> bool:
    height, width = one.shape
    blocks = (max(1, width // _BLOCK), max(1, height // _BLOCK))
    means = cv2.resize(cv2.absdiff(one, two), blocks, interpolation=cv2.INTER_AREA)
    return bool(means.max() > _SAME)


def _luma(gray: NDArray[np.uint8]) -> float:
    return 100 * float(gray.mean()) / 255


def _mean(values: list[float]) -> float:
    return sum(values) / len(values) if values else 0.0
