"""All meters over one reading of a clip."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from popcorn_bench.errors import AdapterError
from popcorn_bench.evaluators.quality.filters import Filter
from popcorn_bench.evaluators.quality.frames import Frame
from popcorn_bench.evaluators.quality.light import Light
from popcorn_bench.evaluators.quality.meter import Meter, Moment
from popcorn_bench.evaluators.quality.movement import CUT, Cuts, Freeze, Motion, TemporalInformation
from popcorn_bench.evaluators.quality.picture import (
    Blockiness,
    Colourfulness,
    Sharpness,
    SpatialInformation,
)

_EIGHTH: Final = 1 / 8  # seconds
_EPSILON: Final = 1e-6


def measure(clip: Iterable[Frame]) -> dict[str, float]:
    """All metrics of the card, by name.

    Raises:
        AdapterError: `degenerate` for fewer than two frames, and whatever reading the clip raises.
    """
    meters, count = _meters(), 0
    for moment in _moments(clip):
        count += 1
        for meter in meters:
            meter.see(moment)
    if count < 2:  # noqa: PLR2004 - nothing moves, flickers or freezes in a single frame
        raise AdapterError("degenerate", f"{count} frame is no video")
    return {name: round(value, 6) for meter in meters for name, value in meter.values().items()}


def _meters() -> list[Meter]:
    return [
        Motion(),
        TemporalInformation(),
        Cuts(),
        Freeze(),
        Light(),
        Sharpness(),
        SpatialInformation(),
        Blockiness(),
        Colourfulness(),
    ]


def _moments(clip: Iterable[Frame]) -> Iterator[Moment]:
    scenes, due, eighths = Filter("scdet"), float("-inf"), 0
    for frame in clip:
        cut = scenes.read(frame.gray, "lavfi.scd.score") >= CUT
        eighth = frame.time >= due - _EPSILON
        yield Moment(frame, cut, eighth, quarter=eighth and eighths % 2 == 0)
        if eighth:
            due, eighths = frame.time + _EIGHTH, eighths + 1
