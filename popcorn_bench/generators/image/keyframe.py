"""The baseline `storyboard` for covers: one drawn picture, without a model."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Literal

from popcorn_bench.generators.video.drawn import Drawn
from popcorn_bench.settings import Settings, even

_FRAMES = 3  # the middle one is taken: the caption stands and the camera has moved


class KeyFrame(Drawn):
    """Draws each prompt as the key frame of a one-shot storyboard, a PNG.

    Settings: `width` and `height` in pixels (even).
    """

    makes: ClassVar[Literal["video", "image"]] = "image"
    options: ClassVar[Settings] = Settings(width=even(288, 64, 2048), height=even(512, 64, 2048))

    def make(self, prompt: str, seed: int, path: Path) -> None:
        """Write one PNG."""
        from popcorn_bench.generators.image.png import write_png
        from popcorn_bench.generators.video.paint import paint
        from popcorn_bench.generators.video.script import shots

        frames = list(paint(shots(prompt, seed, seconds=1), self._size, _FRAMES, _FRAMES))
        write_png(frames[_FRAMES // 2], path, self.provenance(prompt, seed))
