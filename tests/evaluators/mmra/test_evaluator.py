"""From raw files to scores through the evaluator class, with all inputs that a model can have."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from popcorn_bench.errors import AdapterError, UsageError
from popcorn_bench.evaluators.mmra import Mmra
from popcorn_bench.evaluators.mmra.card import Attempts, read_card, text_only
from popcorn_bench.evaluators.mmra.config import GRAMS, Inputs, Sources
from popcorn_bench.evaluators.mmra.fit import FitSettings
from popcorn_bench.evaluators.mmra.train import Training, Videos, train_mmra
from popcorn_bench.evaluators.protocol import EvaluatorClass, Sample
from popcorn_bench.types import Input, Kind, Query, Score
from tests.evaluators.mmra import tiny

QUERY = Query(id="q", text="a cat", kind=Kind.CONCRETE, topic="synthetic")
FIT = FitSettings(epochs=2, rate=1e-3, batch=16)


@dataclass(frozen=True)
class Trained:
    folder: Path
    train: Videos
    valid: Videos


@pytest.fixture(scope="module")
def full(
    few: tuple[Videos, Videos], sources: Sources, tmp_path_factory: pytest.TempPathFactory
) -> Trained:
    """Frames, captions, cover, category and retrieval."""
    folder = tmp_path_factory.mktemp("full")
    train, valid = (
        with_covers(videos, folder / name) for videos, name in zip(few, "ab", strict=True)
    )
    training = Training(
        sources=sources,
        inputs=Inputs(cover=True, topic=True),
        neighbours=3,
        width=16,
        hidden=(16, 8),
        fit=FIT,
        device="cpu",
    )
    train_mmra(train, valid, out=folder / "model", training=training, progress=lambda _: None)
    return Trained(folder / "model", train, valid)


@pytest.fixture(scope="module")
def blind(few: tuple[Videos, Videos], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The title alone."""
    folder = tmp_path_factory.mktemp("blind")
    training = Training(
        sources=Sources(title=GRAMS, key=GRAMS),
        inputs=Inputs(visual=False, captions=False),
        neighbours=3,
        width=16,
        hidden=(16, 8),
        grams_width=12,
        fit=FIT,
        device="cpu",
    )
    train_mmra(*few, out=folder, training=training, progress=lambda _: None)
    return folder


def with_covers(videos: Videos, folder: Path) -> Videos:
    folder.mkdir()
    clips = []
    for number, clip in enumerate(videos.clips):
        cover = folder / f"{clip.id}.png"
        Image.fromarray(np.full((32, 48, 3), 5 * number, np.uint8)).save(cover)
        clips.append(replace(clip, cover=cover))
    return replace(videos, clips=clips)


def samples(videos: Videos) -> list[Sample]:
    return [
        Sample(query=QUERY, title=clip.title, cover=clip.cover, video=clip.video)
        for clip in videos.clips
    ]


def evaluator(folder: Path, **settings: str) -> Mmra:
    return Mmra(Mmra.card({"model": str(folder), **settings}), "cpu")


def values(folder: Path, given: list[Sample], **settings: str) -> list[float]:
    found = []
    for scores in evaluator(folder, **settings).score(given):
        assert isinstance(scores, tuple), scores
        found += [score.value for score in scores]
    return found


def test_the_class_is_what_the_harness_asks_for() -> None:
    kind: EvaluatorClass = Mmra  # held by the type checker
    assert kind.setting_names() == {"model", "batch"}


def test_describing_it_loads_nothing_heavy() -> None:
    code = (
        "import sys; from popcorn_bench.evaluators.mmra import Mmra; Mmra.missing(Mmra.card({}));"
        "print(sorted({'torch', 'transformers', 'numpy', 'polars', 'av'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_scores_are_those_that_the_card_was_measured_by(full: Trained) -> None:
    """What training measured on kept features, the evaluator gives from the raw files."""
    found = np.array(values(full.folder, samples(full.valid)))
    card = read_card(full.folder)
    squared = np.square(found - full.valid.labels).mean() / full.valid.labels.var()
    assert card.valid.nmse is not None
    assert squared == pytest.approx(card.valid.nmse, abs=2e-3)
    assert np.ptp(found) > 0


def test_scores_do_not_depend_on_the_batch(full: Trained) -> None:
    given = samples(full.valid)[:7]
    one, many = values(full.folder, given, batch="1"), values(full.folder, given, batch="16")
    np.testing.assert_allclose(one, many, atol=2e-3)


def test_a_score_has_its_place_and_interval(full: Trained) -> None:
    first = next(evaluator(full.folder).score(samples(full.valid)))
    assert isinstance(first, tuple)
    (score,) = first
    half = read_card(full.folder).interval.half
    assert isinstance(score, Score)
    assert score.percentile is not None
    assert score.low is not None
    assert score.high is not None
    assert 0 <= score.percentile <= 100
    assert score.high - score.low == pytest.approx(2 * half, abs=1e-3)


def test_what_cannot_be_looked_at_is_an_error_in_its_place(full: Trained, tmp_path: Path) -> None:
    good, *_ = samples(full.valid)
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"no clip")
    given = [
        replace(good, video=broken),
        good,
        replace(good, video=None),
        replace(good, cover=None),
    ]
    found = list(evaluator(full.folder).score(given))
    kinds = [part.kind if isinstance(part, AdapterError) else "" for part in found]
    assert kinds == ["broken_media", "", "missing_input", "missing_input"]


