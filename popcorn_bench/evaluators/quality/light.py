"""The meter of brightness: one histogram of luma for each frame says all."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from popcorn_bench.evaluators.quality import card
from popcorn_bench.evaluators.quality.meter import Moment

_WHITE: Final = 255
_DARK: Final = 5  # levels up to here are black: codecs blur the end of the scale by a few
_BRIGHT: Final = 250
_LEVELS: Final = np.arange(_WHITE + 1)


class Light:
    """Exposure, contrast, clipping and flicker."""

    def __init__(self) -> None:
        self._frames: list[tuple[float, float, float, float]] = []

    def see(self, moment: Moment) -> None:
        """Take in a frame."""
        gray = moment.frame.gray
        counts = cv2.calcHist([gray], [0], None, [_WHITE + 1], [0, _WHITE + 1]).ravel()
        shares = counts.astype(np.float64) / gray.size
        mean = float(shares @ _LEVELS)
        spread = float(shares @ (_LEVELS - mean) ** 2) ** 0.5
        dark, bright = float(shares[: _DARK + 1].sum()), float(shares[_BRIGHT:].sum())
        self._frames.append((mean, spread, dark, bright))

    def values(self) -> dict[str, float]:
        """What was measured."""
        means, spreads, dark, bright = np.array(self._frames).T
        return {
            card.EXPOSURE.name: _percent(means.mean()),
            card.CONTRAST.name: _percent(spreads.mean()),
            card.DARK_CLIPPING.name: float(dark.mean()),
            card.BRIGHT_CLIPPING.name: float(bright.mean()),
            card.FLICKER.name: _percent(_back_and_forth(means)),
        }


def _back_and_forth(means: NDArray[np.float64]) -> float:
    """Mean size of opposing changes from frame to frame."""
    changes = np.diff(means)
    first, second = changes[:-1], changes[1:]
    back = np.where(first * second < 0, np.minimum(abs(first), abs(second)), 0.0)
    return float(back.mean()) if back.size else 0.0


def _percent(level: float) -> float:
    return 100 * float(level) / _WHITE
