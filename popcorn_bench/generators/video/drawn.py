"""What the drawing baselines share: settings, and that they run anywhere."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from popcorn_bench.settings import Settings
from popcorn_bench.types import Generator

REVISION = "1"  # of the drawing; a change that alters pixels gets another


class Drawn:
    """To inherit from: a generator that draws on the CPU; its settings name a size in pixels."""

    max_batch: ClassVar[int] = 16
    parallel: ClassVar[bool] = True
    _settings: ClassVar[Settings]

    def __init__(self, generator: Generator, device: str) -> None:
        """Load; `device` does not matter.

        Raises:
            UsageError: for a setting that is unknown or out of range.
        """
        import cv2

        del device
        cv2.setNumThreads(1)  # one worker per core draws; more threads only get in their way
        self._generator, self._found = generator, self._settings.checked(generator.settings)
        self._size = int(self._found["width"]), int(self._found["height"])

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
