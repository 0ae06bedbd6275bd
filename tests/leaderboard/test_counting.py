"""Denominators, costs, who may be ranked, and the human row."""

from __future__ import annotations

import numpy as np
import pytest

from popcorn_bench.leaderboard.board import board
from tests.leaderboard.index import Index, one_row

_POP, _SHARP = "popularity-1", "quality-1"


def test_failures_stay_in_the_denominator(index: Index) -> None:
    """A failed brief fails all that hangs on it, a failed video what sees it, a score itself."""
    queries = index.simple_task(20)
    index.llm("a")
    index.video("x")
    index.evaluator(_POP, "popularity")
    index.evaluator(_SHARP, "sharpness", inputs=("video",))
    index.plan(queries, [("a", "", "basic", _POP), ("a", "x", "basic", _SHARP)])
    index.failure("q000", "a", "brief")
    index.failure("q001", "a", "video", video_id="x")
    index.failure("q002", "a", "score", evaluator_id=_POP)
    index.failure("q002", "a", "score", evaluator_id=_POP, done_at="2025-01-02")
    index.failure("q003", "a", "brief", done_at="2024-01-01")
    index.brief("q003", "a")
    index.score(("a", "", "basic", _POP), "popularity", dict.fromkeys([*queries[3:], "q001"], 1.0))
    index.score(("a", "x", "basic", _SHARP), "sharpness", dict.fromkeys(queries[2:], 1.0))
    made = board(index.connection)
    popular, sharp = made.rows
    assert (popular.n_scored, popular.n_failed, popular.n_planned) == (18, 2, 20)
    assert popular.fail_rate == pytest.approx(0.1)
    assert (sharp.n_scored, sharp.n_failed, sharp.n_planned) == (18, 2, 20)
    assert "incomplete" in popular.flags
    assert popular.rank_low is None


def test_a_cell_that_failed_wholly_is_aone_row(index: Index) -> None:
    queries = index.simple_task(4)
    index.llm("a")
    index.evaluator(_POP, "popularity")
    index.plan(queries, [("a", "", "basic", _POP)])
    for query in queries:
        index.failure(query, "a", "brief")
    [row] = board(index.connection).rows
    assert (row.mean, row.n_scored, row.n_planned, row.fail_rate) == (None, 0, 4, 1.0)
    assert row.flags == ("incomplete", "cost_unknown")


def test_two_runs_plan_the_same_place_once(index: Index) -> None:
    queries = index.simple_task(10)
    index.llm("a")
    index.evaluator(_POP, "popularity")
    cell = ("a", "", "basic", _POP)
    index.plan(queries[:4], [cell], run_id="first", partial=True)
    [row] = board(index.connection).rows
    assert (row.n_planned, row.flags) == (4, ("incomplete", "partial", "cost_unknown"))
    index.plan(queries, [cell], run_id="second")
    [row] = board(index.connection).rows
    assert (row.n_planned, "partial" in row.flags) == (10, False)


def test_costs_are_paid_once_and_unknown_where_a_price_is(index: Index) -> None:
    queries = index.simple_task(10)
    index.evaluator(_POP, "popularity")
    for llm, cost in (("a", 0.25), ("b", None), ("c", 0.25)):
        index.llm(llm)
        index.score((llm, "", "basic", _POP), "popularity", dict.fromkeys(queries, 1.0))
        for i, query in enumerate(queries):
            breaches = ["title_too_long"] if i < 2 else []
            index.brief(query, llm, cost_usd=cost, breaches=breaches, reused=llm == "c")
    index.failure("q000", "a", "brief", cost_usd=0.1, done_at="2024-01-01")
    made = board(index.connection)
    assert one_row(made, llm="a").cost_usd == pytest.approx(2.6), "failed attempts cost too"
    assert one_row(made, llm="b").cost_usd is None
    assert one_row(made, llm="b").flags == ("title_too_long 20%", "cost_unknown")
    assert one_row(made, llm="c").cost_usd == 0


def test_ranks_use_the_queries_that_all_have_and_say_how_many_were_dropped(index: Index) -> None:
    queries = index.simple_task(40)
    index.evaluator(_POP, "popularity")
    cells = [(llm, "", "basic", _POP) for llm in ("a", "b", "late")]
    for llm in ("a", "b", "late"):
        index.llm(llm)
    index.plan(queries, cells)
    for i, cell in enumerate(cells[:2]):
        kept = [q for j, q in enumerate(queries) if j != i]
        index.score(cell, "popularity", {q: float(j % 5 + i) for j, q in enumerate(kept)})
    index.score(cells[2], "popularity", dict.fromkeys(queries[:10], 9.0))
    table = board(index.connection).tables[0]
    assert (table.rank_queries, table.rank_dropped) == (38, 2)
    assert [r.llm for r in table.rows] == ["b", "a", "late"], "unranked rows stand below"
    assert table.rows[-1].rank_low is None


def test_a_small_trial_costs_nobody_their_queries(index: Index) -> None:
    queries = index.simple_task(40)
    index.evaluator(_POP, "popularity")
    for llm, part in (("a", queries), ("b", queries), ("trial", queries[:5])):
        index.llm(llm)
        cell = (llm, "", "basic", _POP)
        index.plan(part, [cell], run_id=llm, partial=llm == "trial")
        index.score(cell, "popularity", {q: float(i) for i, q in enumerate(part)})
    table = board(index.connection).tables[0]
    assert (table.rank_queries, table.rank_dropped) == (40, 0)
    assert one_row(board(index.connection), llm="trial").flags[:2] == ("fewer_queries", "partial")


def test_human_row_is_weighted_by_the_topics_of_the_queries(index: Index) -> None:
    index.task([(f"q{i}", "concrete", "food" if i < 3 else "film") for i in range(4)])
    index.llm("a")
    index.evaluator(_POP, "popularity")
    index.score(("a", "", "basic", _POP), "popularity", {f"q{i}": 1.0 for i in range(4)})
    for topic, start in (("food", 0.0), ("*", 10.0)):
        index.insert(
            "anchors",
            evaluator_id=_POP,
            metric="popularity",
            topic=topic,
            n=400,
            mean=start + 0.5,
            sd=0.3,
            quantiles=list(np.linspace(start, start + 1, 101)),
        )
    [human] = board(index.connection).human
    assert human.mean == pytest.approx(0.75 * 0.5 + 0.25 * 10.5)
    assert human.se == pytest.approx(0.3 * (0.75**2 / 400 + 0.25**2 / 400) ** 0.5)
    assert (human.p50, human.p90) == pytest.approx((2 / 3, 10.6))
    by_topic = board(index.connection, by="topic").human
    assert {h.topic: h.mean for h in by_topic} == pytest.approx({"food": 0.5, "film": 10.5})


def test_percentile_is_averaged_like_the_score(index: Index) -> None:
    queries = index.simple_task(4)
    index.llm("a")
    index.evaluator(_POP, "popularity")
    cell = ("a", "", "basic", _POP)
    index.score(cell, "popularity", dict.fromkeys(queries[:2], 1.0), percentile=30.0)
    index.score(cell, "popularity", dict.fromkeys(queries[2:], 1.0), percentile=50.0)
    [row] = board(index.connection).rows
    assert row.human_percentile == pytest.approx(40.0)
