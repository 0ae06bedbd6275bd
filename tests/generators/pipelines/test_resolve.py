"""From a catalog entry to an identity: settings, weights and the GPU at hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from popcorn_bench.errors import FileError, UsageError
from popcorn_bench.fingerprint import generator_id
from popcorn_bench.generators.media_catalog import MediaEntry
from popcorn_bench.generators.pipelines.export import retimed
from popcorn_bench.generators.pipelines.profiles import PIXELS, fitted, frames_for
from popcorn_bench.generators.pipelines.spec import Frames, from_hints
from popcorn_bench.generators.pipelines.weights import folder_digest
from popcorn_bench.generators.video.catalog import VideoCatalog
from popcorn_bench.results.definitions import generator_record

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture(autouse=True)
def empty_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    for name in ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    return tmp_path / "hf" / "hub"


def gpu(monkeypatch: pytest.MonkeyPatch, gigabytes: float | None) -> None:
    monkeypatch.setattr("popcorn_bench.generators.media_catalog.gpu_memory", lambda: gigabytes)


def entry(name: str, device: str = "auto", **settings: str) -> MediaEntry:
    return VideoCatalog().resolve([name], [(name, settings)], device=device)[0]


def weights(folder: Path, text: str = "{}") -> Path:
    (folder / "transformer").mkdir(parents=True)
    (folder / "model_index.json").write_text(json.dumps({"transformer": ["diffusers", "X"]}))
    (folder / "transformer" / "config.json").write_text(text)
    (folder / "transformer" / "w.safetensors").write_text("")
    return folder


def snapshot(cache: Path, repo: str, *, revision: str = "main") -> Path:
    base = cache / f"models--{repo.replace('/', '--')}"
    (base / "refs" / revision).parent.mkdir(parents=True)
    (base / "refs" / revision).write_text(COMMIT)
    return weights(base / "snapshots" / COMMIT)


def test_a_gpus_size_decides_how_a_model_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    found: dict[float | None, tuple[Any, ...]] = {}
    for size in (80.0, 45.0, 24.0, 15.0, 0.0, None):
        gpu(monkeypatch, size)
        made = entry("hunyuan").generator
        found[size] = (made.settings["quantization"], made.settings["dtype"], made.hints["offload"])
    assert found[80.0] == ("none", "float16", "none")
    assert found[45.0] == ("none", "float16", "model")
    assert found[24.0] == ("fp8", "float16", "model")
    assert found[15.0] == ("4bit", "float16", "model")
    assert found[0.0] == ("none", "float16", "model"), "a GPU of unknown size"
    assert found[None] == ("none", "float32", "none")


def test_precision_is_identity_and_offloading_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    gpu(monkeypatch, 80.0)
    plain = generator_id(entry("hunyuan").generator)
    assert generator_id(entry("hunyuan", offload="sequential", batch_size="3").generator) == plain
    assert generator_id(entry("hunyuan", quantization="none").generator) == plain
    for change in ({"quantization": "4bit"}, {"dtype": "bfloat16"}, {"vae_tiling": "false"}):
        assert generator_id(entry("hunyuan", **change).generator) != plain, change


def test_what_a_gpu_run_lacks_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    gpu(monkeypatch, None)
    assert "no GPU found (needs 10 GB)" in entry("ltx").reason
    assert "GPU" not in entry("ltx", device="cpu").reason
    assert "need a GPU" in entry("hunyuan", device="cpu", quantization="4bit").reason
    gpu(monkeypatch, 6.0)
    assert "GPU memory too small (6 GB, needs 10 GB)" in entry("ltx").reason


def test_a_local_folder_is_known_by_its_content(tmp_path: Path) -> None:
    one, two = weights(tmp_path / "one"), weights(tmp_path / "two")
    first, second = (entry("ltx", model=str(path)) for path in (one, two))
    assert first.usable, first.reason
    assert generator_id(first.generator) == generator_id(second.generator), "wherever it lies"
    assert str(tmp_path) not in json.dumps(generator_record(first.generator))
    (two / "transformer" / "config.json").write_text('{"a": 1}')
    assert generator_id(entry("ltx", model=str(two)).generator) != generator_id(first.generator)


def test_a_large_file_is_sampled(tmp_path: Path) -> None:
    path = weights(tmp_path / "m") / "transformer" / "w.safetensors"
    data = bytearray(5 << 20)
    path.write_bytes(data)
    before = folder_digest(tmp_path / "m")
    path.write_bytes(bytes(value ^ 1 for value in data))
    assert folder_digest(tmp_path / "m") != before


def test_the_commit_in_the_cache_is_the_revision(empty_cache: Path) -> None:
    assert "(not downloaded)" in entry("ltx").generator.revision
    assert "weights not downloaded (Lightricks/LTX-Video)" in entry("ltx").reason
    snapshot(empty_cache, "Lightricks/LTX-Video")
    assert entry("ltx").generator.revision == f"{COMMIT}+1"
    assert "weights" not in entry("ltx").reason
    snapshot(empty_cache, "nvidia/Cosmos-Predict2.5-2B", revision="diffusers/base/post-trained")
    assert entry("cosmos-2.5").generator.revision == f"{COMMIT}+1"


def test_half_a_download_is_seen(empty_cache: Path) -> None:
    folder = snapshot(empty_cache, "Lightricks/LTX-Video")
    index = {"weight_map": {"a": "m-1.safetensors", "b": "m-2.safetensors"}}
    (folder / "transformer" / "m.safetensors.index.json").write_text(json.dumps(index))
    assert "weights" not in entry("ltx").reason, "another variant's index"
    (folder / "transformer" / "m-1.safetensors").write_text("")
    assert "incomplete, transformer/m-2.safetensors is missing" in entry("ltx").reason
    (folder / "transformer" / "m-2.safetensors").write_text("")
    assert "weights" not in entry("ltx").reason
    for path in folder.glob("transformer/*.safetensors"):
        path.rename(path.with_suffix(".bin"))
    assert "incomplete, transformer/*.safetensors is missing" in entry("ltx").reason
    (folder / "model_index.json").write_text(json.dumps({"vae": ["diffusers", "X"]}))
    assert "incomplete, vae is missing" in entry("ltx").reason


def test_two_parts_need_two_downloads(empty_cache: Path) -> None:
    snapshot(empty_cache, "emilianJR/epiCRealism")
    assert "weights not downloaded (ByteDance/AnimateDiff-Lightning)" in entry("animatediff").reason
    snapshot(empty_cache, "ByteDance/AnimateDiff-Lightning")
    assert entry("animatediff").generator.revision == f"{COMMIT}+{COMMIT}+1"


@pytest.mark.parametrize(
    ("name", "settings", "message"),
    [
        ("ltx", {"num_frame": "9"}, "unknown setting 'num_frame'; did you mean 'num_frames'"),
        ("ltx", {"num_frames": "15"}, "num_frames: '15' is not 8k + 1 from 1 to 257"),
        ("ltx", {"width": "700"}, "width: '700' is not a multiple of 32 from 32 to 4096"),
        ("hunyuan", {"num_frames": "64"}, "is not 4k + 1 from 1 to 129"),
        ("animatediff", {"num_frames": "33"}, "is not a whole number from 1 to 32"),
        ("ltx", {"num_inference_steps": "many"}, "'many' is not a number"),
        ("ltx", {"guidance_scale": "nan"}, "'nan' is not a number"),
        ("ltx", {"quantization": "4bits"}, "one of none, fp8, 8bit, 4bit; did you mean '4bit'?"),
        ("ltx", {"vae_tiling": "yes"}, "is not true or false"),
        ("ltx", {"model": "no/such/folder"}, "neither a folder nor a repository (owner/name)"),
        ("wan-2.1-1.3b", {"flow_shift": "x"}, "flow_shift: 'x' is not a number"),
        ("ltx", {"negative_prompt": "x" * 3000}, "text of at most 2000 characters"),
        ("ltx", {"prompt_suffix": "x"}, "unknown setting 'prompt_suffix'"),
        ("animatediff", {"motion_adapter": "nowhere"}, "motion_adapter: 'nowhere' is neither"),
    ],
)
def test_wrong_settings(name: str, settings: dict[str, str], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        entry(name, **settings)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_general_settings_reach_those_that_know_them() -> None:
    found = VideoCatalog().resolve(["storyboard", "ltx"], [("", {"width": "320", "fps": "12"})])
    assert [e.generator.settings["width"] for e in found] == [320, 320]
    found = VideoCatalog().resolve(["ltx", "wan-2.1-1.3b"], [("", {"flow_shift": "9"})])
    assert found[1].generator.settings["flow_shift"] == 9


@pytest.mark.parametrize(
    ("pipeline", "message"),
    [
        ("{class: LTXPipeline, repo: a/b, revision: v1, pinned: true}", "40 hex digits"),
        (f"{{class: LTXPipeline, repo: a/b, revision: {COMMIT}}}", "40 hex digits"),
        ("{class: os.system, repo: a/b}", "class"),
        ("{class: X, repo: ../../etc}", "repo"),
        ("{class: X, repo: a/b, components: {vae: {class: Y}}}", "go together"),
        ("{class: X, repo: a/b, components: {vae: {file: ../x.safetensors}}}", "file"),
        ("{class: X, repo: a/b, memory: [{gpu_gb: 8}, {gpu_gb: 16}]}", "largest first"),
        ("{class: X, repo: a/b, dtype: float8}", "dtype"),
    ],
)
def test_faults_of_own_entries(tmp_path: Path, pipeline: str, message: str) -> None:
    (tmp_path / "videos.yaml").write_text(f"videos:\n  own:\n    pipeline: {pipeline}\n")
    with pytest.raises(FileError, match=r"videos\.yaml:3") as caught:
        VideoCatalog([tmp_path])
    assert message in str(caught.value)


def test_a_pinned_entry(tmp_path: Path, empty_cache: Path) -> None:
    (tmp_path / "videos.yaml").write_text(
        "videos:\n  own:\n    pipeline:\n      class: WanPipeline\n      repo: a/b\n"
        f"      revision: {COMMIT}\n      pinned: true\n"
    )
    snapshot(empty_cache, "a/b")
    (found,) = VideoCatalog([tmp_path]).resolve(["own"])
    assert found.generator.revision == f"{COMMIT}+1"
    assert from_hints(found.generator.hints).pinned


@given(width=st.integers(64, 2048), height=st.integers(64, 2048), side=st.sampled_from([8, 16, 32]))
def test_a_fitted_size_keeps_shape_and_budget(width: int, height: int, side: int) -> None:
    if not 1 / 3 <= width / height <= 3:
        return
    w, h = fitted(width, height, side)
    assert w % side == h % side == 0
    assert 0.75 * PIXELS < w * h <= PIXELS
    assert abs(w - h * width / height) <= side / 2 or abs(h - w * height / width) <= side / 2


@given(
    seconds=st.floats(0.5, 10), fps=st.integers(4, 60), step=st.integers(1, 33),
    offset=st.integers(0, 1),
)  # fmt: skip
def test_the_least_frames_that_last(seconds: float, fps: int, step: int, offset: int) -> None:
    frames = frames_for(seconds, fps, Frames(step=step, offset=offset, most=2000))
    assert (frames - offset) % step == 0
    assert frames + 1e-6 >= seconds * fps
    assert frames - step < seconds * fps


def test_frames_are_held_and_dropped_not_mixed() -> None:
    import numpy as np

    levels = np.arange(25, dtype=np.uint8)[:, None, None, None]
    held = [int(frame[0, 0, 0]) for frame in retimed(levels, 8, 24, 3.0)]
    assert held == [i // 3 for i in range(72)]
    dropped = [int(frame[0, 0, 0]) for frame in retimed(levels, 24, 8, 0)]
    assert dropped == [0, 3, 6, 9, 12, 15, 18, 21]
    assert [int(f[0, 0, 0]) for f in retimed(levels, 15, 15, 0)] == list(range(25))
