"""What the page says of runs, and of rows that are not ranked."""

from __future__ import annotations

import json

from popcorn_bench.leaderboard.board import board
from popcorn_bench.leaderboard.manifest import run_record
from popcorn_bench.leaderboard.page.changes import run_lines, unranked_rows
from tests.leaderboard.index import Index

_POP = "popularity-1"


def _filled(index: Index, *llms: str) -> None:
    queries = index.simple_task(1)
    index.evaluator(_POP, "popularity")
    for llm in llms:
        index.llm(llm)
        index.score((llm, "", "basic", _POP), "popularity", dict.fromkeys(queries, 1.0))


def test_a_row_alone_is_not_said_to_share_too_little_with_others(index: Index) -> None:
    _filled(index, "a")
    assert [why for *_, why in unranked_rows(board(index.connection))] == ["there is no other row"]


def test_rows_on_one_query_share_too_few(index: Index) -> None:
    _filled(index, "a", "b")
    whys = {why for *_, why in unranked_rows(board(index.connection))}
    assert whys == {"too few queries are shared with the other rows"}


def test_imported_scores_are_called_so(index: Index) -> None:
    _filled(index, "a")
    spec = json.dumps({"import": "people.csv", "sha256": "0" * 64})
    index.insert("runs", run_id="r1", status="finished", spec=spec)
    index.insert("runs", run_id="r2", status="finished", spec=json.dumps({"seed": 3}))
    made = board(index.connection)
    assert {what for _, what in run_lines(made)} == {
        "scores imported from people.csv, run r1, finished",
        "run r2, finished",
    }
    assert {run_record(run)["imported"] for run in made.runs} == {"people.csv", ""}
