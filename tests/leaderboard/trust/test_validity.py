"""The predictor card: held-out figures beside the board."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from popcorn_bench.leaderboard.board import board
from popcorn_bench.leaderboard.export import to_json
from tests.leaderboard.index import Index
from tests.leaderboard.trust.made import (
    POP,
    VALIDITY,
    everywhere,
    page,
    predicted,
    record,
    terminal,
)


def test_held_out_figures_stand_everywhere(index: Index, tmp_path: Path) -> None:
    predicted(index, [[1.0], [2.0]], validity=VALIDITY)
    for shown in everywhere(index, tmp_path):
        assert "SRC 0.491, nMSE 0.753, MAE 1.190 points on 1,974 held-out human videos" in shown
        assert "calibration slope 1.02, intercept -0.10; predictor 0123456789ab." in shown
        assert "90% intervals hold 90.3% of held-out labels, valid for human-like titles." in shown
        assert "SRC by topic from 0.410 (food) to 0.550 (film)." in shown


def test_figures_of_two_tasks_stand_once(index: Index, tmp_path: Path) -> None:
    queries = predicted(index, [[1.0], [2.0]], validity=VALIDITY)
    kinds = [(q, "concrete", ("food", "film")[i % 2]) for i, q in enumerate(queries)]
    index.task(kinds, task_id="task-9", name="other")
    scores = "SELECT * REPLACE ('task-9' AS task_id) FROM scores"
    index.connection.execute(f"INSERT INTO scores {scores}")
    made = json.loads(to_json(board(index.connection)))
    assert [known["validity"]["src"] for known in made["meta"]["trust"]] == [0.4912, 0.4912]
    for shown in everywhere(index, tmp_path):
        assert shown.count("SRC 0.491, nMSE 0.753") == 1
        assert shown.count("The same as above for popularity, other.") == 1
        panel = shown.partition("How far to trust these numbers")[2]
        assert panel.count("Families and seeds") >= 2, "what is of the task stands with each"


def test_other_topics_of_a_second_task_are_told(index: Index, tmp_path: Path) -> None:
    queries = predicted(index, [[1.0], [2.0]], validity=VALIDITY)
    index.task([(q, "concrete", "sports") for q in queries], task_id="task-9", name="other")
    scores = "SELECT * REPLACE ('task-9' AS task_id) FROM scores"
    index.connection.execute(f"INSERT INTO scores {scores}")
    for shown in everywhere(index, tmp_path):
        assert shown.count("SRC 0.491, nMSE 0.753") == 2
        assert "The same as above" not in shown


def test_a_gap_of_one_task_names_it(index: Index, tmp_path: Path) -> None:
    """Two tasks, equal in all but that only one was probed."""
    queries = predicted(index, [[1.0], [2.0]], validity=VALIDITY)
    index.task([(q, "concrete", "food") for q in queries], task_id="task-9", name="other")
    scores = "SELECT * REPLACE ('task-9' AS task_id) FROM scores"
    index.connection.execute(f"INSERT INTO scores {scores}")
    index.shift("a", 0.6, POP)
    index.shift("a", 0.6, POP, task_id="task-9")
    index.probe("popularity", "title_emptied", POP, n=9, original=2.0, altered=1.0, se=0.1)
    for shown in everywhere(index, tmp_path):
        assert "Not measured for popularity on other: altered inputs, re-run noise." in shown
        assert "Not measured for popularity:" not in shown


def test_why_there_is_no_agreement_is_said(index: Index) -> None:
    predicted(index, [[1.0], [2.0]])
    index.connection.execute("DELETE FROM scores WHERE llm_id = 'b'")
    assert "families and seeds (fewer than two ranked rows)" in " ".join(terminal(index).split())


def test_only_topics_of_the_task_are_told(index: Index, tmp_path: Path) -> None:
    predicted(index, [[1.0], [2.0]], validity=VALIDITY)
    found = record(index)["validity"]
    assert found["by_topic"]["food"]["halfwidth"] == 2.4
    assert set(found["by_topic"]) == {"food", "film"}
    assert "later" not in found
    assert "sports" not in page(index, tmp_path)


@pytest.mark.parametrize(
    "document", [{}, {"src": "high"}, {"src": None, "by_topic": {"food": 3}}, {"later": 1}]
)
def test_what_cannot_be_read_is_not_measured(index: Index, document: dict[str, object]) -> None:
    predicted(index, [[1.0], [2.0]], validity=document)
    assert record(index)["validity"] is None
    assert "Not measured for popularity: held-out figures, " in " ".join(terminal(index).split())


def test_two_settings_or_versions_of_an_evaluator_are_two_tables(index: Index) -> None:
    """Scores of different evaluators are never averaged nor ranked together."""
    queries = predicted(index, [[1.0], [2.0]])
    index.evaluator("ef56", "popularity", name="popularity", settings={"bait": "off"})
    index.evaluator("9876", "popularity", name="popularity", version="2")
    for evaluator, level in (("ef56", 50.0), ("9876", 90.0)):
        for llm in "ab":
            values = {q: level + i % 3 for i, q in enumerate(queries)}
            index.score((llm, "", "basic", evaluator), "popularity", values)
    tables = board(index.connection).tables
    assert {table.card.evaluator_id: table.evaluator for table in tables} == {
        POP: "popularity 1 #popu",
        "ef56": "popularity 1 #ef56",
        "9876": "popularity 2",
    }
    means = {table.card.evaluator_id: [row.mean for row in table.rows] for table in tables}
    assert all(mean is not None and 51 <= mean <= 51.1 for mean in means["ef56"])
    assert all(mean is not None and 91 <= mean <= 91.1 for mean in means["9876"])
    assert [len(table.rows) for table in tables] == [2, 2, 2]


def test_the_manifest_tells_evaluators_apart_without_naming_hosts(
    index: Index, tmp_path: Path
) -> None:
    predicted(index, [[1.0], [2.0]], settings={"bait": "off", "api_base": "http://10.0.0.7"})
    manifest = page(index, tmp_path).partition('id="manifest"')[2]
    assert "<code>{&#34;bait&#34;: &#34;off&#34;}</code>" in manifest
    assert f"<code>{POP}</code>" in manifest
    assert "10.0.0.7" not in manifest
