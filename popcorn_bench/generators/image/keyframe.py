"""The baseline `storyboard` for covers: one drawn picture, without a model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import ClassVar

from popcorn_bench.errors import AdapterError
from popcorn_bench.generators.protocol import MediaRequest
from popcorn_bench.generators.provenance import provenance
from popcorn_bench.generators.video.drawn import Drawn
from popcorn_bench.settings import Settings, even

_FRAMES = 3  # the middle one is taken: the caption stands and the camera has moved


class KeyFrame(Drawn):
    """Draws each prompt as the key frame of a one-shot storyboard, a PNG.

    Settings: `width` and `height` in pixels (even).
    """

    _settings: ClassVar[Settings] = Settings(width=even(288, 64, 2048), height=even(512, 64, 2048))

    def generate(
        self, requests: Sequence[MediaRequest], folder: Path
    ) -> Iterator[Path | AdapterError]:
        """Yield one PNG per request; files are named by their number in the batch."""
        from popcorn_bench.generators.image.png import write_png
        from popcorn_bench.generators.video.paint import paint
        from popcorn_bench.generators.video.script import shots

        for place, request in enumerate(requests):
            shot = shots(request.prompt, request.seed, seconds=1)
            frames = list(paint(shot, self._size, _FRAMES, _FRAMES))
            path = folder / f"{place:06d}.png"
            write_png(frames[_FRAMES // 2], path, provenance(self._generator, request))
            yield path
