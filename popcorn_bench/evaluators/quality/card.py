"""What the numbers of `quality` mean."""

from __future__ import annotations

from typing import Final

from popcorn_bench.types import Direction, EvaluatorCard, Input, Metric

VERSION: Final = "1"  # a change that alters any number gets another

MOTION: Final = Metric(
    name="motion",
    description=(
        "How fast the picture moves: mean length of the dense optical flow (DIS, Kroeger et al. "
        "2016) between frames an eighth of a second apart, cuts left out. Camera and subject "
        "count alike; more is not better."
    ),
    direction=Direction.NONE,
    unit="% of the diagonal per second",
    low=0.0,
)
FLICKER: Final = Metric(
    name="flicker",
    description=(
        "How much the brightness of the whole picture goes back and forth from frame to frame: "
        "mean over the clip of the smaller of two opposing changes of mean luma, the pair that "
        "WCAG 2.2 calls a flash. Fades and cuts do not count. A frozen clip has none."
    ),
    direction=Direction.NONE,
    unit="% of white per frame",
    low=0.0,
    high=100.0,
)
SHARPNESS: Final = Metric(
    name="sharpness",
    description=(
        "How narrow edges are: one over the edge width of FFmpeg's blurdetect (after Marziliano "
        "et al. 2002), at 352 pixels on the longer side; 0 for a picture without edges. Soft "
        "focus may be meant, and a flat drawing has narrow edges, too."
    ),
    direction=Direction.NONE,
    unit="1/px",
    low=0.0,
    high=1.0,
)
EXPOSURE: Final = Metric(
    name="exposure",
    description="How bright the clip is: mean luma (BT.601 weights on sRGB values) of all frames.",
    direction=Direction.NONE,
    unit="% of white",
    low=0.0,
    high=100.0,
)
COLOURFULNESS: Final = Metric(
    name="colourfulness",
    description=(
        "How colourful the clip is: mean of the measure M3 of Hasler and Suesstrunk (2003) over "
        "its frames; 0 is grey, 15 slightly, 33 moderately, 59 quite, 109 extremely colourful by "
        "their viewers."
    ),
    direction=Direction.NONE,
    unit="M3",
    low=0.0,
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
    metrics=(MOTION, FLICKER, SHARPNESS, EXPOSURE, COLOURFULNESS, FREEZE),
)