def test_hostile_titles_are_scored(full: Trained) -> None:
    good, *_ = samples(full.valid)
    titles = ["", "<script>", "\x1b[2J", "=cmd()", "cat " * 5000, "\ud800"]
    assert len(values(full.folder, [replace(good, title=title) for title in titles])) == 6


def test_the_card_says_what_it_sees(full: Trained, blind: Path) -> None:
    seeing, unseeing = (Mmra.card({"model": str(folder)}) for folder in (full.folder, blind))
    assert set(seeing.inputs) == {Input.TITLE, Input.TOPIC, Input.COVER, Input.VIDEO}
    assert set(unseeing.inputs) == {Input.TITLE, Input.TOPIC}
    assert seeing.weights != unseeing.weights
    assert not Mmra.missing(seeing)
    assert {anchor.topic for anchor in seeing.anchors} == {"*", "Synthetic"}
    assert seeing.validity["n"] == len(full.valid.clips)


def test_without_the_visual_branch_the_clip_changes_nothing(
    blind: Path, few: tuple[Videos, Videos]
) -> None:
    good, other, *_ = samples(few[1])
    found = values(blind, [good, replace(good, video=other.video), replace(good, video=None)])
    assert len(set(found)) == 1


def test_with_it_the_clip_changes_the_score(full: Trained) -> None:
    good, *others = samples(full.valid)
    found = values(full.folder, [good, *(replace(good, video=o.video) for o in others[:5])])
    assert len(set(found)) > 1


def test_a_moved_model_is_the_same_evaluator(blind: Path, tmp_path: Path) -> None:
    moved = shutil.copytree(blind, tmp_path / "moved")
    cards = [Mmra.card({"model": str(folder), "batch": "3"}) for folder in (blind, moved)]
    assert cards[0].weights == cards[1].weights
    assert cards[0].settings == cards[1].settings == {}


def test_it_names_what_it_learned_from(full: Trained) -> None:
    assert Mmra.trained_on(Mmra.card({"model": str(full.folder)})) == set(full.train.hashed)
    assert Mmra.trained_on(Mmra.card({})) == frozenset()


def test_without_a_model_it_says_how_to_get_one() -> None:
    card = Mmra.card({})
    assert card.sees_video
    assert "popcorn-bench train mmra" in "; ".join(Mmra.missing(card))
    with pytest.raises(UsageError, match="model=DIR"):
        Mmra(card, "cpu")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"model": "no/such/folder"}, "no such folder"),
        ({"model": "."}, "cannot be read"),
        ({"batch": "0"}, "whole number above 0"),
        ({"batch": "many"}, "whole number above 0"),
    ],
)
def test_wrong_settings_are_told(settings: dict[str, str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        Mmra.card(settings)


@pytest.mark.parametrize("name", ["model.safetensors", "bank.safetensors", "grams.safetensors"])
def test_files_that_the_card_does_not_describe_are_refused(
    name: str, blind: Path, tmp_path: Path
) -> None:
    folder = shutil.copytree(blind, tmp_path / "model")
    data = bytearray((folder / name).read_bytes())
    data[-1] ^= 1
    (folder / name).write_bytes(data)
    with pytest.raises(UsageError, match="other files"):
        evaluator(folder)


def test_an_encoder_with_other_weights_is_refused(
    few: tuple[Videos, Videos], tmp_path: Path
) -> None:
    encoder = tiny.bert(tmp_path / "bert")
    training = Training(
        sources=Sources(title=str(encoder), key=str(encoder)),
        inputs=Inputs(visual=False, captions=False),
        neighbours=3,
        width=16,
        hidden=(16, 8),
        fit=FIT,
        device="cpu",
    )
    model = tmp_path / "model"
    train_mmra(*few, out=model, training=training, progress=lambda _: None)
    tiny.bert(encoder, seed=9)
    with pytest.raises(UsageError, match="not the one"):
        evaluator(model)


def test_an_unknown_device_is_told(blind: Path) -> None:
    with pytest.raises(UsageError, match="device"):
        Mmra(Mmra.card({"model": str(blind)}), "abacus")


def test_the_text_only_figures_are_there() -> None:
    found = text_only()
    assert isinstance(found, Attempts)
    assert {attempt.retrieval for attempt in found.attempts} == {True, False}
    for attempt in found.attempts:
        assert len(attempt.seeds) == len(attempt.src) == len(attempt.nmse) == len(attempt.mae)
        assert all(0 < src < 1 for src in attempt.src)
