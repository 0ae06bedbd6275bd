"""What is said of titles, by the shipped predictor."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from popcorn_bench.errors import UsageError
from popcorn_bench.harness.predicting import (
    Measured,
    NeighbourCorpus,
    Prediction,
    Predictor,
    check,
)
from popcorn_bench.harness.titlefile import Titled

ROWS = [
    Titled("a", "5-minute noodles that beat any restaurant!", "food", 8),
    Titled("b", "One bullet left and three enemies to go #ranked", "Game", 64),
    Titled("c", "", "games", 1),
    Titled("d", "Tulips in the rain", "gardening", 2),
]


@cache
def predictor() -> Predictor:
    return Predictor("popularity")


def predictions(rows: list[Titled]) -> list[Prediction]:
    return [found for _, batch in predictor().predict(rows) for found in batch]


def test_a_score_lies_in_its_interval_and_has_a_place_among_human_videos() -> None:
    found = predictions(ROWS)

    assert [item.id for item in found] == ["a", "b", "c", "d"]
    assert [item.category for item in found] == ["Delicacy", "Game", "Game", "Others"]
    for item in found:
        assert item.low < item.score < item.high
        assert 0 <= item.percentile <= 100


def test_batches_do_not_change_a_score_and_keep_the_order() -> None:
    many = [row._replace(id=str(n)) for n, row in enumerate(ROWS * 2500)]
    batches = list(predictor().predict(iter(many)))

    assert len(batches) > 1
    assert [row for rows, _ in batches for row in rows] == many
    alone = {row.title: found.score for row, found in zip(ROWS, predictions(ROWS), strict=True)}
    for rows, found in batches:
        assert [item.id for item in found] == [row.id for row in rows]
        assert all(alone[r.title] == f.score for r, f in zip(rows, found, strict=True))


def test_topics_without_a_category_are_counted_and_a_few_are_named() -> None:
    rows = [*ROWS, *(Titled("x", "t", f"topic {n}") for n in range(10)), Titled("o", "t", "others")]
    found = check(rows, predictor())

    assert found.rows == 15
    assert found.unknown.rows == 11
    assert found.unknown.topics["gardening"] == 1
    assert len(found.unknown.topics) == 5


def test_a_hint_is_a_topic_or_a_category() -> None:
    assert predictor().suggest("foood") == "; did you mean 'food'?"
    assert predictor().suggest("Delicasy") == "; did you mean 'Delicacy'?"
    assert predictor().suggest("quantum") == ""


def test_percentiles_of_the_catch_all_are_among_all() -> None:
    assert predictor().compared_with("Delicacy") == "Delicacy"
    assert predictor().compared_with("Others") == "all categories"
    assert predictor().compared_with("no such category") == "all categories"


def test_figures_are_over_the_labelled_rows_of_the_whole_set() -> None:
    measured = Measured()
    assert measured.accuracy() is None
    scores = [1.0, 2.0, 4.0, 3.0]
    for count, score in zip([2, 4, 8, None, 16], [*scores[:3], 9.0, scores[3]], strict=True):
        row = Titled("i", "t", "c", count)
        measured.add([row], [Prediction("i", score, 0, 5, 50, "Game")])
    found = measured.accuracy()

    assert found is not None
    assert found.n == 4
    assert found.mae == 0.5  # labels 1, 2, 3, 4
    assert found.nmse == 0.4  # (1 + 1) / 4 over 1.25
    assert found.src == 0.8


def test_what_moved_the_score_is_told_and_neighbours_need_a_corpus() -> None:
    found = predictor().explain(ROWS[0], None)

    assert found.prediction == predictions(ROWS[:1])[0]
    assert found.neighbours is None
    assert 2 <= len(found.moved) <= 8
    sizes = [abs(item.effect) for item in found.moved[:-1]]  # the last is everything else
    assert sizes == sorted(sizes, reverse=True)
    assert all(item.feature.strip() for item in found.moved)


@pytest.fixture
def corpus_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("POPCORN_CACHE", str(tmp_path / "cache"))
    titles = ["noodles in five minutes", "a cat on a roof", "the last boss, again", "noodles again"]
    tags = ["Delicacy", "Animal", "Game", "Delicacy"]
    folder = tmp_path / "microlens"
    folder.mkdir()
    for name, head, cells in (
        ("MicroLens-100k_title_en.csv", "video_id, title", titles),
        ("tags_to_summary.csv", "video_id, tag", tags),
        ("video_label_comment_count.csv", "video_id,comment_count", ["5", "6", "7", "8"]),
    ):
        lines = [head, *(f"{n},{cell}" for n, cell in enumerate(cells, start=1))]
        (folder / name).write_text("\n".join(lines))
    return folder


def test_the_nearest_human_titles_come_first(corpus_folder: Path) -> None:
    row = Titled("", "noodles in five minutes", "food")
    found = predictor().explain(row, NeighbourCorpus(corpus_folder, 2)).neighbours

    assert found is not None
    assert len(found) == 2
    assert (found[0].id, found[0].title, found[0].comments) == ("1", row.title, 5)
    assert found[0].similarity >= found[1].similarity
    assert found[1].title == "noodles again"


def test_an_evaluator_that_cannot_predict_titles_is_refused() -> None:
    with pytest.raises(UsageError):
        Predictor("popularty")
