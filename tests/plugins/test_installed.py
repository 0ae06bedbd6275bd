"""A package that others installed adds one thing of each kind."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.e2e.cli import popcorn

Env = Mapping[str, str]
RUN = (
    *("--llms", "echo,parrot", "--videos", "waves", "--covers", "dots", "--tasks", "acme_tools"),
    *("--evaluators", "brevity,quality", "--video-args", "waves:fps=8", "--display", "none"),
)


def _listed(what: str, cwd: Path, env: Env) -> dict[str, dict[str, Any]]:
    done = popcorn("ls", what, "--json", cwd=cwd, env=env)
    assert done.code == 0, done.err
    return {row["name"]: row for row in done.json}


@pytest.mark.parametrize(
    ("what", "name"),
    [
        ("llms", "parrot"),
        ("videos", "waves"),
        ("evaluators", "brevity"),
        ("corpora", "acme_clips"),
        ("tasks", "acme_tools"),
    ],
)
def test_each_kind_is_listed(installed: Env, tmp_path: Path, what: str, name: str) -> None:
    assert _listed(what, tmp_path, installed)[name]["usable"]


@pytest.mark.parametrize(
    ("what", "name"), [("videos", "torn"), ("evaluators", "torn"), ("tasks", "lost_tasks")]
)
def test_what_is_broken_is_listed_as_broken(
    installed: Env, tmp_path: Path, what: str, name: str
) -> None:
    row = _listed(what, tmp_path, installed)[name]
    assert not row["usable"]
    assert "popcorn-acme 1.2 is broken" in row["reason"]
    assert "a_module_that_nobody_has" in row["reason"]


def test_they_run_in_the_matrix_and_the_broken_one_harms_nothing(
    installed: Env, tmp_path: Path
) -> None:
    done = popcorn(*RUN, "--json", cwd=tmp_path, env=installed)
    assert done.code == 3, done.err  # the parrot refuses one query
    assert done.json["failures"] == [{"who": "parrot", "kind": "refusal", "n": 1}]
    board = popcorn("leaderboard", "results", "--json", cwd=tmp_path, env=installed).json
    rows = {(r["llm"], r["metric"]): r for r in board["rows"] if r["metric"] == "brevity"}
    assert rows["parrot", "brevity"]["n_scored"] == 2
    with duckdb.connect(str(tmp_path / "results" / "popcorn.duckdb"), read_only=True) as db:
        titles = dict(
            db.execute(
                "SELECT title, score FROM briefs JOIN scores USING (task_id, query_id, llm_id)"
                " WHERE metric = 'brevity' AND llm_id IN (SELECT llm_id FROM llms"
                " WHERE name = 'parrot')"
            ).fetchall()
        )
    assert titles
    for title, score in titles.items():
        assert score == pytest.approx(1 - len(title) / 50)


def test_a_broken_one_that_is_asked_for_stops_the_run_with_one_line(
    installed: Env, tmp_path: Path
) -> None:
    for flag in ("--videos", "--evaluators"):
        done = popcorn(flag, "torn", "--limit", "1", cwd=tmp_path, env=installed)
        assert done.code == 2
        assert "is broken: ModuleNotFoundError" in " ".join(done.err.split())
        assert "Traceback" not in done.err
    assert not (tmp_path / "results" / "popcorn.duckdb").exists()


def test_a_corpus_of_a_plugin_is_retrieved_from(installed: Env, tmp_path: Path) -> None:
    args = ("--corpus", "acme_clips", "--mode", "pe", "--json")
    done = popcorn("prompt", "a saw that sings", *args, cwd=tmp_path, env=installed)
    assert done.code == 0, done.err
    assert "tool number" in done.out
