"""Families and seeds of a predictor that agree or not on the order of a table."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import kendalltau

from popcorn_bench.leaderboard.board import board
from popcorn_bench.leaderboard.export import to_json
from popcorn_bench.leaderboard.trust.agreement.compute import agreement
from tests.leaderboard.index import Index, one_row
from tests.leaderboard.trust.made import POP, everywhere, page, predicted, record, terminal


def test_each_member_ranks_anew(index: Index, tmp_path: Path) -> None:
    """Ridge and trees 1 order the LLMs as the table does, trees 2 the other way round."""
    predicted(index, [[9.0, 9.0, 1.0], [6.0, 6.0, 2.0], [3.0, 3.0, 3.0], [0.0, 0.0, 4.0]])
    found = record(index)["agreement"]
    assert {m["name"]: m["tau"] for m in found["members"]} == {
        "ridge": 1.0, "trees 1": 1.0, "trees 2": -1.0,
    }  # fmt: skip
    assert {f["name"]: (f["n"], f["mean"], f["least"]) for f in found["families"]} == {
        "ridge": (1, 1.0, 1.0),
        "trees": (2, 0.0, -1.0),
    }
    assert found["tau_mean"] == pytest.approx(1 / 3)
    assert (found["rows"], found["queries"], found["dependent"]) == (4, 30, 4)
    for shown in everywhere(index, tmp_path):
        assert "mean 0.33, least -1.00 (trees 2)" in shown
        assert "4 of 4 rows would leave the rank range under another member." in shown
    assert all("predictor_dependent" in row.flags for row in board(index.connection).rows)
    assert "D  another part of the predictor" in terminal(index)
    assert '<span class="tag warn">predictor dependent</span>' in page(index, tmp_path)


def test_only_rows_that_leave_their_range_are_marked(index: Index) -> None:
    """Member 2 swaps the two at the end; the first keeps its place under every member."""
    predicted(index, [[9.0, 9.0], [6.0, 3.0], [3.0, 5.0]])
    made = board(index.connection)
    assert [(r.llm, r.rank_low, "predictor_dependent" in r.flags) for r in made.rows] == [
        ("a", 1, False), ("b", 2, True), ("c", 3, True),
    ]  # fmt: skip


def test_a_wide_range_holds_what_members_do(index: Index) -> None:
    """The same swap between rows that the data cannot tell apart is no dependence."""
    predicted(index, [[3.1, 3.1], [3.1, 3.0], [3.0, 3.1]], spread=2.0)
    made = board(index.connection)
    assert {(row.rank_low, row.rank_high) for row in made.rows} == {(1, 3)}
    assert not any("predictor_dependent" in row.flags for row in made.rows)


def test_two_rows_have_an_order_and_no_correlation(index: Index, tmp_path: Path) -> None:
    predicted(index, [[9.0, 1.0, 9.0], [6.0, 2.0, 6.0]])
    found = record(index)["agreement"]
    assert found["tau_mean"] is None
    assert [m["same_order"] for m in found["members"]] == [True, False, True]
    for shown in everywhere(index, tmp_path):
        assert "Of 3 members of the predictor, 2 put the two rows in the table's order." in shown


def test_lower_is_better_where_the_metric_says_so(index: Index) -> None:
    predicted(index, [[9.0, 9.0], [6.0, 3.0], [3.0, 5.0]], direction="lower")
    rows = board(index.connection).rows
    assert [(r.llm, "predictor_dependent" in r.flags) for r in rows] == [
        ("c", True), ("b", True), ("a", False),
    ]  # fmt: skip


def test_members_are_judged_on_the_queries_that_all_have(index: Index) -> None:
    """A score without members (of an older record) leaves its query out; seeds are averaged."""
    queries = predicted(index, [[9.0, 9.0, 9.0], [6.0, 6.0, 6.0], [3.0, 3.0, 3.0]])
    index.connection.execute("UPDATE scores SET members = [] WHERE query_id IN ('q000', 'q001')")
    index.connection.execute("UPDATE scores SET members = NULL WHERE query_id = 'q002'")
    found = record(index)["agreement"]
    assert (found["queries"], found["tau_mean"]) == (27, 1.0)
    for llm in "abc":
        far = {q: [99.0, 99.0, 99.0] for q in queries}
        same = {"a": 9.0, "b": 6.0, "c": 3.0}
        values = {q: same[llm] + i % 5 for i, q in enumerate(queries)}
        wrong = {q: [-v[0] * "abc".index(llm), *v[1:]] for q, v in far.items()}
        index.score((llm, "", "basic", POP), "popularity", values, seed=2, members=wrong)
    assert {m["tau"] for m in record(index)["agreement"]["members"]} == {1.0}


def test_nothing_is_said_without_members_or_ranks(index: Index) -> None:
    predicted(index, [[1.0], [2.0], [3.0]])
    index.connection.execute("UPDATE metrics SET members = []")
    assert record(index)["agreement"] is None
    assert "families and seeds" in terminal(index)
    index.connection.execute("UPDATE metrics SET members = ['ridge'], direction = 'none'")
    assert record(index)["agreement"] is None
    assert to_json(board(index.connection, by="topic"))


def test_aggregated_rows_average_their_cells_first(index: Index) -> None:
    """Two modes per LLM: the members' order is taken over both."""
    queries = predicted(index, [[9.0, 1.0], [6.0, 2.0], [3.0, 3.0]])
    for llm, level in (("a", [9.0, 9.0]), ("b", [6.0, 6.0]), ("c", [3.0, 3.0])):
        parts = {q: [x + i % 5 for x in level] for i, q in enumerate(queries)}
        values = {q: sum(given) / 2 for q, given in parts.items()}
        index.score((llm, "", "pe", POP), "popularity", values, members=parts)
    found = record(index, by="llm")["agreement"]
    assert (found["rows"], found["tau_mean"]) == (3, 1.0)
    assert record(index, mode="basic")["agreement"]["tau_least"] == -1.0
    assert one_row(board(index.connection, by="llm"), llm="a").rank_low == 1


@settings(deadline=None)
@given(st.integers(2, 6), st.integers(1, 4), st.integers(2, 5), st.integers(0, 2**32 - 1))
def test_agreement_is_that_of_scipy(rows: int, members: int, queries: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    given_ = rng.integers(0, 4, size=(rows, members, queries)).astype(np.float64)
    table = given_.mean(axis=1)
    every = [(1, rows)] * rows
    found = agreement([f"m {i}" for i in range(members)], given_, table, every, higher=True)
    assert found is not None
    assert not any(found.dependent), "nothing lies outside of all ranks"
    assert [family.name for family in found.families] == ["m"]
    own = table.mean(axis=1)
    for member, values in zip(found.members, given_.mean(axis=2).T, strict=True):
        if rows == 2 or np.ptp(own) < 1e-9 or np.ptp(values) < 1e-9:
            assert member.tau is None
        else:
            want = kendalltau(values.round(9), own.round(9)).statistic
            assert member.tau == pytest.approx(want)
