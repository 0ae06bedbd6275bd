"""The smaller commands, and what every command does with bad input."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.cli import popcorn

_HEAVY = ("torch", "litellm", "polars", "lightgbm", "datasets", "duckdb", "numpy", "sklearn", "av")


@pytest.mark.parametrize("args", [["--help"], ["--version"], ["run", "--help"]])
def test_help_and_version_load_nothing_heavy(args: list[str]) -> None:
    code = (
        "import sys\n"
        "from popcorn_bench.harness.cli import cli\n"
        f"try: cli.main({args!r}, standalone_mode=False)\n"
        f"finally: print([m for m in {_HEAVY!r} if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.splitlines()[-1] == "[]"


def test_the_shape_of_the_embedded_default(tmp_path: Path) -> None:
    plan = popcorn("--dry-run", "--json", cwd=tmp_path).json

    assert plan["llms"] == ["echo", "template"]
    assert plan["videos"] == ["storyboard", "still"]
    assert [task["queries"] for task in plan["tasks"]] == [100, 100]
    assert plan["units"]["video"]["to_do"] == 800
    assert plan["estimated_usd"] == 0
    assert not list(tmp_path.iterdir())


def test_a_plan_that_cannot_run_says_what_is_missing_and_writes_nothing(tmp_path: Path) -> None:
    done = popcorn("--llms=all", "--videos=ltx,hunyuan", "--dry-run", cwd=tmp_path)

    assert done.code == 2
    text = done.out + done.err
    assert "ltx" in text
    assert "hunyuan" in text
    assert "GPU" in text
    assert "OPENAI_API_KEY" in text
    assert len(text.splitlines()) <= 50
    assert not list(tmp_path.iterdir())


def test_all_without_any_key_still_runs_the_baselines(tmp_path: Path) -> None:
    plan = popcorn("--llms=all", "--dry-run", "--json", cwd=tmp_path).json

    assert {"echo", "template"} <= set(plan["llms"])
    assert any("API_KEY" in item["reason"] for item in plan["skipped"])


@pytest.mark.parametrize("noun", ["tasks", "llms", "videos", "evaluators"])
def test_everything_that_can_be_named_is_listed(noun: str, tmp_path: Path) -> None:
    rows = popcorn("ls", noun, "--json", cwd=tmp_path).json

    assert rows
    assert all({"name", "usable", "reason"} <= set(row) for row in rows)
    assert all(row["reason"] for row in rows if not row["usable"])
    assert popcorn("ls", noun, cwd=tmp_path).code == 0


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--llms=gpt4o"], "--llms: unknown LLM 'gpt4o'; did you mean"),
        (["--videos=storybord"], "did you mean 'storyboard'"),
        (["--tasks=popcorn_concret"], "did you mean 'popcorn_concrete'"),
        (["--evaluators=popularty"], "did you mean 'popularity'"),
        (["--modes=bsic"], "did you mean 'basic'"),
        (["--video-args=storyboard:widht=64"], "did you mean 'width'"),
        (["--llm-args=temperatur=1"], "--llm-args"),
        (["--limit=0"], "--limit"),
        (["--limt=3"], "--limit"),
        (["leaderbord"], "did you mean 'leaderboard'"),
        (["leaderboard", "--metric=x"], "no results there"),
    ],
)
def test_bad_input_is_one_clear_message(args: list[str], message: str, tmp_path: Path) -> None:
    (tmp_path / "results").mkdir()
    done = popcorn(*args, cwd=tmp_path)

    assert done.code in (1, 2)
    assert message in done.err
    assert "Traceback" not in done.err
    assert not list((tmp_path / "results").iterdir())


_TASK = """\
task: mine
version: 1
topics: [food]
queries:
  - {id: a, text: soup, kind: concrete, topic: food}
