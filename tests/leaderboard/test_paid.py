"""What a row cost: briefs, its own clips and its scores, each paid once, unknown where one is."""

from __future__ import annotations

import pytest

from popcorn_bench.leaderboard.board import board
from tests.leaderboard.index import Index, one_row

_POP, _JUDGE = "popularity-1", "judge-1"


def _judged(index: Index, **judge: object) -> list[str]:
    """One LLM, clips of `api` at 0.40 each and of `local` for nothing, and a judge of clips."""
    queries = index.simple_task(4)
    index.llm("a")
    index.evaluator(_POP, "popularity")
    index.evaluator(_JUDGE, "appeal", inputs=("video",), settings=judge)
    index.score(("a", "", "basic", _POP), "popularity", dict.fromkeys(queries, 1.0))
    for video, price in (("api", 0.4), ("local", 0.0)):
        index.video(video)
        index.score(("a", video, "basic", _JUDGE), "appeal", dict.fromkeys(queries, 1.0))
        for query in queries:
            index.clip(query, "a", video, cost_usd=price)
    for query in queries:
        index.brief(query, "a", cost_usd=0.25)
    return queries


def _costs(index: Index, by: str | None = None) -> dict[tuple[str, str | None], float | None]:
    made = board(index.connection, by=by)
    flagged = {(row.cost_usd is None, "cost_unknown" in row.flags) for row in made.rows}
    assert flagged <= {(True, True), (False, False)}
    return {(row.metric, row.video): row.cost_usd for row in made.rows}


def test_a_row_of_a_generator_costs_its_briefs_and_its_own_clips(index: Index) -> None:
    _judged(index)
    assert _costs(index) == pytest.approx(
        {("popularity", None): 1.0, ("appeal", "api"): 2.6, ("appeal", "local"): 1.0}
    )
    assert _costs(index, "llm")["appeal", None] == pytest.approx(2.6), "both generators together"
    by_topic = board(index.connection, by="topic", metric="appeal").rows
    assert [row.cost_usd for row in by_topic] == pytest.approx([1.3, 1.3])


def test_a_clip_is_paid_for_once_and_failed_attempts_are_too(index: Index) -> None:
    queries = _judged(index)
    index.connection.execute("UPDATE videos SET reused = true WHERE query_id = ?", [queries[0]])
    index.failure(queries[1], "a", "video", video_id="api", cost_usd=0.05)
    index.failure(queries[1], "a", "score", video_id="local", evaluator_id=_JUDGE, cost_usd=0.01)
    found = _costs(index)
    assert found["appeal", "api"] == pytest.approx(1.0 + 3 * 0.4 + 0.05)
    assert found["appeal", "local"] == pytest.approx(1.0 + 0.01)


def test_covers_are_no_part_of_a_row(index: Index) -> None:
    queries = _judged(index)
    index.clip(queries[0], "a", "painter", stage="cover", cost_usd=9.0)
    assert _costs(index)["appeal", "local"] == pytest.approx(1.0)


def test_one_clip_of_unknown_price_makes_the_cost_unknown(index: Index) -> None:
    queries = _judged(index)
    where = f"query_id = '{queries[0]}' AND video_id = 'api'"
    index.connection.execute(f"UPDATE videos SET cost_usd = NULL WHERE {where}")
    found = _costs(index)
    assert found["appeal", "api"] is None
    assert found["appeal", "local"] == pytest.approx(1.0)
    assert found["popularity", None] == pytest.approx(1.0), "it does not see the clip"
    index.connection.execute(f"UPDATE videos SET peak_gb = 20 WHERE {where}")
    assert _costs(index)["appeal", "api"] == pytest.approx(2.2), "a GPU of our own asks nothing"


def test_scores_cost_what_their_evaluator_asked(index: Index) -> None:
    _judged(index, model="openai/eyes", api_base="")
    assert _costs(index)["appeal", "local"] is None, "it calls a model, and no price is known"
    index.connection.execute("UPDATE scores SET cost_usd = 0.02 WHERE evaluator_id = ?", [_JUDGE])
    found = _costs(index)
    assert found["appeal", "api"] == pytest.approx(2.6 + 4 * 0.02)
    assert found["appeal", "local"] == pytest.approx(1.0 + 4 * 0.02)
    assert found["popularity", None] == pytest.approx(1.0)


def test_the_cost_of_a_call_stands_at_one_of_its_metrics(index: Index) -> None:
    queries = _judged(index, api_base="")
    index.connection.execute("UPDATE scores SET cost_usd = 0.02 WHERE evaluator_id = ?", [_JUDGE])
    index.insert("metrics", evaluator_id=_JUDGE, metric="flips", direction="none")
    for video in ("api", "local"):
        cell = ("a", video, "basic", _JUDGE)
        index.score(cell, "flips", dict.fromkeys(queries, 0.0))
    found = _costs(index)
    assert found["appeal", "local"] == found["flips", "local"] == pytest.approx(1.08)


def test_other_modes_and_tasks_are_not_paid_for_here(index: Index) -> None:
    queries = _judged(index)
    index.clip(queries[0], "a", "api", mode="pe", cost_usd=5.0)
    index.task([(queries[0], "concrete", "food")], "task-9", "other")
    index.clip(queries[0], "a", "api", task_id="task-9", cost_usd=7.0)
    row = one_row(board(index.connection), task="popcorn", metric="appeal", video="api")
    assert row.cost_usd == pytest.approx(2.6)
