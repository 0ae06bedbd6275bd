"""Scores end to end: real clips through real model classes, loaded from files."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers as tf
from PIL import Image

from popcorn_bench.errors import AdapterError
from popcorn_bench.evaluators.alignment import Alignment
from popcorn_bench.evaluators.protocol import Sample
from popcorn_bench.media import read_frames
from popcorn_bench.types import Kind, Query
from tests.evaluators.alignment.models import PAINT, sentences_tokenizer

Numbers = dict[str, float]
KINDS = ("clip", "siglip", "siglip2")
BATCH_TOLERANCE = 2e-5  # two in the last digit that a score has


def sample(video: Path | None, query: str = "red clip", title: str = "blue clip") -> Sample:
    asked = Query(id="1", text=query, kind=Kind.CONCRETE, topic="food")
    return Sample(query=asked, title=title, video=video)


def built(folder: Path, **settings: str) -> Alignment:
    return Alignment(Alignment.card({"model": str(folder), **settings}), "cpu")


def scored(evaluator: Alignment, samples: Sequence[Sample]) -> list[Numbers]:
    found = list(evaluator.score(samples))
    assert all(isinstance(item, tuple) for item in found), found
    return [
        {score.metric: score.value for score in item} for item in found if isinstance(item, tuple)
    ]


@pytest.fixture(scope="session")
def taught(checkpoints: dict[str, Path]) -> Alignment:
    return built(checkpoints["clip"])


@pytest.mark.parametrize("kind", KINDS)
def test_every_class_of_model_gives_the_scores_of_the_card(
    checkpoints: dict[str, Path], clips: dict[str, Path], kind: str
) -> None:
    evaluator = built(checkpoints[kind])
    card = Alignment.card({"model": str(checkpoints[kind])})
    found = scored(evaluator, [sample(clip) for clip in clips.values()])
    assert len(found) == len(clips)
    for numbers in found:
        assert list(numbers) == [metric.name for metric in card.metrics]
        assert all(-1 <= value <= 1 for value in numbers.values())
    assert len({numbers["alignment_query"] for numbers in found}) > 1, "it looks at the clip"
    assert scored(built(checkpoints[kind]), [sample(clip) for clip in clips.values()]) == found


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("batch", "frames"), [("1", "8"), ("3", "8"), ("64", "8"), ("5", "24")])
def test_batches_do_not_change_scores(
    checkpoints: dict[str, Path], clips: dict[str, Path], kind: str, batch: str, frames: str
) -> None:
    samples = [sample(clip, query=f"{name} clip") for name, clip in clips.items()]
    whole = scored(built(checkpoints[kind], frames=frames), samples)
    parts = scored(built(checkpoints[kind], frames=frames, batch=batch), samples)
    for one, other in zip(whole, parts, strict=True):
        assert one == pytest.approx(other, abs=BATCH_TOLERANCE)


def test_siglip_with_the_tokenizer_that_it_is_published_with(
    checkpoints: dict[str, Path], clips: dict[str, Path], tmp_path: Path
) -> None:
    pytest.importorskip("sentencepiece", reason="its tokenizer needs sentencepiece")
    pytest.importorskip("google.protobuf", reason="its tokenizer needs protobuf")
    folder = Path(shutil.copytree(checkpoints["siglip"], tmp_path / "siglip"))
    (folder / "tokenizer.json").unlink()
    sentences_tokenizer(tmp_path).save_pretrained(folder)
    assert Alignment.missing(Alignment.card({"model": str(folder)})) == []
    long = sample(clips["red"], query="the very slow clip " * 60 + "red")
    one, other = scored(built(folder), [sample(clips["red"]), long])
    assert one["alignment_query"] != other["alignment_query"]
    assert one["alignment_title"] == pytest.approx(other["alignment_title"], abs=BATCH_TOLERANCE)


@pytest.mark.parametrize("text", ["alignment_query", "alignment_title"])
@pytest.mark.parametrize("colour", PAINT)
def test_a_clip_agrees_with_the_word_for_its_colour(
    taught: Alignment, clips: dict[str, Path], text: str, colour: str
) -> None:
    """The model was taught three words; nothing else in text or clip tells them apart."""
    words = {"query": "the clip", "title": "the clip", text.removeprefix("alignment_"): colour}
    found = scored(taught, [sample(clips[name], **words) for name in PAINT])
    values = dict(zip(PAINT, (numbers[text] for numbers in found), strict=True))
    others = [value for name, value in values.items() if name != colour]
    assert values[colour] > max(others) + 0.3


def test_half_a_clip_agrees_half(taught: Alignment, clips: dict[str, Path]) -> None:
    full, half, none = (
        numbers["alignment_query"]
        for numbers in scored(
            taught, [sample(clips[name], "red") for name in ("red", "turn", "blue")]
        )
    )
    assert full > half + 0.1 > none + 0.2


def test_a_turn_is_seen_as_one_step_of_seven(taught: Alignment, clips: dict[str, Path]) -> None:
    steady, turned = (
        numbers["consistency"]
        for numbers in scored(taught, [sample(clips["red"]), sample(clips["turn"])])
    )
    assert steady > 0.99
    assert turned == pytest.approx(1 - (1 - _cosine(taught, clips)) / 7, abs=0.01)


def _cosine(evaluator: Alignment, clips: dict[str, Path]) -> float:
    """Of the first frames of two clips, by a clip that has only these two."""
    encoder = evaluator._comparison._encoder
    first = [Image.fromarray(next(read_frames(clips[name]))) for name in ("red", "blue")]
    one, other = encoder.pictures(first)
    return float(one @ other)


def test_the_end_of_a_long_text_is_heard(taught: Alignment, clips: dict[str, Path]) -> None:
    filler = "the very slow clip of a " * 40  # several times what the model reads at once
    found = scored(
        taught,
        [
            sample(clips["red"], query=filler + "red", title=filler),
            sample(clips["red"], query=filler + "blue", title=filler),
        ],
    )
    assert found[0]["alignment_query"] > found[1]["alignment_query"] + 0.02
    assert found[0]["alignment_title"] == found[1]["alignment_title"]


def test_the_numbers_are_those_of_the_model_itself(
    checkpoints: dict[str, Path], clips: dict[str, Path]
) -> None:
    """Against the model's own forward pass over all frames and one text."""
    model: Any = tf.CLIPModel.from_pretrained(checkpoints["clip"])
    tokens: Any = tf.AutoTokenizer.from_pretrained(checkpoints["clip"])
    images: Any = tf.CLIPImageProcessorPil.from_pretrained(checkpoints["clip"])
    frames = [Image.fromarray(frame) for frame in read_frames(clips["turn"])]
    with torch.inference_mode():
        inputs = tokens(["a red clip"], return_tensors="pt")
        output = model(**inputs, **images(images=frames, return_tensors="pt"))
    pictures = output.image_embeds.double().numpy()
    pictures /= np.linalg.norm(pictures, axis=1, keepdims=True)
    whole = pictures.mean(axis=0)
    text = output.text_embeds[0].double().numpy()
    expected = whole @ text / np.linalg.norm(whole) / np.linalg.norm(text)
    steps = (pictures[:-1] * pictures[1:]).sum(axis=1)
    evaluator = built(checkpoints["clip"], frames=str(len(frames)))
    (found,) = scored(evaluator, [sample(clips["turn"], query="a red clip")])
    assert found["alignment_query"] == pytest.approx(expected, abs=1e-4)
    assert found["consistency"] == pytest.approx(steps.mean(), abs=1e-4)


def test_what_cannot_be_compared_spares_the_others(
    taught: Alignment, clips: dict[str, Path], tmp_path: Path
) -> None:
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(clips["red"].read_bytes()[:900])
    samples = [
        sample(clips["red"]),
        sample(None),
        sample(clips["red"], title=" "),
        sample(clips["red"], query=""),
        sample(cut),
        sample(clips["blue"]),
    ]
    found = list(taught.score(samples))
    kinds = [item.kind if isinstance(item, AdapterError) else "" for item in found]
    assert kinds == ["", "missing_input", "missing_input", "missing_input", "broken_media", ""]
    assert found[-1] == next(taught.score(samples[-1:]))
    assert list(taught.score([])) == []
    assert len(list(taught.score(samples[1:2]))) == 1


def test_hostile_text_is_only_text(taught: Alignment, clips: dict[str, Path]) -> None:
    texts = [
        "<|endoftext|>" * 200,
        "\x1b[2J\x00",
        "x" * 5000,
        "赤い" * 300,
        "﷽" * 100,
        "e\u0301\u200d",
    ]
    found = scored(taught, [sample(clips["red"], title=text) for text in texts])
    assert len(found) == len(texts)
