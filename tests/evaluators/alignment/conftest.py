"""Models and clips that the tests of this folder share."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from transformers.utils import logging

from popcorn_bench.media import write_mp4
from tests.evaluators.alignment import models

_TRAINING_STEPS = 150


@pytest.fixture(scope="session")
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Folders of tiny models: `clip` knows its colours, the others know nothing."""
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    folder = tmp_path_factory.mktemp("models")
    return {
        "clip": models.clip(folder / "clip", trained=_TRAINING_STEPS),
        "siglip": models.siglip(folder / "siglip"),
        "siglip2": models.siglip2(folder / "siglip2"),
    }


@pytest.fixture(scope="session")
def clips(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A clip of each colour with a little noise, and one that turns from red to blue."""
    folder = tmp_path_factory.mktemp("clips")
    colours = {name: [name] * 24 for name in models.PAINT} | {"turn": ["red"] * 12 + ["blue"] * 12}
    for name, painted in colours.items():
        rng = np.random.default_rng(1)
        noise = (rng.normal(0, 20, (96, 64, 3)) for _ in painted)
        paints = (np.array(models.PAINT[colour]) for colour in painted)
        pictures = (
            np.clip(one + other, 0, 255).astype(np.uint8)
            for one, other in zip(noise, paints, strict=True)
        )
        write_mp4(pictures, folder / f"{name}.mp4", 12)
    return {name: folder / f"{name}.mp4" for name in colours}
