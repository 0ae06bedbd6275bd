"""A predictor that learned from what an LLM was shown ranks nobody."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from popcorn_bench.leaderboard.board import board
from popcorn_bench.leaderboard.export import to_json
from tests.leaderboard.index import Index
from tests.leaderboard.trust.made import POP, everywhere, page

_CLEAN = "clean-1"


def _leaking(index: Index, *, clean: bool = True) -> None:
    """Both predictors on two LLMs in two modes; the first one knows rows that `pe` showed."""
    queries = index.simple_task(10, metrics=["popularity"])
    index.evaluator(POP, "popularity", name="popularity")
    index.mode("basic", "basic")
    index.mode("ab12", "pe", references=5, corpus="mine")
    names = [(POP, "popularity")]
    if clean:
        index.evaluator(_CLEAN, "popularity_disjoint", name="popularity-disjoint")
        names.append((_CLEAN, "popularity_disjoint"))
    for k, llm in enumerate("ab"):
        index.llm(llm)
        for evaluator, metric in names:
            for mode in ("basic", "ab12"):
                values = {q: k + i % 3 + 0.01 * (i * (k + 2) % 5) for i, q in enumerate(queries)}
                index.score((llm, "", mode, evaluator), metric, values)
    index.leak("ab12", POP, 120)
    index.leak("basic", "another", 9)


def test_a_leaking_metric_does_not_rank_and_stands_last(index: Index) -> None:
    _leaking(index)
    made = board(index.connection)
    assert [table.card.name for table in made.tables] == ["popularity_disjoint", "popularity"]
    ranked = {table.card.name: table.ranked for table in made.tables}
    assert ranked == {"popularity_disjoint": True, "popularity": False}
    for row in made.rows:
        leaks = row.metric == "popularity" and row.mode == "pe"
        assert ("leakage" in row.flags) == leaks
    for by in ("llm", "topic"):
        rows = board(index.connection, by=by, metric="popularity").rows
        assert all("leakage" in row.flags and row.rank_low is None for row in rows)


def test_without_the_mode_there_is_no_leak(index: Index) -> None:
    _leaking(index)
    made = board(index.connection, mode="basic")
    assert [table.card.name for table in made.tables] == ["popularity", "popularity_disjoint"]
    assert all(table.ranked for table in made.tables)
    assert not any("leakage" in row.flags for row in made.rows)


@pytest.mark.parametrize("clean", [True, False])
def test_the_note_says_what_ranks_instead(index: Index, tmp_path: Path, *, clean: bool) -> None:
    _leaking(index, clean=clean)
    instead = (
        "It is ranked by popularity_disjoint (popularity-disjoint 1) instead."
        if clean
        else "Nothing here ranks in its place."
    )
    for shown in everywhere(index, tmp_path):
        assert (
            "trained on corpus rows that an LLM may have been shown (120 rows in mode pe)" in shown
        )
        assert instead in shown
    trust = json.loads(to_json(board(index.connection, metric="popularity")))["meta"]["trust"]
    assert trust[0]["leaks"] == {"pe": 120}
    want = "popularity_disjoint (popularity-disjoint 1)" if clean else None
    assert trust[0]["ranked_instead_by"] == want
    assert '<span class="tag warn">leakage</span>' in page(index, tmp_path)


def test_a_change_by_a_leaking_metric_carries_a_warning(index: Index, tmp_path: Path) -> None:
    _leaking(index)
    made = board(index.connection)
    assert {(u.metric, u.leakage) for u in made.uplift} == {
        ("popularity", True),
        ("popularity_disjoint", False),
    }
    for shown in everywhere(index, tmp_path):
        assert shown.count("a gain may be its memory") == 1


def test_a_metric_of_another_family_does_not_stand_in(index: Index) -> None:
    """Aesthetics are clean and rank: they say nothing of popularity."""
    _leaking(index, clean=False)
    index.evaluator("q", "aesthetics", name="quality")
    values = {f"q{i:03d}": float(i) for i in range(10)}
    index.score(("a", "", "basic", "q"), "aesthetics", values)
    [leaking] = [table for table in board(index.connection).tables if table.trust.leaks]
    assert leaking.trust.instead == ""


def test_no_leaked_row_is_no_leak(index: Index) -> None:
    _leaking(index)
    index.connection.execute("UPDATE leaks SET rows = 0")
    assert all(table.ranked for table in board(index.connection).tables)
