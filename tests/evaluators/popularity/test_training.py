"""Training on synthetic rows with a planted rule."""

from __future__ import annotations

import hashlib
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from popcorn_bench.errors import UsageError
from popcorn_bench.evaluators.popularity.card import Card, read_card, verify
from popcorn_bench.evaluators.popularity.fit import Rows, fit
from popcorn_bench.evaluators.popularity.metrics import accuracy
from popcorn_bench.evaluators.popularity.model import Model, load, save
from popcorn_bench.evaluators.popularity.train import train_popularity

Planted = tuple[Rows, Rows]


def quiet(_: str) -> None:
    pass


@pytest.fixture(scope="module")
def model(planted: Planted) -> Model:
    return fit(planted[0], seed=3, progress=quiet)


@pytest.fixture(scope="module")
def trained(planted: Planted, tmp_path_factory: pytest.TempPathFactory) -> tuple[Card, Path]:
    path = tmp_path_factory.mktemp("weights") / "popularity.npz"
    return train_popularity(*planted, out=path, seed=3), path


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


def test_equal_seeds_give_equal_scores_and_other_seeds_do_not(
    model: Model, planted: Planted
) -> None:
    train, valid = planted
    assert sha(fit(train, seed=3, progress=quiet), valid) == sha(model, valid)
    assert sha(fit(train, seed=4, progress=quiet), valid) != sha(model, valid)


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
    assert read_card(path) == card
    verify(card, path)


def test_the_page_shows_the_figures_and_keeps_markup_out(planted: Planted, tmp_path: Path) -> None:
    train_popularity(*planted, out=tmp_path, data="<b>mine</b> | other")
    page = (tmp_path / "popularity.md").read_text(encoding="utf-8")
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
        ({"labels": np.full(1500, np.nan)}, "comments hold values that are not finite"),
        ({"labels": np.ones(3)}, "3 comments for 1500 titles"),
        ({"categories": ["Cats"]}, "1 categories for 1500 titles"),
        ({"signals": {"views": np.full(1500, np.inf)}}, "views hold values"),
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
