"""What was planted in a synthetic corpus is found again, from raw files, through real encoders."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from popcorn_bench.evaluators.mmra.config import Inputs, Sources
from popcorn_bench.evaluators.mmra.fit import FitSettings
from popcorn_bench.evaluators.mmra.train import Training, train_mmra
from tests.evaluators.mmra.corpus import videos

_VISION_ADDS = 0.10
_RETRIEVAL_ADDS = 0.05
Rank = Callable[[bool, bool], float]


@pytest.fixture(scope="module")
def rank(sources: Sources, tmp_path_factory: pytest.TempPathFactory) -> Rank:
    """SRC on held-out clips, with or without the visual branch and retrieval."""
    folder = tmp_path_factory.mktemp("planted")
    train, valid = videos(folder / "train", 480, seed=1), videos(folder / "valid", 200, seed=2)

    def run(visual: bool, retrieval: bool) -> float:
        training = Training(
            sources=sources,
            inputs=Inputs(visual=visual, captions=False),
            retrieval=retrieval,
            width=32,
            hidden=(64, 32),
            neighbours=5,
            fit=FitSettings(rate=1e-3, batch=32, epochs=25),
            device="cpu",
            features=folder / "features",
        )
        out = folder / f"{visual}-{retrieval}"
        card = train_mmra(train, valid, out=out, training=training, progress=lambda _: None).card
        assert card.valid.src is not None
        return card.valid.src

    return run


def test_seeing_the_motion_and_retrieving_the_series_help(rank: Rank) -> None:
    text, sight, recall, full = (
        rank(visual, retrieval)
        for visual, retrieval in ((False, False), (True, False), (False, True), (True, True))
    )
    assert text > 0.3, "the title's own part"
    assert sight > text + _VISION_ADDS
    assert full > recall + _VISION_ADDS
    assert recall > text + _RETRIEVAL_ADDS
    assert full > sight + _RETRIEVAL_ADDS


def test_frames_of_clips_that_stand_still_add_nothing(sources: Sources, tmp_path: Path) -> None:
    """Counter-proof: without motion in the clips, the visual branch has nothing to find."""
    train = videos(tmp_path / "train", 160, seed=5, still=True)
    valid = videos(tmp_path / "valid", 80, seed=6, still=True)
    found = {}
    for visual in (False, True):
        training = Training(
            sources=sources,
            inputs=Inputs(visual=visual, captions=False),
            retrieval=False,
            width=32,
            hidden=(64, 32),
            fit=FitSettings(rate=1e-3, batch=32, epochs=15),
            device="cpu",
            features=tmp_path / "features",
        )
        out = tmp_path / str(visual)
        card = train_mmra(train, valid, out=out, training=training, progress=lambda _: None).card
        found[visual] = card.valid.src or 0.0
    assert found[True] < found[False] + _VISION_ADDS
