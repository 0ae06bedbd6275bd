"""What goes wrong in a pipeline is a failure with a name, and harms nobody else."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from popcorn_bench.errors import AdapterError
from popcorn_bench.generators.pipelines.adapter import Diffusers
from popcorn_bench.generators.protocol import Made, MediaRequest
from popcorn_bench.harness.worker import GeneratorHost
from popcorn_bench.types import Artefact
from tests.generators.pipelines.conftest import Folder, Resolve

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:diffusers")

REQUESTS = [MediaRequest(f"cat {seed}", seed) for seed in range(5)]


@pytest.fixture
def adapter(resolve: Resolve) -> Diffusers:
    """With room for four, says the command line."""
    return Diffusers(resolve("wan-2.1-1.3b", batch_size=4).generator, "cpu")


def narrow(adapter: Diffusers, room: int) -> list[int]:
    """Let the denoiser take `room` clips at most, as a small GPU would; notes what it was given."""
    import torch

    denoise, seen = adapter.sampler._pipe.transformer.forward, list[int]()

    def forward(*args: Any, **kwargs: Any) -> Any:
        seen.append(len(kwargs["hidden_states"]))
        if seen[-1] > room:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 9 GiB")
        return denoise(*args, **kwargs)

    adapter.sampler._pipe.transformer.forward = forward
    return seen


def test_a_batch_that_does_not_fit_is_halved_and_the_size_is_remembered(
    adapter: Diffusers, tmp_path: Path
) -> None:
    seen = narrow(adapter, room=2)
    made = list(adapter.generate(REQUESTS, tmp_path))
    assert [one.path.name for one in made if isinstance(one, Made)] == [
        f"00000{place}.mp4" for place in range(5)
    ]
    assert adapter.sampler.batch_size == 2
    assert seen.count(4) == 1
    seen.clear()
    assert len(list(adapter.generate(REQUESTS[:4], tmp_path))) == 4
    assert set(seen) == {2}, "not tried again"


def test_a_clip_that_does_not_fit_alone_is_a_failure(adapter: Diffusers, tmp_path: Path) -> None:
    narrow(adapter, room=0)
    made = list(adapter.generate(REQUESTS[:2], tmp_path))
    assert [one.kind for one in made if isinstance(one, AdapterError)] == ["out_of_memory"] * 2


def test_halving_changes_a_clip_by_rounding_alone(adapter: Diffusers) -> None:
    import numpy as np

    whole = [sample.levels for sample in _samples(adapter)]
    narrow(adapter, room=3)
    halved = [sample.levels for sample in _samples(adapter)]
    assert np.abs(np.stack(whole).astype(int) - np.stack(halved)).max() <= 1


def _samples(adapter: Diffusers) -> Iterator[Any]:
    return adapter.sampler.sample(REQUESTS)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda weight: weight.fill_(float("nan")), "NaN"),
        (lambda weight: weight.zero_(), "flat colour"),
    ],
)
def test_a_clip_that_shows_nothing_is_degenerate(
    adapter: Diffusers, spoil: Callable[[Any], None], message: str, tmp_path: Path
) -> None:
    import torch

    with torch.no_grad():
        for weight in adapter.sampler._pipe.vae.decoder.conv_out.parameters():
            spoil(weight)
    made = list(adapter.generate(REQUESTS[:2], tmp_path))
    assert [one.kind for one in made if isinstance(one, AdapterError)] == ["degenerate"] * 2
    assert message in str(made[0])
    assert not list(tmp_path.iterdir()), "nothing half-made is left"


def test_only_the_bad_clip_of_a_batch_fails(adapter: Diffusers, tmp_path: Path) -> None:
    import torch

    decode = adapter.sampler._pipe.vae.decode

    def forward(*args: Any, **kwargs: Any) -> Any:
        (video,) = decode(*args, **kwargs)
        if len(video) > 1:
            video[1] = torch.nan
        return (video,)

    adapter.sampler._pipe.vae.decode = forward
    made = list(adapter.generate(REQUESTS[:3], tmp_path))
    assert [isinstance(one, Made) for one in made] == [True, False, True]


def test_what_a_safety_checker_blanked_is_a_refusal(resolve: Resolve, tmp_path: Path) -> None:
    adapter = Diffusers(resolve("sd-1.5", batch_size=2).generator, "cpu")
    adapter.sampler._pipe.run_safety_checker = lambda image, *_: (image, [False, True])
    made = list(adapter.generate(REQUESTS[:2], tmp_path))
    assert isinstance(made[0], Made)
    assert isinstance(made[1], AdapterError)
    assert made[1].kind == "refusal"


def test_a_bug_in_a_pipeline_is_raised_after_what_was_finished(
    adapter: Diffusers, tmp_path: Path
) -> None:
    denoise = adapter.sampler._pipe.transformer.forward

    def forward(*args: Any, **kwargs: Any) -> Any:
        if len(kwargs["hidden_states"]) == 1:
            raise RuntimeError("bad prompt")
        return denoise(*args, **kwargs)

    adapter.sampler._pipe.transformer.forward = forward
    made = adapter.generate(REQUESTS, tmp_path)
    assert [isinstance(next(made), Made) for _ in range(4)] == [True] * 4
    with pytest.raises(RuntimeError, match="bad prompt"):
        next(made)


def test_leaving_early_stops_the_sampling(adapter: Diffusers, tmp_path: Path) -> None:
    adapter.sampler.batch_size = 1
    seen = narrow(adapter, room=9)
    made = adapter.generate(REQUESTS, tmp_path)
    next(made)
    made.close()  # type: ignore[attr-defined]  # it is a generator
    begun = len(seen)
    assert begun < 5 * 2 * 2, "two steps with and without guidance each"


@pytest.mark.parametrize("damage", ["class", "weights", "pickle", "scheduler"])
def test_weights_that_do_not_fit_are_named(
    resolve: Resolve, folder: Folder, damage: str, tmp_path: Path
) -> None:
    spoilt = tmp_path / "model"
    shutil.copytree(folder("wan"), spoilt)
    weights = spoilt / "transformer" / "diffusion_pytorch_model.safetensors"
    settings: dict[str, object] = {"model": spoilt}
    if damage == "class":
        index = json.loads((spoilt / "model_index.json").read_text())
        index["transformer"] = ["diffusers", "NoSuchModel"]
        (spoilt / "model_index.json").write_text(json.dumps(index))
    elif damage == "weights":
        weights.write_bytes(weights.read_bytes()[:1000])
    elif damage == "pickle":
        weights.rename(weights.with_suffix(".bin"))
    else:
        settings["scheduler"] = "AutoencoderKL"
    entry = resolve("wan-2.1-1.3b", **settings)
    (failed,) = _hosted(entry.generator, tmp_path / "store")
    assert isinstance(failed, AdapterError)
    assert failed.kind == "load", failed.message
    assert "\n" not in failed.message


def _hosted(generator: Any, store: Path) -> list[object]:
    from popcorn_bench.harness.worker import results_of

    return list(results_of(GeneratorHost(generator, "cpu", store), REQUESTS[:1]))


@pytest.mark.parametrize(
    "settings",
    [
        {"quantization": "fp8"},
        {"vae_tiling": "true"},
        {"vae_slicing": "true"},
        {"scheduler": "FlowMatchEulerDiscreteScheduler"},
        {"flow_shift": "5"},
        {"dtype": "bfloat16"},
        {"offload": "model"},
        {"offload": "sequential"},
    ],
)
def test_ways_to_run(resolve: Resolve, settings: dict[str, str], tmp_path: Path) -> None:
    plain, other = resolve("wan-2.1-1.3b"), resolve("wan-2.1-1.3b", **settings)
    made = [_hosted(entry.generator, tmp_path)[0] for entry in (plain, other)]
    assert all(isinstance(one, Artefact) for one in made), made
    if "offload" in settings:
        assert made[0] == made[1] or made[0].sha256 == made[1].sha256  # type: ignore[attr-defined]  # both are artefacts
        assert plain.generator.settings == other.generator.settings
    else:
        assert plain.generator.settings != other.generator.settings
