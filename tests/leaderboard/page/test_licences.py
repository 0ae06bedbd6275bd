"""What licences rule out stands on the page, as text."""

from __future__ import annotations

from pathlib import Path

import duckdb

from benchmarks.board_data import Size, fill
from popcorn_bench.harness.licences import forbidden
from popcorn_bench.leaderboard.board import board
from popcorn_bench.leaderboard.html import write_html
from tests.leaderboard.pages import Page


def test_rules_are_found_by_name_and_licence_and_shown(tmp_path: Path) -> None:
    with duckdb.connect() as connection:
        fill(connection, Size(queries=2, llms=2, generators=3))
        rows = connection.execute("SELECT video_id FROM generators ORDER BY ALL").fetchall()
        first, second, _ = (row[0] for row in rows)
        connection.execute("UPDATE generators SET name = 'hunyuan' WHERE video_id <> ?", [first])
        connection.execute(
            "UPDATE generators SET licence = 'Tencent Hunyuan Community' WHERE video_id = ?",
            [second],
        )
        found = forbidden(connection)
        assert set(found) == {second}, "another licence is another model"
        assert any("EU" in rule for rule in found[second])
        rules = {**found, first: ("<script>alert(1)</script>",)}
        path = write_html(board(connection), connection, tmp_path, forbids=rules)
    text = " ".join(Page(path.read_text("utf-8")).text)
    assert "Tencent Hunyuan Community) forbids using outputs to improve other models; use" in text
    assert "forbids <script>alert(1)</script>." in text


def test_without_rules_nothing_is_said(tmp_path: Path) -> None:
    with duckdb.connect() as connection:
        fill(connection, Size(queries=2, llms=2, generators=2))
        assert forbidden(connection) == {}
        path = write_html(board(connection), connection, tmp_path)
    assert "forbids" not in path.read_text("utf-8")
