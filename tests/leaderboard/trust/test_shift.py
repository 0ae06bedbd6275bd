"""Titles that a predictor does not know."""

from __future__ import annotations

from pathlib import Path

import pytest

from popcorn_bench.leaderboard.board import board
from tests.leaderboard.index import Index
from tests.leaderboard.trust.made import POP, everywhere, page, predicted, record, terminal


def test_rows_far_from_human_titles_are_marked(index: Index, tmp_path: Path) -> None:
    predicted(index, [[1.0], [2.0], [3.0]])
    for llm, auc in (("a", 0.97), ("b", 0.8), ("c", 0.55)):
        index.shift(llm, auc, POP)
    marked = {row.llm: "extrapolation" in row.flags for row in board(index.connection).rows}
    assert marked == {"a": True, "b": False, "c": False}, "above .8, not at it"
    assert record(index)["shifts"][0] == {
        "llm": "a", "video": None, "mode": "basic", "auc": 0.97, "n": 100, "n_human": 900,
        "extrapolation": True,
    }  # fmt: skip
    for shown in everywhere(index, tmp_path):
        assert "AUC 0.55 to 0.97 (0.5: alike, 1: never alike)" in shown
        assert "Above 0.8 a score is extrapolation: a (basic)." in shown
    assert "X  what it made is unlike" in terminal(index)
    assert '<span class="tag warn">extrapolation</span>' in page(index, tmp_path)


def test_what_was_not_measured_is_said(index: Index, tmp_path: Path) -> None:
    predicted(index, [[1.0], [2.0]])
    assert record(index)["shifts"] == []
    for shown in everywhere(index, tmp_path):
        assert "Not measured for popularity: held-out figures, likeness to human videos" in shown


def test_runs_of_other_seeds_are_averaged_by_their_size(index: Index) -> None:
    predicted(index, [[1.0], [2.0]])
    index.shift("a", 0.9, POP, n=30)
    index.shift("a", 0.6, POP, n=10, seed=7)
    index.shift("b", 0.9, "another-evaluator")
    [found] = record(index)["shifts"]
    assert (found["auc"], found["n"]) == (pytest.approx(0.825), 40)


def test_a_mode_that_is_not_asked_for_marks_nothing(index: Index) -> None:
    queries = predicted(index, [[1.0], [2.0]])
    index.score(("a", "", "pe", POP), "popularity", dict.fromkeys(queries, 1.0))
    index.shift("a", 0.99, POP, mode="pe")
    rows = board(index.connection).rows
    assert [r.mode for r in rows if "extrapolation" in r.flags] == ["pe"]
    assert not any("extrapolation" in r.flags for r in board(index.connection, mode="basic").rows)
    assert record(index, mode="basic")["shifts"] == []
    by_llm = board(index.connection, by="llm").rows
    assert {r.llm for r in by_llm if "extrapolation" in r.flags} == {"a"}


def test_a_shift_of_clips_bears_on_all_that_have_them(index: Index) -> None:
    queries = index.simple_task(5)
    index.evaluator(POP, "mmra", inputs=("title", "video"))
    for video in "xy":
        index.video(video)
        for llm in "ab":
            index.score((llm, video, "basic", POP), "mmra", dict.fromkeys(queries, 1.0))
    index.shift("", 0.95, POP, mode="", video_id="x")
    marked = {(r.llm, r.video) for r in board(index.connection).rows if "extrapolation" in r.flags}
    assert marked == {("a", "x"), ("b", "x")}
    assert (record(index)["shifts"][0]["llm"], record(index)["shifts"][0]["video"]) == (None, "x")
