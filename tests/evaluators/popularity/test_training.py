"""Training on synthetic rows with a planted rule."""

from __future__ import annotations

import hashlib
import json
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from popcorn_bench.errors import UsageError
from popcorn_bench.evaluators.measures.accuracy import accuracy
from popcorn_bench.evaluators.popularity.card import Card, learned_from, read_card, verify
from popcorn_bench.evaluators.popularity.fit import Rows, fit
from popcorn_bench.evaluators.popularity.model import Model
from popcorn_bench.evaluators.popularity.storage import load, save
from popcorn_bench.evaluators.popularity.train import fingerprint, train_popularity
from popcorn_bench.evaluators.popularity.validity import evaluator_card
from popcorn_bench.fingerprint import evaluator_id
from tests.evaluators.popularity.conftest import IDS, lesson

Planted = tuple[Rows, Rows]


def quiet(_: str) -> None:
    pass


@pytest.fixture(scope="module")
def model(planted: Planted) -> Model:
    return fit(planted[0], seed=3, progress=quiet)


def sha(model: Model, rows: Rows) -> str:
    return hashlib.sha256(model.predict(rows.titles, rows.categories).tobytes()).hexdigest()


def test_the_planted_rule_is_found(model: Model, planted: Planted) -> None:
    valid = planted[1]
    found = accuracy(valid.labels, model.predict(valid.titles, valid.categories))
    assert found.src is not None
    assert found.src > 0.85


def test_shuffled_labels_teach_nothing(planted: Planted) -> None:
    train, valid = planted
    shuffled = np.random.default_rng(0).permutation(train.labels)
    signals = {name: np.zeros(len(shuffled)) for name in train.signals}
    taught = fit(replace(train, labels=shuffled, signals=signals), seed=3, progress=quiet)
    found = accuracy(valid.labels, taught.predict(valid.titles, valid.categories))
    assert found.src is not None
    assert abs(found.src) < 0.3


def test_other_seeds_give_other_scores(model: Model, planted: Planted) -> None:
    train, valid = planted
    assert sha(fit(train, seed=4, progress=quiet), valid) != sha(model, valid)


def test_equal_rows_and_seeds_give_equal_bytes(
    trained: tuple[Card, Path], planted: Planted, tmp_path: Path
) -> None:
    again = train_popularity(lesson(planted), out=tmp_path / "other.npz", seed=3)
    assert (tmp_path / "other.npz").read_bytes() == trained[1].read_bytes()
    assert again == trained[0]


def test_the_score_is_the_blend_of_its_members(model: Model, planted: Planted) -> None:
    score, ridge, *others = model.predict_members(planted[1].titles, planted[1].categories).T
    assert model.members[:2] == ("ridge", "trees 1")
    assert model.members[-1] == "perceptron 4"
    trees, perceptrons = np.mean(others[:4], axis=0), np.mean(others[4:], axis=0)
    blended = 0.2 * ridge + 0.4 * trees + 0.4 * perceptrons
    everyone = np.array([ridge, *others])
    inside = ((everyone > model.bounds[0]) & (everyone < model.bounds[1])).all(axis=0)
    assert inside.sum() > 200
    assert np.abs(blended - score)[inside].max() < 2e-6
    assert len({tuple(column) for column in others}) == 8


def test_a_saved_model_scores_alike_and_saves_to_equal_bytes(
    model: Model, planted: Planted, tmp_path: Path
) -> None:
    save(model, tmp_path / "a.npz")
    again = load(tmp_path / "a.npz")
    save(again, tmp_path / "b.npz")
    assert sha(again, planted[1]) == sha(model, planted[1])
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


def test_a_model_file_holds_no_pickle_and_no_words(trained: tuple[Card, Path]) -> None:
    with zipfile.ZipFile(trained[1]) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    for name, data in content.items():
        assert name.endswith(".npy")
        assert b"word1" not in data
    with np.load(trained[1], allow_pickle=False) as arrays:
        assert all(arrays[name].dtype != object for name in arrays.files)


def test_signals_are_not_needed(planted: Planted) -> None:
    train, valid = planted
    bare = fit(replace(train, signals={}), seed=0, progress=quiet)
    found = accuracy(valid.labels, bare.predict(valid.titles, valid.categories))
    assert bare.targets == ("comments",)
    assert found.src is not None
    assert found.src > 0.8


def test_the_card_tells_what_was_measured(trained: tuple[Card, Path], planted: Planted) -> None:
    card, path = trained
    train, valid = planted
    scores = load(path).predict(valid.titles, valid.categories)
    assert card.valid == accuracy(valid.labels, scores)
    assert (card.rows_train, card.rows_valid) == (len(train.titles), len(valid.titles))
    assert set(card.valid_by_category) == {"Cats", "Dogs", "Birds"}
    assert card.anchors["*"].n == len(valid.titles)
    assert card.anchors["Dogs"].quantiles[50] == pytest.approx(
        np.median(scores[np.array(valid.categories) == "Dogs"]), abs=1e-4
    )
    assert 0.85 < card.interval.coverage < 0.95
    assert card.predictions_sha256 == fingerprint(scores)
    assert len(card.members) == 9
    assert sum(card.shares.values()) == pytest.approx(1)
    assert read_card(path) == card
    verify(card, path)