"""


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (_TASK.replace("queries:", "quries:"), ":4: quries: unknown field"),
        (_TASK.replace("[food]", "7"), ":3: topics: "),
        (_TASK + "include: mine.yaml\n", "include"),
        (_TASK + "  - {id: a, text: stew, kind: concrete, topic: food}\n", ":6: "),
        (_TASK.split("queries", maxsplit=1)[0] + "dataset_path: none.csv\n", ":4: dataset_path: "),
        (_TASK.replace("concrete", "solid"), ":5: "),
        ("task: [", ":2: not YAML"),
    ],
)
def test_validate_gives_a_line_per_fault(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    done = popcorn("validate", path, cwd=tmp_path)

    assert done.code == 2
    (line,) = done.out.splitlines()
    assert message in line
    assert line.startswith(str(path))


def test_a_task_of_ones_own_runs(tmp_path: Path) -> None:
    (tmp_path / "tasks").mkdir()
    path = tmp_path / "tasks" / "mine.yaml"
    path.write_text(_TASK)
    assert popcorn("validate", path, cwd=tmp_path).code == 0

    done = popcorn(
        "--include-path=tasks", "--tasks=mine", "--videos=none", "--evaluators=popularity",
        "--json", cwd=tmp_path,
    )  # fmt: skip

    assert done.code == 0, done.err
    assert done.json["units"]["brief"]["done"] == 2


def test_options_come_from_a_file_too(tmp_path: Path) -> None:
    (tmp_path / "run.yaml").write_text("llms: [echo]\nlimit: 2\nmax-connections: 1\n")
    plan = popcorn("--config=run.yaml", "--limit=5", "--dry-run", "--json", cwd=tmp_path).json
    assert plan["llms"] == ["echo"]
    assert plan["tasks"][0]["queries"] == 5

    (tmp_path / "run.yaml").write_text("llm: [echo]\n")
    done = popcorn("--config=run.yaml", "--dry-run", cwd=tmp_path)
    assert done.code == 2
    assert "run.yaml:1: llm: unknown option; did you mean 'llms'" in done.err


def test_underscores_and_environment_variables_work(tmp_path: Path) -> None:
    plan = popcorn(
        "--output_path=elsewhere", "--dry_run", "--json",
        cwd=tmp_path, env={"POPCORN_BENCH_RUN_LIMIT": "4"},
    ).json  # fmt: skip

    assert plan["tasks"][0]["queries"] == 4


@pytest.mark.shared
def test_scores_of_ones_own_make_a_board(shared: Path, tmp_path: Path) -> None:
    source = (shared / "reference" / "stats" / "crossed.csv").read_text()
    head, *rows = source.splitlines()
    assert head == "query,type,topic,llm,gen,mode,seed,score"
    path = tmp_path / "crossed.csv"
    lines = [",".join([*row.split(",")[:7], "rating", row.split(",")[7]]) for row in rows]
    path.write_text("\n".join(["query,kind,topic,llm,video,mode,seed,metric,score", *lines]) + "\n")

    done = popcorn("results", "import", path, "--output-path=results", cwd=tmp_path)
    assert done.code == 0, done.err
    board = popcorn("leaderboard", "--by=llm", "--mode=basic", "--json", cwd=tmp_path).json

    expected = json.loads((shared / "reference" / "stats" / "expected.json").read_text())
    marginal = expected["llm_marginal"]
    for row in board["rows"]:
        assert row["mean"] == pytest.approx(marginal["estimate"][row["llm"]], abs=1e-8)
        assert row["se"] == pytest.approx(marginal["se"][row["llm"]], abs=1e-8)
        assert [row["rank_low"], row["rank_high"]] == marginal["rank_ci_simultaneous_95"][
            row["llm"]
        ]


def test_bad_scores_of_ones_own_are_refused_whole(tmp_path: Path) -> None:
    (tmp_path / "bad.csv").write_text("query,kind,topic\n")
    done = popcorn("results", "import", "bad.csv", cwd=tmp_path)

    assert done.code == 2
    assert done.err.startswith("popcorn-bench: bad.csv:1: llm: missing column")
    assert not (tmp_path / "results").exists()


def test_a_metric_that_nobody_gives_is_remarked_on(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(_TASK + "metrics: [popularty]\n")
    done = popcorn("--include-path=.", "--tasks=mine", "--dry-run", cwd=tmp_path)

    assert done.code == 0
    assert "did you mean 'popularity'" in done.out


def test_weights_that_nobody_has_are_asked_for_by_name(tmp_path: Path) -> None:
    unknown = popcorn("pull", "lts", cwd=tmp_path)
    weightless = popcorn("pull", "storyboard", cwd=tmp_path)

    assert unknown.code == weightless.code == 2
    assert "did you mean 'ltx'" in unknown.err
    assert "no generator 'storyboard' with weights" in weightless.err
