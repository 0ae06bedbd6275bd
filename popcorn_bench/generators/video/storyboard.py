"""The baselines `storyboard` and `still`: clips drawn from the words of a prompt, without a model.

They show nothing that a prompt describes; they show that it was read. A video generator that is
not told apart from them by a metric that sees the video adds nothing under that metric.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import repeat
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from popcorn_bench.errors import AdapterError
from popcorn_bench.generators.protocol import MediaRequest
from popcorn_bench.generators.provenance import provenance
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

    _settings: ClassVar[Settings] = Settings(
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
        self._fps, self._seconds = float(self._found["fps"]), float(self._found["seconds"])

    def generate(
        self, requests: Sequence[MediaRequest], folder: Path
    ) -> Iterator[Path | AdapterError]:
        """Yield one MP4 per request; files are named by their number in the batch."""
        from popcorn_bench.media import write_mp4

        for place, request in enumerate(requests):
            path = folder / f"{place:06d}.mp4"
            try:
                tags = provenance(self._generator, request)
                write_mp4(self._frames(request), path, self._fps, quality=_QUALITY, tags=tags)
            except AdapterError as error:
                yield error
            else:
                yield path

    def _frames(self, request: MediaRequest) -> Iterator[NDArray[np.uint8]]:
        from popcorn_bench.generators.video.paint import paint
        from popcorn_bench.generators.video.script import shots

        cut = shots(request.prompt, request.seed, self._seconds)
        return paint(cut, self._size, self._fps, self._count)

    @property
    def _count(self) -> int:
        return max(1, round(self._seconds * self._fps))


class Still(Storyboard):
    """The first frame of `storyboard`, frozen for the same length."""

    def _frames(self, request: MediaRequest) -> Iterator[NDArray[np.uint8]]:
        first = next(super()._frames(request))
        return repeat(first, self._count)
