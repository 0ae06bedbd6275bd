"""The wheel in an empty environment, used from an empty folder, without key, GPU or network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from popcorn_bench.media import probe
from tests.e2e.cli import Done
from tests.packaging.conftest import ROOT, Installed

LIMIT = 4


@pytest.fixture(scope="module")
def default(installed: Installed, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Done]:
    """The default job on a few queries of each task."""
    cwd = tmp_path_factory.mktemp("anywhere")
    return cwd, installed.run("popcorn-bench", "--limit", str(LIMIT), "--json", cwd=cwd)


def _rows(installed: Installed, cwd: Path) -> list[dict[str, Any]]:
    done = installed.run("popcorn-bench", "leaderboard", "results", "--json", cwd=cwd)
    assert done.code == 0, done.err
    rows: list[dict[str, Any]] = done.json["rows"]
    return rows


def test_it_is_the_wheel_that_runs(installed: Installed, tmp_path: Path) -> None:
    say = "import popcorn_bench, sys; print(popcorn_bench.__file__); print(*sys.path, sep='\\n')"
    done = installed.run("python", "-c", say, cwd=tmp_path)

    where, *path = done.out.splitlines()
    assert Path(where).is_relative_to(installed.folder)
    assert str(ROOT) not in path


def test_the_default_job_is_complete(default: tuple[Path, Done]) -> None:
    _, done = default

    assert done.code == 0, done.err
    assert done.json["status"] == "complete"
    assert not done.json["failures"]
    assert "Traceback" not in done.err


def test_its_board_has_every_llm_and_both_kinds_of_scores(
    installed: Installed, default: tuple[Path, Done]
) -> None:
    cwd, _ = default
    rows = [row for row in _rows(installed, cwd) if row["metric"] == "popularity"]

    assert {row["llm"] for row in rows} >= {"echo", "template"}
    models = [row for row in rows if row["n_planned"]]
    assert {(row["n_scored"], row["fail_rate"]) for row in models} == {(LIMIT, 0.0)}
    assert all(0 < row["mean"] < 20 for row in models)  # log2 of a number of comments
    assert all(row["human_percentile"] is not None for row in models)
    metrics = {row["metric"] for row in _rows(installed, cwd)}
    assert len(metrics) > 1


def test_its_clips_and_its_page_are_real(default: tuple[Path, Done]) -> None:
    cwd, _ = default
    clips = list((cwd / "results" / "artifacts").rglob("*.mp4"))

    assert clips
    assert probe(clips[0]).codec == "h264"
    page = (cwd / "results" / "index.html").read_text(encoding="utf-8")
    assert "<style" in page
    assert "<script" in page


def test_the_page_of_the_wheel_is_the_one_of_the_checkout(
    installed: Installed, default: tuple[Path, Done]
) -> None:
    cwd, _ = default
    (site,) = installed.folder.glob("lib/python*/site-packages")
    assets = Path("popcorn_bench/leaderboard/page/assets/page.css")

    assert (site / assets).read_bytes() == (ROOT / assets).read_bytes()
    done = installed.run("popcorn-bench", "leaderboard", "results", "--html", "page", cwd=cwd)
    assert done.code == 0, done.err
    assert (cwd / "page" / "index.html").is_file()


@pytest.mark.parametrize(
    "command",
    [
        ("--help",),
        ("ls", "tasks"),
        ("ls", "llms"),
        ("ls", "videos"),
        ("ls", "evaluators"),
        ("ls", "corpora"),
        ("evaluators", "card", "popularity"),
        ("prompt", "a ramen shop", "--mode", "pe", "--json"),
        ("predict", "5-minute noodles", "--topic", "food"),
        ("new", "task", "mine"),
        ("doctor",),
    ],
    ids=" ".join,
)
def test_what_needs_files_of_the_package_finds_them(
    installed: Installed, tmp_path: Path, command: tuple[str, ...]
) -> None:
    done = installed.run("popcorn-bench", *command, cwd=tmp_path)

    assert done.code == 0, done.err
    assert "Traceback" not in done.err


def test_types_reach_those_who_build_on_it(installed: Installed) -> None:
    (site,) = installed.folder.glob("lib/python*/site-packages")
    assert (site / "popcorn_bench" / "py.typed").is_file()
