"""`popcorn-bench new`: what it writes works and passes its own tests."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.cli import popcorn

PYTEST = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", "/dev/null")


@pytest.mark.parametrize("kind", ["generator", "evaluator", "llm"])
def test_its_own_tests_pass(tmp_path: Path, kind: str) -> None:
    assert popcorn("new", kind, "my-own", cwd=tmp_path).code == 0
    done = subprocess.run(
        [*PYTEST, "--rootdir", str(tmp_path), "test_my_own.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_all_of_them_run_together(tmp_path: Path) -> None:
    for kind in ("task", "generator", "evaluator", "llm"):
        assert popcorn("new", kind, f"my-{kind}", cwd=tmp_path).code == 0
    files = [("--plugin", f"my_{kind}.py") for kind in ("generator", "evaluator", "llm")]
    assert popcorn("validate", "my_task.yaml", cwd=tmp_path).code == 0
    done = popcorn(
        *(word for pair in files for word in pair),
        *("--tasks", "my-task", "--include-path", "."),
        *("--llms", "my-llm,echo", "--videos", "my-generator"),
        *("--evaluators", "my-evaluator,quality", "--json"),
        cwd=tmp_path,
    )
    assert done.code == 0, done.err
    scores = done.json["units"]["score"]  # of titles and clips, 2 LLMs, 2 queries
    assert scores["done"] + scores["reused"] == 8  # my-llm has one title for all


def test_the_command_that_it_prints_works(tmp_path: Path) -> None:
    said = popcorn("new", "evaluator", "calm", "--into", "own", cwd=tmp_path)
    command = said.out.rpartition("try it: popcorn-bench ")[2].split()
    assert popcorn(*command, "--dry-run", cwd=tmp_path).code == 0


def test_nothing_is_overwritten_and_names_are_checked(tmp_path: Path) -> None:
    (tmp_path / "test_calm.py").write_text("mine")
    done = popcorn("new", "evaluator", "calm", cwd=tmp_path)
    assert (done.code, "test_calm.py is there already" in done.err) == (2, True)
    assert not (tmp_path / "calm.py").exists()
    for name in ("Calm", "../calm", "a b", "1", "class-"):
        assert popcorn("new", "task", name, cwd=tmp_path).code == 2
