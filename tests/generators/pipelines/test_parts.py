"""Text encoders that remember, and the motion adapter that comes as bare tensors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from popcorn_bench.generators.pipelines.adapter import Diffusers
from popcorn_bench.generators.protocol import Made, MediaRequest
from tests.generators.pipelines.conftest import Folder, Resolve

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:diffusers")

LIGHTNING = "animatediff_lightning_4step_diffusers.safetensors"


def counted(module: Any) -> list[int]:
    """Count how often a module works."""
    forward, calls = module.forward, list[int]()

    def counting(*args: Any, **kwargs: Any) -> Any:
        calls.append(1)
        return forward(*args, **kwargs)

    module.forward = counting
    return calls


def test_a_text_is_encoded_once(resolve: Resolve, tmp_path: Path) -> None:
    adapter = Diffusers(resolve("ltx", num_frames=9).generator, "cpu")
    calls = counted(adapter.sampler._pipe.text_encoder.encoder)
    requests = [MediaRequest("a cat", 1), MediaRequest("a dog", 2), MediaRequest("a cat", 1)]
    first, _, again = (
        one.path.read_bytes()
        for one in adapter.generate(requests, tmp_path)
        if isinstance(one, Made)
    )
    assert len(calls) == 3, "a cat, a dog and the negative prompt"
    assert first == again
    fresh = Diffusers(resolve("ltx", num_frames=9).generator, "cpu")
    (alone,) = fresh.generate(requests[:1], tmp_path)
    assert isinstance(alone, Made)
    assert alone.path.read_bytes() == first, "what is remembered changes nothing"
    assert type(adapter.sampler._pipe.text_encoder).__name__ == "T5EncoderModel"


def test_a_motion_adapter_of_bare_tensors(
    folder: Folder, resolve: Resolve, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import diffusers
    from safetensors.torch import load_file, save_file

    whole = folder("motion")
    shape = diffusers.MotionAdapter.load_config(str(whole))
    tensors = load_file(next(whole.glob("*.safetensors")))
    bare = tmp_path / "lightning"
    bare.mkdir()
    save_file(tensors, bare / LIGHTNING)
    full_size = diffusers.MotionAdapter
    monkeypatch.setattr(diffusers, "MotionAdapter", lambda: full_size.from_config(shape))
    adapter = Diffusers(resolve("animatediff", motion_adapter=bare).generator, "cpu")
    monkeypatch.undo()
    beside = Diffusers(resolve("animatediff").generator, "cpu")
    pair = [MediaRequest("a cat", 1)]
    (one,), (two,) = (made.sampler.sample(pair) for made in (adapter, beside))
    assert (one.levels == two.levels).all()  # type: ignore[union-attr]  # both are samples
    (bare / LIGHTNING).unlink()
    from popcorn_bench.errors import AdapterError

    with pytest.raises(AdapterError, match="cannot load animatediff"):
        Diffusers(resolve("animatediff", motion_adapter=bare).generator, "cpu")
