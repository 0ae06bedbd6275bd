"""On a GPU: every way to fit gives the same clip, and time and memory are told."""

from __future__ import annotations

import numpy as np
import pytest

from popcorn_bench.generators.pipelines.adapter import Diffusers
from popcorn_bench.generators.pipelines.sampling import Sample
from popcorn_bench.generators.protocol import MediaRequest
from tests.generators.pipelines.conftest import Resolve

torch = pytest.importorskip("torch", reason="needs the extra 'diffusers'")
pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:diffusers"),
]

REQUESTS = [MediaRequest(f"cat {seed}", seed) for seed in range(3)]


@pytest.mark.parametrize("offload", ["model", "sequential", "group"])
def test_offloading_changes_no_clip(resolve: Resolve, offload: str) -> None:
    levels = []
    for how in ("none", offload):
        entry = resolve("wan-2.1-1.3b", offload=how, batch_size=3)
        samples = list(Diffusers(entry.generator, "cuda").sampler.sample(REQUESTS))
        assert all(isinstance(one, Sample) and one.peak_gb and one.seconds for one in samples)
        levels.append([one.levels for one in samples if isinstance(one, Sample)])
    assert np.abs(np.stack(levels[0]).astype(int) - np.stack(levels[1])).max() <= 1


def test_a_seed_means_the_same_noise_on_any_device(resolve: Resolve) -> None:
    entry = resolve("wan-2.1-1.3b")
    made = [next(Diffusers(entry.generator, d).sampler.sample(REQUESTS)) for d in ("cpu", "cuda")]
    assert all(isinstance(one, Sample) for one in made)
    here, there = (one.levels.astype(float) for one in made if isinstance(one, Sample))
    assert np.corrcoef(here.ravel(), there.ravel())[0, 1] > 0.99
