from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from popcorn_bench.errors import UsageError
from popcorn_bench.evaluators.mmra.config import GRAMS, Inputs, Sources
from popcorn_bench.evaluators.mmra.fit import FitSettings
from popcorn_bench.evaluators.mmra.train import Trained, Training, Videos, train_mmra

FIT = FitSettings(epochs=6, rate=1e-3, batch=16)
TRAINING = Training(
    sources=Sources(title=GRAMS, key=GRAMS),
    inputs=Inputs(visual=False, captions=False),
    neighbours=3,
    width=16,
    hidden=(16, 8),
    dropout=0.2,
    grams_width=12,
    fit=FIT,
    device="cpu",
)


def run(few: tuple[Videos, Videos], out: Path, training: Training) -> Trained:
    return train_mmra(*few, out=out, training=training, progress=lambda _: None)


def test_resumed_it_ends_as_if_never_stopped(few: tuple[Videos, Videos], tmp_path: Path) -> None:
    whole = run(few, tmp_path / "whole", TRAINING)
    half = tmp_path / "half"
    short = run(few, half, replace(TRAINING, fit=replace(FIT, epochs=2)))
    resumed = run(few, half, replace(TRAINING, resume=True))
    assert short.card.epochs == 2
    assert resumed.card.epochs == whole.card.epochs == 6
    for name in ("model.safetensors", "bank.safetensors", "checkpoints/last.safetensors"):
        assert (half / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
    assert resumed.card == whole.card


def test_equal_seeds_give_equal_models(few: tuple[Videos, Videos], tmp_path: Path) -> None:
    cards = [run(few, tmp_path / name, TRAINING).card for name in ("a", "b")]
    assert cards[0] == cards[1]
    other = replace(TRAINING, fit=replace(FIT, seed=1))
    assert run(few, tmp_path / "c", other).card.sha256 != cards[0].sha256


def test_another_training_is_not_resumed(few: tuple[Videos, Videos], tmp_path: Path) -> None:
    run(few, tmp_path, TRAINING)
    with pytest.raises(UsageError, match="other data or settings"):
        run(few, tmp_path, replace(TRAINING, resume=True, fit=replace(FIT, rate=1e-2)))
    train, valid = few
    fewer = (train.pick(range(28)), valid)
    with pytest.raises(UsageError, match="other data or settings"):
        run(fewer, tmp_path, replace(TRAINING, resume=True))


def test_without_resume_it_starts_anew(few: tuple[Videos, Videos], tmp_path: Path) -> None:
    run(few, tmp_path, replace(TRAINING, fit=replace(FIT, rate=1e-2)))
    again = run(few, tmp_path, TRAINING)
    assert again.card == run(few, tmp_path / "other", TRAINING).card


def test_a_damaged_checkpoint_is_told(few: tuple[Videos, Videos], tmp_path: Path) -> None:
    run(few, tmp_path, TRAINING)
    (tmp_path / "checkpoints" / "last.safetensors").write_bytes(b"cut")
    with pytest.raises(UsageError, match=r"last\.safetensors"):
        run(few, tmp_path, replace(TRAINING, resume=True))


def test_it_stops_where_it_gets_no_better(few: tuple[Videos, Videos], tmp_path: Path) -> None:
    fit = FitSettings(epochs=60, rate=3e-2, batch=16, patience=3)
    card = run(few, tmp_path, replace(TRAINING, fit=fit)).card
    assert card.epochs == card.best_epoch + 3
    assert card.epochs < 60


def test_an_error_that_explodes_is_told(few: tuple[Videos, Videos], tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="smaller --lr"):
        run(few, tmp_path, replace(TRAINING, fit=replace(FIT, rate=1e30)))


def test_too_few_videos_are_told(few: tuple[Videos, Videos], tmp_path: Path) -> None:
    train, valid = few
    with pytest.raises(UsageError, match="at least 20"):
        run((train, valid.pick(range(5))), tmp_path, TRAINING)
