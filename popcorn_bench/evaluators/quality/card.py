"""What the numbers of `quality` mean.

Only what no altered clip can improve has a better side. A blank picture has no flicker, no block
and no clipped pixel, and a frozen one has no flicker either: were those ranked, nothing would win.
"""

from __future__ import annotations

from typing import Final

from popcorn_bench.types import Direction, EvaluatorCard, Input, Metric

VERSION: Final = "2"  # a change that alters any number gets another


def _described(name: str, description: str, unit: str, high: float | None = None) -> Metric:
    """A metric from 0 up that ranks nobody."""
    none = Direction.NONE
    return Metric(name=name, description=description, direction=none, unit=unit, low=0.0, high=high)


MOTION: Final = _described(
    "motion",
    "How fast the picture moves: mean length of the dense optical flow (DIS, Kroeger et al. "
    "2016) between frames an eighth of a second apart, cuts left out. Camera and subject "
    "count alike; more is not better.",
    unit="% of the diagonal per second",
)
TEMPORAL_INFORMATION: Final = _described(
    "temporal_information",
    "How much the picture changes, whatever the cause: standard deviation over the picture of "
    "the difference of luma (TI of ITU-T P.910), here between frames an eighth of a second apart, "
    "cuts left out, mean over the clip. Motion of fine detail, noise and flicker all raise it.",
    unit="levels of 255",
    high=255.0,
)
CUTS: Final = _described(
    "cuts",
    "How many times another scene begins, by FFmpeg's scdet at a score of 8: the mean pixel "
    "changes by 8 % of white more than it did before. Scenes more alike than that are taken for "
    "one; fades, and flashes of a single frame, are no cuts.",
    unit="cuts per clip",
)
FLICKER: Final = _described(
    "flicker",
    "How much the brightness of the whole picture goes back and forth from frame to frame: "
    "mean over the clip of the smaller of two opposing changes of mean luma, the pair that "
    "WCAG 2.2 calls a flash. Fades and cuts do not count. A frozen clip has none.",
    unit="% of white per frame",
    high=100.0,
)
SHARPNESS: Final = _described(
    "sharpness",
    "How narrow edges are: one over the edge width of FFmpeg's blurdetect (after Marziliano "
    "et al. 2002), at 352 pixels on the longer side, four pictures a second; 0 for a picture "
    "without edges. Soft focus may be meant, and a flat drawing has narrow edges, too.",
    unit="1/px",
    high=1.0,
)
SPATIAL_INFORMATION: Final = _described(
    "spatial_information",
    "How much detail the picture holds: standard deviation over the picture of the Sobel gradient "
    "of luma (SI of ITU-T P.910) at 352 pixels on the longer side, mean over the clip. A busy "
    "picture is not a better one, and noise counts as detail.",
    unit="levels of 255",
)
BLOCKINESS: Final = _described(
    "blockiness",
    "How far steps of luma line up on a grid of 3 to 24 pixels of the clip itself: 1 - 1/b, where "
    "b is by how much steps on the grid exceed the others (FFmpeg's blockdetect, after Muijs and "
    "Kirenko 2005), over the middle of four pictures a second. Coarse compression and patchwise "
    "generation raise it, and so do tiles and pixel art that were asked for.",
    unit="share",
    high=1.0,
)
EXPOSURE: Final = _described(
    "exposure",
    "How bright the clip is: mean luma (BT.601 weights on sRGB values) of all frames.",
    unit="% of white",
    high=100.0,
)
CONTRAST: Final = _described(
    "contrast",
    "How far brightness is spread within a picture: standard deviation of luma (RMS contrast, "
    "Peli 1990), mean over all frames.",
    unit="% of white",
    high=50.0,
)
DARK_CLIPPING: Final = _described(
    "dark_clipping",
    "Share of pixels that are black: luma of 5 of 255 or less, mean over all frames. A night may "
    "be meant, and so may black borders.",
    unit="share",
    high=1.0,
)
BRIGHT_CLIPPING: Final = _described(
    "bright_clipping",
    "Share of pixels that are white: luma of 250 of 255 or more, mean over all frames. Burnt-out "
    "lights and a white ground count alike.",
    unit="share",
    high=1.0,
)
COLOURFULNESS: Final = _described(
    "colourfulness",
    "How colourful the clip is: mean of the measure M3 of Hasler and Suesstrunk (2003) over "
    "its frames; 0 is grey, 15 slightly, 33 moderately, 59 quite, 109 extremely colourful by "
    "their viewers.",
    unit="M3",
)
FREEZE: Final = Metric(
    name="freeze",
    description=(
        "Share of the clip that stands still for half a second or longer (no 8x8 block differs "
        "by more than 6 of 255 levels in mean from the frame where the stillness began). A video "
        "was asked for, so less is better; it says nothing about how well the rest moves."
    ),
    direction=Direction.LOWER,
    unit="share",
    low=0.0,
    high=1.0,
)

CARD: Final = EvaluatorCard(
    name="quality",
    version=VERSION,
    inputs=(Input.VIDEO,),
    metrics=(
        MOTION,
        TEMPORAL_INFORMATION,
        CUTS,
        FREEZE,
        FLICKER,
        SHARPNESS,
        SPATIAL_INFORMATION,
        BLOCKINESS,
        EXPOSURE,
        CONTRAST,
        DARK_CLIPPING,
        BRIGHT_CLIPPING,
        COLOURFULNESS,
    ),
)
