"""Settings by profile: each model's own, the paper's, or equal for all.

`matched` compares generators at one length, one frame rate and one number of pixels. What a model
is asked for then follows from its own rules: the largest frame of its native shape within the
budget, and as many frames at its native rate as fill the time. Export cuts to the length and holds
or drops frames to reach the common rate; nothing is interpolated, so no motion is invented.
"""

from __future__ import annotations

from math import ceil
from typing import Final, Literal

from popcorn_bench.errors import UsageError
from popcorn_bench.generators.pipelines.spec import Frames, Pipeline
from popcorn_bench.settings import Scalar

Profile = Literal["native", "paper", "matched"]
PROFILES: Final[tuple[Profile, ...]] = ("native", "paper", "matched")

SECONDS: Final = 3.0
FPS: Final = 24  # every common rate but 15 and 16 divides it
PIXELS: Final = 512 * 512  # what the smallest models of the catalog were trained for


def matched(pipeline: Pipeline, native: dict[str, Scalar]) -> dict[str, Scalar]:
    """The settings that differ from `native` under the profile `matched`.

    Raises:
        UsageError: for a model that cannot make a clip of that length.
    """
    width, height = fitted(float(native["width"]), float(native["height"]), pipeline.side)
    size: dict[str, Scalar] = {"width": width, "height": height}
    if not pipeline.frames:
        return size
    frames = frames_for(SECONDS, float(native["fps"]), pipeline.frames)
    return {**size, "num_frames": frames, "export_fps": FPS, "export_seconds": SECONDS}


def frames_for(seconds: float, fps: float, rule: Frames) -> int:
    """The least number of frames by `rule` that lasts `seconds`.

    Raises:
        UsageError: where the model makes no clip of that length.
    """
    needed = ceil(seconds * fps - 1e-9)
    frames = max(0, ceil((needed - rule.offset) / rule.step)) * rule.step + rule.offset
    if frames > rule.most:
        raise UsageError(f"makes no clip of {seconds:g} s (at most {rule.most / fps:.1f} s)")
    return frames


def fitted(width: float, height: float, side: int) -> tuple[int, int]:
    """The largest size within the budget whose sides are multiples of `side`, in native shape.

    The shape may be off by half a step of the shorter side.
    """
    shape = width / height
    sizes = (
        (round(side * k * shape / side) * side, side * k)
        if shape >= 1
        else (side * k, round(side * k / shape / side) * side)
        for k in range(1, int(PIXELS**0.5) // side + 1)
    )
    return max((s for s in sizes if s[0] * s[1] <= PIXELS and min(s)), key=lambda s: s[0] * s[1])
