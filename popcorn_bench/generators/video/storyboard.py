"""The baselines `storyboard` and `still`: clips drawn from the words of a prompt, without a model.

They show nothing that a prompt describes; they show that it was read. A video generator that is
not told apart from them by a metric that sees the video adds nothing under that metric.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import repeat
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from popcorn_bench.generators.video.drawn import Drawn
from popcorn_bench.settings import Settings, even, number, whole
from popcorn_bench.types import Generator

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_QUALITY = 25  # of the encoder: flat shapes survive it, and clips stay near 100 kB


class Storyboard(Drawn):
    """Draws each prompt as a short clip of one to three shots.

    Settings: `width` and `height` in pixels (even), `fps`, `seconds`.
    """

    options: ClassVar[Settings] = Settings(
        width=even(288, 64, 2048),
        height=even(512, 64, 2048),
        fps=whole(15, 1, 60),
        seconds=number(3.0, 0.5, 60.0),
    )

    def __init__(self, generator: Generator, device: str) -> None:
        """Load; `device` does not matter.

        Raises:
            UsageError: for a setting that is unknown or out of range.
        """
        super().__init__(generator, device)
        self._fps, self._seconds = float(self.settings["fps"]), float(self.settings["seconds"])

    def make(self, prompt: str, seed: int, path: Path) -> None:
        """Write one MP4."""
        from popcorn_bench.media import write_mp4

        frames, tags = self._frames(prompt, seed), self.provenance(prompt, seed)
        write_mp4(frames, path, self._fps, quality=_QUALITY, tags=tags)

    def _frames(self, prompt: str, seed: int) -> Iterator[NDArray[np.uint8]]:
        from popcorn_bench.generators.video.paint import paint
        from popcorn_bench.generators.video.script import shots

        cut = shots(prompt, seed, self._seconds)
        return paint(cut, self._size, self._fps, self._count)

    @property
    def _count(self) -> int:
        return max(1, round(self._seconds * self._fps))


class Still(Storyboard):
    """The first frame of `storyboard`, frozen for the same length."""

    def _frames(self, prompt: str, seed: int) -> Iterator[NDArray[np.uint8]]:
        first = next(super()._frames(prompt, seed))
        return repeat(first, self._count)
