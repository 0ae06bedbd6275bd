"""The baseline `storyboard` for covers: one drawn picture, without a model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from popcorn_bench.errors import AdapterError
from popcorn_bench.generators.protocol import MediaRequest
from popcorn_bench.generators.provenance import provenance
from popcorn_bench.generators.video.settings import Settings, even
from popcorn_bench.generators.video.storyboard import REVISION
from popcorn_bench.types import Generator

_FRAMES = 3  # the middle one is taken: the caption stands and the camera has moved


class KeyFrame:
    """Draws each prompt as the key frame of a one-shot storyboard, a PNG.

    Settings: `width` and `height` in pixels (even).
    """

    max_batch: ClassVar[int] = 16
    parallel: ClassVar[bool] = True
    _settings: ClassVar[Settings] = Settings(width=even(288, 64, 2048), height=even(512, 64, 2048))

    def __init__(self, generator: Generator, device: str) -> None:
        """Load; `device` does not matter.

        Raises:
            UsageError: for a setting that is unknown or out of range.
        """
        import cv2

        del device
        cv2.setNumThreads(1)
        found = self._settings.checked(generator.settings)
        self._generator, self._size = generator, (int(found["width"]), int(found["height"]))

    @staticmethod
    def missing(generator: Generator) -> list[str]:
        """Nothing: it runs on any machine."""
        del generator
        return []

    @classmethod
    def setting_names(cls, generator: Generator) -> frozenset[str]:
        """Name the settings that may be changed."""
        del generator
        return cls._settings.names

    @classmethod
    def resolved(cls, generator: Generator) -> Generator:
        """The generator with all settings, in range, and with the version of the drawing.

        Raises:
            UsageError: for a setting that is unknown or out of range.
        """
        settings = cls._settings.checked(generator.settings)
        return replace(generator, settings=settings, revision=REVISION)

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