def test_a_folder_takes_all_four_files_and_nothing_else(
    planted: Planted, trained: tuple[Card, Path], tmp_path: Path
) -> None:
    out = tmp_path / "new" / "trained.x"
    train_popularity(lesson(planted), out=out, seed=3)
    assert {path.name for path in out.iterdir()} == {
        "popularity.npz", "popularity.json", "popularity.md", "popularity.rows"
    }  # fmt: skip
    assert learned_from(trained[0], out / "popularity.npz") == set(IDS)
    assert (out / "popularity.npz").read_bytes() == trained[1].read_bytes()


def test_where_nothing_can_be_written_is_told_before_the_work(
    planted: Planted, tmp_path: Path
) -> None:
    steps: list[str] = []
    (tmp_path / "file").write_text("taken")
    (tmp_path / "popularity.md").mkdir()
    for out in (tmp_path / "file" / "x.npz", tmp_path / "popularity.npz"):
        with pytest.raises(UsageError, match="cannot be written"):
            train_popularity(lesson(planted), out=out, progress=steps.append)
    assert steps == []
    assert {path.name for path in tmp_path.iterdir()} == {"file", "popularity.md"}


def test_a_training_that_fails_leaves_the_older_model_and_no_folder(
    planted: Planted, trained: tuple[Card, Path], tmp_path: Path
) -> None:
    older = tmp_path / "older"
    shutil.copytree(trained[1].parent, older)
    bad = replace(lesson(planted), train=replace(planted[0], labels=np.full(800, np.nan)))
    for out in (older / "popularity.npz", tmp_path / "new" / "x.npz"):
        with pytest.raises(UsageError, match="not finite"):
            train_popularity(bad, out=out)
    verify(trained[0], older / "popularity.npz")
    assert len(list(older.iterdir())) == 4
    assert not (tmp_path / "new").exists()


def test_every_row_must_be_named(planted: Planted, tmp_path: Path) -> None:
    nameless = replace(lesson(planted), hashed=IDS[:-1])
    with pytest.raises(UsageError, match="799 different hashed ids for 800 rows"):
        train_popularity(nameless, out=tmp_path / "x.npz")


def test_a_model_of_another_version_is_refused(trained: tuple[Card, Path], tmp_path: Path) -> None:
    path = tmp_path / "popularity.npz"
    path.with_suffix(".json").write_text(replace_version(trained[1], "1"))
    with pytest.raises(UsageError, match=r"version: is '1', this is version 2: train"):
        read_card(path)


def replace_version(model: Path, number: str) -> str:
    held = json.loads(model.with_suffix(".json").read_text())
    return json.dumps(held | {"version": number})


def test_the_version_of_the_code_is_part_of_the_identity(
    trained: tuple[Card, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = evaluator_id(evaluator_card(trained[0]))
    monkeypatch.setattr("popcorn_bench.evaluators.popularity.validity.VERSION", "next")
    assert evaluator_id(evaluator_card(trained[0])) != before


def test_the_page_shows_the_figures_and_keeps_markup_out(trained: tuple[Card, Path]) -> None:
    page = trained[1].with_suffix(".md").read_text(encoding="utf-8")
    assert "| all | 300 |" in page
    assert "<b>" not in page


def test_other_weights_are_not_taken_for_those_of_the_card(
    trained: tuple[Card, Path], tmp_path: Path
) -> None:
    other = tmp_path / "popularity.npz"
    other.write_bytes(trained[1].read_bytes() + b"x")
    with pytest.raises(UsageError, match="is not the model"):
        verify(trained[0], other)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"titles": ["a"], "categories": ["b"], "labels": np.ones(1)}, "1 rows to train on"),
        ({"labels": np.full(800, np.nan)}, "comments hold values that are not finite"),
        ({"labels": np.ones(3)}, "3 comments for 800 titles"),
        ({"categories": ["Cats"]}, "1 categories for 800 titles"),
        ({"signals": {"views": np.full(800, np.inf)}}, "views hold values"),
    ],
)
def test_bad_rows_are_refused(planted: Planted, change: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        fit(replace(planted[0], **change), seed=0, progress=quiet)  # type: ignore[arg-type]  # bad on purpose


def test_rows_from_counts_leave_out_a_signal_with_gaps() -> None:
    rows = Rows.from_counts(["a", "b"], ["x", "y"], [1, 8], views=[3, 7], likes=[1, None])
    assert rows.labels.tolist() == [0.0, 3.0]
    assert {name: column.tolist() for name, column in rows.signals.items()} == {"views": [2.0, 3.0]}
    with pytest.raises(UsageError, match="below 1"):
        Rows.from_counts(["a"], ["x"], [0])


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x05\x06" + bytes(18)])
def test_what_is_no_model_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "popularity.npz"
    path.write_bytes(content)
    with pytest.raises(UsageError, match="no popularity model"):
        load(path)
    with pytest.raises(UsageError, match="no popularity model"):
        load(tmp_path / "absent.npz")


def test_the_fingerprint_of_scores_has_six_digits_a_line() -> None:
    by_hand = hashlib.sha256(b"1.500000\n-0.333333\n").hexdigest()
    assert fingerprint(np.array([1.5, -1 / 3])) == by_hand
