"""What the drawing baselines share: they run anywhere, and their settings name a size."""

from __future__ import annotations

from typing import ClassVar

from popcorn_bench.generators.simple import SimpleGenerator
from popcorn_bench.types import Generator


class Drawn(SimpleGenerator):
    """To inherit from: a generator that draws on the CPU; its options name a size in pixels."""

    version: ClassVar[str] = "1"  # of the drawing; a change that alters pixels gets another
    max_batch: ClassVar[int] = 16

    def __init__(self, generator: Generator, device: str) -> None:
        """Load; `device` does not matter.

        Raises:
            UsageError: for a setting that is unknown or out of range.
        """
        import cv2

        super().__init__(generator, device)
        cv2.setNumThreads(1)  # one worker per core draws; more threads only get in their way
        self._size = int(self.settings["width"]), int(self.settings["height"])
