"""Downloading weights: only what is read, checked, resumed, and clear about what forbids it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from popcorn_bench.errors import AdapterError, UsageError
from popcorn_bench.generators.media_catalog import MediaEntry
from popcorn_bench.generators.pipelines.files import of_part, of_pipeline
from popcorn_bench.generators.pipelines.pull import Pulled, pull
from popcorn_bench.generators.video.catalog import VideoCatalog
from tests.generators.pipelines.hub import COMMIT, Hub

constants: Any = pytest.importorskip("huggingface_hub.constants")

INDEX = {
    "_class_name": "AnimateDiffPipeline",
    "unet": ["diffusers", "UNet2DConditionModel"],
    "tokenizer": ["transformers", "CLIPTokenizer"],
    "safety_checker": [None, None],
}
BASE = {
    "model_index.json": json.dumps(INDEX).encode(),
    "README.md": b"words",
    "epicrealism.safetensors": b"all in one" * 9,
    "unet/config.json": b"{}",
    "unet/diffusion_pytorch_model.bin": b"pickle",
    "unet/diffusion_pytorch_model.safetensors": b"weights" * 1000,
    "unet/diffusion_pytorch_model.fp16.safetensors": b"half" * 1000,
    "tokenizer/vocab.json": b"{}",
    "tokenizer/merges.txt": b"",
    "safety_checker/model.safetensors": b"unused",
}
LIGHTNING = "animatediff_lightning_4step_diffusers.safetensors"
MOTION = {LIGHTNING: b"motion" * 500, "animatediff_lightning_1step_diffusers.safetensors": b"x"}
REPOS = {"emilianJR/epiCRealism": BASE, "ByteDance/AnimateDiff-Lightning": MOTION}


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Hub]:
    import huggingface_hub
    from huggingface_hub import HfApi, file_download

    with Hub(REPOS).serving() as served:
        cache = str(tmp_path / "cache")
        for module in (constants, huggingface_hub.constants, file_download.constants):
            monkeypatch.setattr(module, "HF_HUB_CACHE", cache)
            monkeypatch.setattr(module, "HF_HUB_OFFLINE", False)
        monkeypatch.setenv("HF_HUB_CACHE", cache)
        monkeypatch.setattr(huggingface_hub, "HfApi", lambda: HfApi(endpoint=served.url))
        yield served


def entry() -> MediaEntry:
    return VideoCatalog().resolve(["animatediff"], device="cpu")[0]


def test_what_is_read_is_downloaded_and_the_run_finds_it(hub: Hub) -> None:
    assert "not downloaded" in entry().reason
    told: list[Pulled] = []
    folder = pull(entry(), told.append)
    assert sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*.*")) == [
        "model_index.json",
        "tokenizer/merges.txt",
        "tokenizer/vocab.json",
        "unet/config.json",
        "unet/diffusion_pytorch_model.safetensors",
    ]
    assert (
        told[-1].done
        == told[-1].total
        == sum(
            len(data)
            for data in (
                BASE["model_index.json"],
                b"{}" * 2,
                BASE["unet/diffusion_pytorch_model.safetensors"],
                MOTION[LIGHTNING],
            )
        )
    )
    assert entry().usable, entry().reason
    assert entry().generator.revision == f"{COMMIT}+{COMMIT}+1"
    fetched = len(hub.fetched)
    pull(entry())
    assert len(hub.fetched) == fetched, "what is there is not fetched again"


def test_a_file_that_is_not_what_the_hub_names_is_removed(hub: Hub) -> None:
    hub.spoilt.add(LIGHTNING)
    with pytest.raises(AdapterError, match="not what the hub names; it is removed") as caught:
        pull(entry())
    assert caught.value.kind == "download"
    assert "ByteDance/AnimateDiff-Lightning" in entry().reason
    hub.spoilt.clear()
    pull(entry())
    assert entry().usable


def test_a_damaged_cache_is_found_out(hub: Hub) -> None:
    weights = pull(entry()) / "unet" / "diffusion_pytorch_model.safetensors"
    weights.resolve().write_bytes(b"rotten" * 1000)
    with pytest.raises(AdapterError, match="removed"):
        pull(entry())
    pull(entry())
    assert weights.read_bytes() == BASE["unet/diffusion_pytorch_model.safetensors"]
    del hub


def test_a_gated_model_says_where_its_licence_is(hub: Hub) -> None:
    hub.gated.add("ByteDance/AnimateDiff-Lightning")
    with pytest.raises(AdapterError) as caught:
        pull(entry())
    assert caught.value.kind == "gated"
    assert "accept its licence at https://huggingface.co/" in caught.value.message


def test_offline_is_honoured(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(UsageError, match="HF_HUB_OFFLINE"):
        pull(entry())
    assert not hub.fetched


def test_baselines_have_nothing_to_pull() -> None:
    (still,) = VideoCatalog().resolve(["still"])
    with pytest.raises(UsageError, match="still has no weights"):
        pull(still)


def test_one_variant_of_split_weights() -> None:
    names = [
        "model_index.json",
        "transformer/config.json",
        "transformer/diffusion_pytorch_model-00001-of-00002.safetensors",
        "transformer/diffusion_pytorch_model-00002-of-00002.safetensors",
        "transformer/diffusion_pytorch_model.safetensors.index.json",
        "transformer/diffusion_pytorch_model.bf16-00001-of-00001.safetensors",
        "transformer/diffusion_pytorch_model.safetensors.index.bf16.json",
        "transformer/diffusion_pytorch_model.bf16.gguf",
        "transformer/onnx/model.safetensors",
        "text_encoder/model.safetensors",
    ]
    index = {"transformer": ["a", "b"], "text_encoder": ["a", "b"], "vae": ["a", "b"]}
    bf16 = of_pipeline(names, index, "bf16", ["vae"])
    assert bf16 == ["model_index.json", "text_encoder/model.safetensors",
                    "transformer/config.json",
                    "transformer/diffusion_pytorch_model.bf16-00001-of-00001.safetensors",
                    "transformer/diffusion_pytorch_model.safetensors.index.bf16.json"]  # fmt: skip
    plain = of_pipeline(names, index, None, [])
    assert len(plain) == 6
    assert not any("bf16" in name for name in plain)
    assert of_part(["config.json", "model.safetensors", "x.bin"], None) == [
        "config.json", "model.safetensors"]  # fmt: skip
