from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import torch

from popcorn_bench.errors import AdapterError, UsageError
from popcorn_bench.evaluators.mmra.config import FRAMES, Inputs, Sources
from popcorn_bench.evaluators.mmra.encoders import (
    CaptionModel,
    Encoders,
    PictureModel,
    TextModel,
    Vectors,
)
from popcorn_bench.evaluators.mmra.features import Clip, Extractor, Features, key_text
from popcorn_bench.evaluators.mmra.pictures import Picture, evenly_spaced
from popcorn_bench.evaluators.mmra.shelf import Shelf
from popcorn_bench.evaluators.mmra.train import Videos
from popcorn_bench.media import read_frames, write_mp4
from tests.evaluators.mmra import tiny

CPU = torch.device("cpu")


@dataclass
class Counting:
    """A real encoder that counts what it is shown."""

    inner: PictureModel
    shown: int = 0

    @property
    def identity(self) -> str:
        return self.inner.identity

    def encode(self, items: Sequence[Picture]) -> Vectors:
        self.shown += len(items)
        return self.inner.encode(items)


@pytest.fixture
def counting(sources: Sources) -> Counting:
    return Counting(PictureModel.load(sources.frame, CPU))


@pytest.fixture
def encoders(sources: Sources, counting: Counting) -> Encoders:
    return Encoders(
        title=TextModel.load(sources.title, CPU),
        key=TextModel.load(sources.key, CPU),
        frame=counting,
        caption=CaptionModel.load(sources.caption, CPU),
    )


def run(
    encoders: Encoders, clips: Sequence[Clip], folder: Path
) -> tuple[Features, list[int], list[str]]:
    found, kept, damaged = Extractor(encoders, Inputs(), folder).extract(clips, lambda _: None)
    return found, kept, [clip.id for clip in damaged]


def test_what_is_done_is_not_done_again(
    few: tuple[Videos, Videos], encoders: Encoders, counting: Counting, tmp_path: Path
) -> None:
    clips = few[0].clips[:12]
    run(encoders, clips[:5], tmp_path)
    assert counting.shown == 5 * FRAMES
    found, kept, damaged = run(encoders, clips, tmp_path)
    assert counting.shown == 12 * FRAMES
    again, _, _ = run(encoders, clips, tmp_path)
    assert counting.shown == 12 * FRAMES
    assert found.pictures is not None
    assert again.pictures is not None
    assert np.array_equal(found.pictures, again.pictures)
    assert np.array_equal(found.keys, again.keys)
    assert found.pictures.shape == (12, FRAMES, 32)
    assert (kept, damaged) == (list(range(12)), [])


def test_features_do_not_depend_on_where_they_come_from(
    few: tuple[Videos, Videos], encoders: Encoders, tmp_path: Path
) -> None:
    clips = few[0].clips[:6]
    run(encoders, clips[3:], tmp_path / "a")
    mixed, _, _ = run(encoders, clips, tmp_path / "a")
    fresh, _, _ = run(encoders, clips, tmp_path / "b")
    assert mixed.pictures is not None
    assert fresh.pictures is not None
    np.testing.assert_allclose(mixed.pictures, fresh.pictures, atol=2e-3)


def test_a_renamed_copy_is_known(
    few: tuple[Videos, Videos], encoders: Encoders, counting: Counting, tmp_path: Path
) -> None:
    clip = few[0].clips[0]
    run(encoders, [clip], tmp_path / "features")
    assert clip.video is not None
    copy = tmp_path / "copy.mp4"
    copy.write_bytes(clip.video.read_bytes())
    run(encoders, [replace(clip, id="copy", video=copy)], tmp_path / "features")
    assert counting.shown == FRAMES


