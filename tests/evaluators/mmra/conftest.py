from __future__ import annotations

from pathlib import Path

import pytest
import torch

from popcorn_bench.evaluators.mmra.config import Sources
from popcorn_bench.evaluators.mmra.train import Videos
from tests.evaluators.mmra import tiny
from tests.evaluators.mmra.corpus import videos


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)  # tensors are so small that more only wait for each other


@pytest.fixture(scope="session")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Sources:
    """The title encoder takes names of series for unknown words; the key encoder knows them."""
    folder = tmp_path_factory.mktemp("encoders")
    return Sources(
        frame=str(tiny.vit(folder / "vit")),
        title=f"{tiny.bert(folder / 'bert', knows_names=False)}#mean",
        caption=str(tiny.blip(folder / "blip")),
        key=f"{tiny.bert(folder / 'key', 1, 64)}#mean",
    )


@pytest.fixture(scope="session")
def few(tmp_path_factory: pytest.TempPathFactory) -> tuple[Videos, Videos]:
    folder = tmp_path_factory.mktemp("few")
    return videos(folder / "train", 32, seed=3), videos(folder / "valid", 20, seed=4)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "model"
