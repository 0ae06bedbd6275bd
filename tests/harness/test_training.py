"""Training from a folder in the layout of MicroLens-100k; its rows are synthetic."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from popcorn_bench.errors import UsageError
from popcorn_bench.evaluators.catalog import resolve
from popcorn_bench.evaluators.measures.rows import read_rows
from popcorn_bench.evaluators.popularity.card import read_card
from popcorn_bench.harness.training import train
from popcorn_bench.tasks.corpora.catalog import CorpusCatalog
from popcorn_bench.tasks.corpora.partition import Part, split

_ROWS = 500
_VALID = 60
# 90 words without digits: titles that differ in numbers alone would count as the same.
SPELT = [a + b + c for a in "bdfkl" for b in "aeiou" for c in "mnrstx"][:90]


def quiet(_: str) -> None:
    pass


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Titles of random words, of which one in three draws comments."""
    folder = tmp_path_factory.mktemp("microlens")
    rng = np.random.default_rng(0)
    words = rng.integers(90, size=(_ROWS, 5))
    counts = 2 ** (3 + (words % 3 == 0).sum(axis=1)) + rng.integers(4, size=_ROWS)
    titles = [" ".join(SPELT[word] for word in row) for row in words]
    lines = {
        "MicroLens-100k_title_en.csv": ["video_id, title", *_numbered(titles)],
        "tags_to_summary.csv": ["video_id, tag", *_numbered(["Cats", "Dogs"] * (_ROWS // 2))],
        "video_label_comment_count.csv": ["video_id,comment_count", *_numbered(counts.tolist())],
        "split.csv": [
            "video_id,split",
            *_numbered(["valid"] * _VALID + ["train"] * (_ROWS - _VALID)),
        ],
    }
    for name, rows in lines.items():
        (folder / name).write_text("\n".join(rows) + "\n", encoding="utf-8")
    return folder


def _numbered(values: list[str] | list[int]) -> list[str]:
    return [f"{number},{value}" for number, value in enumerate(values, 1)]


def test_training_writes_weights_card_and_rows(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "mine.npz"
    page = train(data, out, seed=1, disjoint=False, progress=quiet)

    card = read_card(out)
    assert (card.name, card.rows_train, card.rows_valid) == ("popularity", _ROWS - _VALID, _VALID)
    assert page == out.with_suffix(".md").read_text(encoding="utf-8")
    assert card.predictions_sha256 in page
    assert card.valid.src is not None
    assert card.valid.src > 0.4
    assert len(read_rows(out)) == _ROWS - _VALID


def test_rows_lie_beside_the_model_that_was_written_and_guard_what_it_knows(
    data: Path, tmp_path: Path
) -> None:
    said: list[str] = []
    train(data, tmp_path / "w" / "trained.x", seed=1, disjoint=False, progress=said.append)

    model = tmp_path / "w" / "trained.x" / "popularity.npz"
    assert said[-1] == f"written: {model}"
    assert [path.name for path in (tmp_path / "w").iterdir()] == ["trained.x"]
    for place in (model, model.parent):
        (entry,) = resolve(["popularity"], [("popularity", {"model": str(place)})])
        assert entry.reason == ""
        assert len(entry.trained_on) == _ROWS - _VALID
    model.with_suffix(".rows").unlink()
    (entry,) = resolve(["popularity"], [("popularity", {"model": str(model)})])
    assert "what it learned from" in entry.reason


def test_the_disjoint_predictor_learns_from_nothing_that_is_shown(
    data: Path, tmp_path: Path
) -> None:
    out = tmp_path / "mine.npz"
    train(data, out, seed=1, disjoint=True, progress=quiet)

    corpus = CorpusCatalog().load("microlens", data)
    divided = split(corpus)
    learned = read_rows(out)
    assert read_card(out).name == "popularity-disjoint"
    assert read_card(out).rows_train == len(learned)
    assert not learned & frozenset(divided.part(Part.RETRIEVAL).hashed_ids())
    kept = {*divided.part(Part.TRAIN).hashed_ids(), *divided.part(Part.TEST).hashed_ids()}
    held_out = corpus.hashed_ids(str(number) for number in range(1, _VALID + 1))
    assert learned == kept - set(held_out)


def test_data_without_a_split_is_refused(data: Path, tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    bare.mkdir()
    for path in data.iterdir():
        if path.name != "split.csv":
            (bare / path.name).write_bytes(path.read_bytes())
    with pytest.raises(UsageError, match="no rows of the split 'train'"):
        train(bare, tmp_path / "x.npz", seed=0, disjoint=False, progress=quiet)