def test_another_encoder_starts_anew(
    few: tuple[Videos, Videos], encoders: Encoders, tmp_path: Path
) -> None:
    clips = few[0].clips[:3]
    first, _, _ = run(encoders, clips, tmp_path / "features")
    other = Counting(PictureModel.load(str(tiny.vit(tmp_path / "vit", seed=9)), CPU))
    second, _, _ = run(replace(encoders, frame=other), clips, tmp_path / "features")
    assert other.shown == 3 * FRAMES
    assert first.pictures is not None
    assert second.pictures is not None
    assert not np.allclose(first.pictures, second.pictures)


def test_damaged_and_missing_clips_are_listed(
    few: tuple[Videos, Videos], encoders: Encoders, tmp_path: Path
) -> None:
    whole, cut, *_ = few[0].clips
    assert cut.video is not None
    broken = tmp_path / "cut.mp4"
    broken.write_bytes(cut.video.read_bytes()[:900])
    clips = [
        Clip(id="none", title="cat"),
        whole,
        Clip(id="gone", title="cat", video=tmp_path / "gone.mp4"),
        Clip(id="cut", title="cat", video=broken),
    ]
    found, kept, damaged = run(encoders, clips, tmp_path / "features")
    assert (kept, damaged, len(found)) == ([1], ["none", "gone", "cut"], 1)


def test_a_shard_without_its_keys_does_not_count(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    shelf.add({"a": np.ones(3, np.float32)})
    (tmp_path / "000001.safetensors").write_bytes(b"cut short")
    shelf = Shelf(tmp_path)
    shelf.add({"b": np.full(3, 2, np.float32), "a": np.zeros(3, np.float32)})
    assert Shelf(tmp_path).read(["b", "a", "b"]).tolist() == [[2] * 3, [1] * 3, [2] * 3]


@pytest.mark.parametrize("frames", [3, 10, 64, 300])
def test_frames_are_those_at_even_steps(frames: int, tmp_path: Path) -> None:
    """Whatever key frames decoding starts from, the frames are those of reading all."""
    rng = np.random.default_rng(0)
    shades = rng.integers(0, 255, size=(frames, 1, 1, 3)).astype(np.uint8)
    path = tmp_path / "clip.mp4"
    write_mp4([np.broadcast_to(shade, (32, 32, 3)).copy() for shade in shades], path, 25)
    every = list(read_frames(path))
    wanted = np.linspace(0, frames - 1, FRAMES).round().astype(int)
    for found, place in zip(evenly_spaced(path, FRAMES), wanted, strict=True):
        assert np.array_equal(found, every[place])


def test_a_text_file_is_no_clip(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    path.write_text("#EXTM3U\nhttp://example.invalid/clip.mp4\n")
    with pytest.raises(AdapterError):
        evenly_spaced(path, FRAMES)


def test_the_key_joins_title_and_captions_once_each() -> None:
    clip = Clip(id="1", title="soup", category="Food")
    assert key_text(clip, Inputs(), ["a pot", "a pot", "a cook"]) == "soup. a pot. a cook"
    assert key_text(clip, Inputs(topic=True), []) == "Food: soup"


def test_encoders_say_what_is_wrong(tmp_path: Path, sources: Sources) -> None:
    with pytest.raises(UsageError, match="no weights as safetensors"):
        PictureModel.load(str(tmp_path), CPU)
    with pytest.raises(UsageError, match="pooling is one of"):
        TextModel.load(f"{sources.key}#max", CPU)
    folder = tiny.vit(tmp_path / "vit")
    (folder / "model.safetensors").write_bytes(b"cut")
    with pytest.raises(UsageError, match="vit"):
        PictureModel.load(str(folder), CPU)


def test_texts_of_any_length_are_read(sources: Sources) -> None:
    model = TextModel.load(sources.key, CPU)
    assert np.isfinite(model.encode(["", "cat " * 500, "\x00\u202e<b>"])).all()


def test_pooling_is_part_of_the_identity(sources: Sources) -> None:
    plain, _, _ = sources.key.partition("#")
    cls, mean = TextModel.load(plain, CPU), TextModel.load(f"{plain}#mean", CPU)
    assert cls.identity != mean.identity
    assert not np.allclose(cls.encode(["cat"]), mean.encode(["cat"]))
