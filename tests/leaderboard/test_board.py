"""The board on data whose answers are known."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from popcorn_bench.errors import UsageError
from popcorn_bench.leaderboard.board import board
from tests.leaderboard.index import RUN, TASK, Index, one_row

_POP, _SHARP = "popularity-1", "quality-1"


def _crossed(index: Index, n: int = 8) -> list[str]:
    """Two LLMs x two generators x two modes; LLM a is 1 better, generator y 0.5."""
    queries = index.simple_task(n)
    for llm in "ab":
        index.llm(llm, baseline=llm == "b")
        for query in queries:
            for mode in ("basic", "pe"):
                index.brief(query, llm, mode)
    for video in "xy":
        index.video(video)
    index.evaluator(_POP, "popularity")
    index.evaluator(_SHARP, "sharpness", inputs=("video",))
    blind = [(llm, "", mode, _POP) for llm in "ab" for mode in ("basic", "pe")]
    seeing = [(llm, v, mode, _SHARP) for llm in "ab" for v in "xy" for mode in ("basic", "pe")]
    index.plan(queries, blind + seeing)
    noise = np.random.default_rng(5).normal(size=(len(blind + seeing), n))
    for cell, extra in zip(blind + seeing, noise, strict=True):
        level = (cell[0] == "a") + 0.5 * (cell[1] == "y")
        values = {
            q: level + i % 4 + 0.01 * e for i, (q, e) in enumerate(zip(queries, extra, strict=True))
        }
        index.score(cell, "popularity" if cell[3] == _POP else "sharpness", values)
    return queries


def test_cells_have_means_intervals_ranks_and_counts(index: Index) -> None:
    _crossed(index)
    made = board(index.connection)
    assert [(t.card.name, len(t.rows)) for t in made.tables] == [
        ("popularity", 4),
        ("sharpness", 8),
    ]
    row = one_row(made, metric="sharpness", llm="a", video="y", mode="pe")
    assert row.mean == pytest.approx(3.0, abs=0.02)
    assert None not in (row.ci_low, row.mean, row.ci_high)
    assert sorted([row.ci_high, row.mean, row.ci_low]) == [row.ci_low, row.mean, row.ci_high]  # type: ignore[type-var]  # none is None here
    assert (row.n_scored, row.n_planned, row.n_failed, row.fail_rate) == (8, 8, 0, 0.0)
    assert (row.rank_low, row.rank_high) == (1, 2)
    assert row.cost_usd == pytest.approx(8 * 0.5)
    assert one_row(made, metric="popularity", llm="b", mode="pe").flags == ("baseline",)
    assert all(r.video is None for r in made.rows if r.metric == "popularity")


def test_by_averages_with_equal_weight_and_nulls_the_rest(index: Index) -> None:
    _crossed(index)
    cells = board(index.connection)
    for by in ("llm", "video", "mode"):
        made = board(index.connection, by=by, metric="sharpness")
        for row in made.rows:
            assert [d for d in ("llm", "video", "mode") if getattr(row, d) is not None] == [by]
            name = getattr(row, by)
            parts = [
                r.mean for r in cells.rows if r.metric == "sharpness" and getattr(r, by) == name
            ]
            assert row.mean == pytest.approx(np.mean([p for p in parts if p is not None]))
            assert row.n_scored == row.n_planned == 32
    by_llm = board(index.connection, by="llm", metric="sharpness")
    assert [(r.llm, r.rank_low, r.rank_high) for r in by_llm.rows] == [("a", 1, 1), ("b", 2, 2)]
    assert by_llm.rows[0].cost_usd == pytest.approx(16 * 0.5), "a brief is paid once"


def test_by_topic_divides_the_queries_and_ranks_nothing(index: Index) -> None:
    _crossed(index)
    made = board(index.connection, by="topic", metric="sharpness")
    assert [(r.topic, r.n_scored, r.n_queries) for r in made.rows] == [
        ("film", 32, 4),
        ("food", 32, 4),
    ]
    assert all(r.rank_low is None and r.llm is None and r.kind is None for r in made.rows)
    assert {r.kind for r in board(index.connection, by="kind").rows} == {"concrete", "abstract"}
    assert sum(r.cost_usd or 0 for r in made.rows) == pytest.approx(32 * 0.5)


def test_a_metric_that_sees_no_video_ranks_no_generator(index: Index) -> None:
    _crossed(index)
    with pytest.raises(UsageError, match="popularity does not see the video"):
        board(index.connection, by="video", metric="popularity")
    assert {r.metric for r in board(index.connection, by="video").rows} == {"sharpness"}


def test_unknown_names_are_said_with_what_is_known(index: Index) -> None:
    _crossed(index)
    for wrong in (
        {"by": "llms"},
        {"metric": "popularty"},
        {"mode": "peh"},
        {"tasks": ["popcron"]},
    ):
        with pytest.raises(UsageError, match="is not here"):
            board(index.connection, **wrong)
    assert {r.mode for r in board(index.connection, mode="pe").rows} == {"pe"}
    assert (
        board(index.connection, tasks=[TASK]).rows
        == board(index.connection, tasks=["popcorn"]).rows
    )


def test_an_empty_index_gives_an_empty_board(index: Index) -> None:
    assert board(index.connection).rows == ()


def test_lower_is_better_and_descriptions_are_not_ranked(index: Index) -> None:
    queries = index.simple_task(10)
    index.evaluator("e", "flicker", direction="lower")
    index.evaluator("f", "motion", direction="none")
    for i, llm in enumerate(("worse", "better")):
        index.llm(llm)
        for evaluator, metric in (("e", "flicker"), ("f", "motion")):
            values = {q: 5.0 - i + 0.1 * j for j, q in enumerate(queries)}
            index.score((llm, "", "basic", evaluator), metric, values)
    made = board(index.connection)
    assert [(r.llm, r.rank_low) for r in made.rows if r.metric == "flicker"] == [
        ("better", 1),
        ("worse", 2),
    ]
    assert all(r.rank_low is None for r in made.rows if r.metric == "motion")


def test_seeds_and_repeats_are_averaged_before_queries(index: Index) -> None:
    """Query 0 has many seeds and must not weigh more."""
    queries = index.simple_task(2)
    index.llm("a")
    index.evaluator(_POP, "popularity")
    cell = ("a", "", "basic", _POP)
    index.plan(queries, [cell], seeds=(1, 2), repeats=2)
    for seed in (1, 2):
        for repeat in (0, 1):
            index.score(cell, "popularity", {"q000": 4.0 + seed}, seed=seed, repeat=repeat)
    index.score(cell, "popularity", {"q001": 0.5}, seed=1)
    [row] = board(index.connection).rows
    assert row.mean == pytest.approx((5.5 + 0.5) / 2)
    assert (row.n_queries, row.n_scored, row.n_planned) == (2, 5, 8)


def test_rows_with_one_name_are_told_apart(index: Index) -> None:
    queries = index.simple_task(3)
    index.llm("ab12cd", name="gpt")
    index.llm("ab12ef", name="gpt")
    index.llm("other", name="gpt-2")
    index.evaluator(_POP, "popularity")
    for llm in ("ab12cd", "ab12ef", "other"):
        index.score((llm, "", "basic", _POP), "popularity", dict.fromkeys(queries, 1.0))
    names = {row.llm for row in board(index.connection).rows}
    assert names == {"gpt #ab12c", "gpt #ab12e", "gpt-2"}


def test_versions_of_a_task_or_evaluator_never_share_aone_row(index: Index) -> None:
    index.task([("q1", "concrete", "food"), ("q2", "concrete", "food")], name="popcorn")
    index.task([("q1", "concrete", "food")], task_id="task-9", name="popcorn")
    index.llm("a")
    for evaluator in ("pop-1", "pop-2"):
        index.evaluator(evaluator, "popularity", name="popularity")
        index.score(("a", "", "basic", evaluator), "popularity", {"q1": 1.0, "q2": 2.0})
    index.connection.execute("UPDATE scores SET task_id = 'task-9' WHERE evaluator_id = 'pop-2'")
    index.connection.execute("DELETE FROM scores WHERE task_id = 'task-9' AND query_id = 'q2'")
    made = board(index.connection)
    assert [(r.task, r.evaluator, r.n_scored) for r in made.rows] == [
        ("popcorn #task-0", "popularity 1 #pop-1", 2),
        ("popcorn #task-9", "popularity 1 #pop-2", 1),
    ]
    assert made.rows[1].ci_low is None, "one query has no interval"


def test_rows_with_other_columns_are_not_ranked_against_each_other(index: Index) -> None:
    queries = _crossed(index)
    index.llm("c")
    cell = ("c", "y", "pe", _SHARP)
    index.plan(queries, [cell], run_id="later")
    index.score(cell, "sharpness", dict.fromkeys(queries, 99.0))
    made = board(index.connection, by="llm", metric="sharpness")
    assert [r.llm for r in made.rows] == ["a", "b", "c"]
    assert "unbalanced" in made.rows[2].flags
    assert made.rows[2].rank_low is None


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 4), st.integers(0, 2), st.floats(-100, 100)),
        min_size=1,
        max_size=30,
        unique_by=lambda t: t[:2],
    ),
    st.randoms(use_true_random=False),
)
def test_order_of_rows_changes_nothing(
    scores: list[tuple[int, int, float]], random: object
) -> None:
    """Per query first, then over queries, whatever the order of insertion."""
    shuffled = list(scores)
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis types its Random as object
    boards = []
    for order in (scores, shuffled):
        index = Index()
        index.simple_task(5)
        index.llm("a")
        index.evaluator(_POP, "popularity")
        for query, seed, value in order:
            index.score(("a", "", "basic", _POP), "popularity", {f"q{query:03d}": value}, seed=seed)
        boards.append(board(index.connection).rows[0])
    first, second = boards
    per_query = {q: [v for other, _, v in scores if other == q] for q, _, _ in scores}
    assert first.mean == pytest.approx(np.mean([np.mean(v) for v in per_query.values()]), abs=1e-9)
    assert first.mean == pytest.approx(second.mean, abs=1e-9)
    assert first.n_queries == second.n_queries == len(per_query)
    assert first.n_scored == len(scores)
    if first.ci_low is not None:
        assert first.mean is not None
        assert first.ci_high is not None
        assert first.ci_low <= first.mean <= first.ci_high


@pytest.mark.shared
def test_board_agrees_with_the_reference(index: Index, stats_folder: Path) -> None:
    with (stats_folder / "crossed.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    want = json.loads((stats_folder / "expected.json").read_text())
    index.task(sorted({(r["query"], r["type"], r["topic"]) for r in rows}))
    index.evaluator(_SHARP, "rating", inputs=("video",))
    for llm in sorted({r["llm"] for r in rows}):
        index.llm(llm)
    for video in sorted({r["gen"] for r in rows}):
        index.video(video)
    cells: dict[tuple[str, str, str, int], dict[str, float]] = {}
    for r in rows:
        place = (r["llm"], r["gen"], r["mode"], int(r["seed"]))
        cells.setdefault(place, {})[r["query"]] = float(r["score"])
    for (llm, video, mode, seed), values in cells.items():
        index.score((llm, video, mode, _SHARP), "rating", values, seed=seed)
    plain = one_row(board(index.connection), llm="llm_a", video="gen_x", mode="basic")
    assert plain.mean == pytest.approx(want["cell"]["mean"], abs=6e-9)
    assert plain.se == pytest.approx(want["cell"]["se_query"], abs=6e-9)
    assert (plain.n_scored, plain.n_queries) == (80, 40)
    for by, key in (("llm", "llm_marginal"), ("video", "gen_marginal")):
        made = board(index.connection, by=by, mode="basic")
        for row in made.rows:
            name = getattr(row, by)
            assert row.mean == pytest.approx(want[key]["estimate"][name], abs=6e-9)
            assert [row.ci_low, row.ci_high] == pytest.approx(want[key]["ci95"][name], abs=6e-9)
            assert [row.rank_low, row.rank_high] == want[key]["rank_ci_simultaneous_95"][name]


def test_run_is_named(index: Index) -> None:
    _crossed(index)
    assert [run.run_id for run in board(index.connection).runs] == [RUN]
    assert not board(index.connection).baselines_only
