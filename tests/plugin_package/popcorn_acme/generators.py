"""A video generator and an image generator of our own."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from popcorn_bench.generators.simple import SimpleGenerator
from popcorn_bench.media import write_mp4
from popcorn_bench.settings import Settings, even, whole

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Waves(SimpleGenerator):
    """Stripes that travel over the picture; prompt and seed choose their length."""

    version = "1"
    options = Settings(width=even(96, 16, 1024), height=even(160, 16, 1024), fps=whole(12, 1, 60))
    entry: ClassVar[dict[str, Any]] = {"family": "waves", "licence": "MIT", "native_seconds": 3.0}

    def make(self, prompt: str, seed: int, path: Path) -> None:
        """Three seconds of stripes."""
        fps = int(self.settings["fps"])
        frames = self._frames(_number(prompt, seed), 3 * fps)
        write_mp4(frames, path, fps, tags=self.provenance(prompt, seed))

    def _frames(self, number: int, count: int) -> Iterator[NDArray[np.uint8]]:
        import numpy as np

        height, width = int(self.settings["height"]), int(self.settings["width"])
        rows = np.arange(height)[:, None, None] * np.ones((1, width, 3))
        for frame in range(count):
            wave = np.sin((rows + 4 * frame) / (2 + number % 20))
            yield (127 + 120 * wave).astype(np.uint8)


class Dots(SimpleGenerator):
    """A still of coloured noise."""

    version = "1"
    makes: ClassVar[Literal["video", "image"]] = "image"
    options = Settings(side=even(64, 16, 1024))

    def make(self, prompt: str, seed: int, path: Path) -> None:
        """One picture."""
        import numpy as np
        from PIL import Image

        side = int(self.settings["side"])
        dice = np.random.default_rng(_number(prompt, seed))
        Image.fromarray(dice.integers(0, 255, (side, side, 3), dtype=np.uint8)).save(path)


def _number(prompt: str, seed: int) -> int:
    return int.from_bytes(sha256(f"{seed}\0{prompt}".encode()).digest()[:4])
