"""Scores of several versions are never mixed, and whoever publishes is told."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl

from tests.leaderboard.index import TASK, Index
from tests.leaderboard.publish.filled import filled, publish


def _manifest(folder: Path) -> list[str]:
    found: list[str] = json.loads((folder / "manifest.json").read_text())["apart"]
    return found


def test_one_version_of_all_needs_no_word(index: Index, tmp_path: Path) -> None:
    assert publish(filled(index), tmp_path / "a").apart == ()


def test_two_versions_of_a_predictor_stand_apart(index: Index, tmp_path: Path) -> None:
    filled(index)
    index.evaluator("pop-3", "popularity", name="pop", version="3")
    for llm in ("llm-0", "llm-1"):
        index.score((llm, "", "basic", "pop-3"), "popularity", {"q000": 50.0, "q001": 60.0})
    made = publish(index, tmp_path / "a")
    [line] = made.apart
    assert "pop 2 / pop 3" in line
    assert _manifest(tmp_path / "a") == [line]
    assert "kept apart" in (tmp_path / "a" / "README.md").read_text()
    cells = pl.read_parquet(tmp_path / "a" / "cells.parquet").filter(metric="popularity")
    assert cells.group_by("evaluator_version").len()["len"].to_list() == [2, 2]
    assert cells.filter(pl.col("mean") > 40)["evaluator_version"].unique().to_list() == ["3"]
    pairs = pl.read_parquet(tmp_path / "a" / "pairs.parquet").filter(metric="popularity")
    assert pairs.height == 2, "one pair per version, none across"


def test_two_contents_of_a_task_stand_apart(index: Index, tmp_path: Path) -> None:
    filled(index)
    index.task([("q000", "concrete", "food")], task_id="task-1")
    index.many(
        "scores",
        ("task_id", "query_id", "llm_id", "video_id", "mode", "evaluator_id", "seed", "repeat",
         "metric", "score", "done_at"),
        [("task-1", "q000", "llm-0", "", "basic", "pop", 0, 0, "popularity", 99.0, "2025-01-01")],
    )  # fmt: skip
    made = publish(index, tmp_path / "a")
    assert len(made.apart) == 1
    assert made.apart[0].startswith("task popcorn")
    cells = pl.read_parquet(tmp_path / "a" / "cells.parquet")
    assert cells.filter(pl.col("mean") > 90)["task_id"].to_list() == ["task-1"]
    assert TASK in cells["task_id"].to_list()
