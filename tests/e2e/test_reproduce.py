"""Making a run again: what has to be the same is, and what is not is told."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from popcorn_bench.results.journal import journal_files, read_lines
from tests.e2e.cli import Done, popcorn
from tests.e2e.plugins import install
from tests.loopback import ChatRequest, ChatServer, brief_json

SMALL = ("--tasks=popcorn_concrete", "--limit=1", "--videos=storyboard", "--display=none", "--json")
MOCK = "openai/mock"


def run(cwd: Path, *more: str, env: dict[str, str] | None = None) -> str:
    """Do a small run in `cwd`/results; give its id."""
    done = popcorn(*SMALL, *more, cwd=cwd, env=env)
    assert done.code == 0, done.err
    return str(done.json["run_id"])


def again(cwd: Path, run_id: str, *more: str, env: dict[str, str] | None = None) -> Done:
    return popcorn("reproduce", run_id, "--display=none", "--json", *more, cwd=cwd, env=env)


def parts(done: Done, stage: str) -> dict[str, Any]:
    return {part["name"]: part for part in done.json["differences"][stage]}


def noise(folder: Path, metric: str) -> dict[str, Any]:
    """What the board's JSON says of the noise of a metric, by the way it was measured."""
    done = popcorn("leaderboard", folder, "--json", cwd=folder.parent)
    assert done.code == 0, done.err
    (found,) = (t["noise"] for t in done.json["meta"]["trust"] if t["metric"] == metric)
    return {measured["how"]: measured for measured in found}


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A run of baselines: its working folder and its id."""
    cwd = tmp_path_factory.mktemp("first")
    return cwd, run(cwd)


@pytest.fixture(scope="module")
def server() -> Iterator[ChatServer]:
    """Answers otherwise each time."""
    number = count()

    def answer(request: ChatRequest) -> str:
        return brief_json(request.query, title=f"Soup number {next(number)}")

    with ChatServer(answer) as running:
        yield running


@pytest.fixture(scope="module")
def asked(server: ChatServer, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A run of a model that answers otherwise each time."""
    cwd = tmp_path_factory.mktemp("asked")
    api = f"--llm-args={MOCK}:api_base={server.base_url}"
    return cwd, run(cwd, f"--llms=echo,{MOCK}", api)


@contextmanager
def one_core() -> Iterator[None]:
    """What is started meanwhile has one core, and so one worker of each kind, where that works."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)


def content(folder: Path) -> dict[tuple[Any, ...], tuple[str, Any]]:
    """All that a run gives, by place, without times."""
    found: dict[tuple[Any, ...], tuple[str, Any]] = {}
    for path in journal_files(folder):
        for line in read_lines(path):
            if line.record and line.record["t"] == "unit":
                record = line.record
                data = record["data"]
                if isinstance(data, dict):
                    data = {k: v for k, v in data.items() if k not in {"seconds", "made_seconds"}}
                found[record["stage"], *record["place"]] = (record["key"], data)
    return found


def test_neither_hash_seed_nor_workers_nor_order_change_a_byte(
    first: tuple[Path, str], tmp_path: Path
) -> None:
    """The other run hashes otherwise, has one core, asks one after another."""
    env = {"PYTHONHASHSEED": "4711", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    with one_core():
        run(tmp_path, "--max-connections=1", env=env)
    one, other = content(first[0] / "results"), content(tmp_path / "results")

    assert one == other
    assert {place[0] for place in one} == {"brief", "cover", "video", "score", "audit"}


def test_a_run_of_baselines_comes_out_the_same(first: tuple[Path, str]) -> None:
    cwd, run_id = first
    done = again(cwd, run_id[:-2], env={"PYTHONHASHSEED": "99"})

    assert done.code == 0, done.err
    found = done.json
    assert (found["run"], found["verdict"]) == (run_id, "same")
    assert found["environment"] == []
    assert list(found["differences"]) == ["brief", "cover", "video", "score"]
    for stage in found["differences"]:
        for part in parts(done, stage).values():
            assert part["expected"]
            assert part["equal"] == part["comparable"] == part["n"] > 0
            assert part["missing"] == 0
    gap = parts(done, "score")["popularity: popularity"]["gap"]
    assert gap == {"largest": 0, "mean": 0, "sd": 0, "units": 2}
    folder = Path(found["folder"])
    assert json.loads((folder / "reproduction.json").read_text())["verdict"] == "same"
    measured = noise(folder, "popularity")  # of the second run alone
    assert measured["reproduced"] == {"how": "reproduced", "n": 2, "sd": 0}
    assert measured["scored_again"]["sd"] == 0
    assert "reproduced" not in noise(cwd / "results", "popularity"), "the first run stays as it was"


def test_the_same_again_is_compared_anew_and_makes_nothing(
    first: tuple[Path, str], tmp_path: Path
) -> None:
    cwd, run_id = first
    target = tmp_path / "second"
    once = again(cwd, run_id, "--to", str(target), "--stage=brief")
    journals = journal_files(target)
    twice = again(cwd, run_id, "--to", str(target), "--stage=brief")

    assert (once.code, twice.code) == (0, 0), once.err + twice.err
    assert journal_files(target) == journals
    assert once.json == twice.json
    assert list(once.json["differences"]) == ["brief"]


def test_scores_alone_are_made_from_what_the_first_run_holds(
    first: tuple[Path, str], tmp_path: Path
) -> None:
    cwd, run_id = first
    target = tmp_path / "second"
    done = again(cwd, run_id, "--to", str(target), "--stage=score")

    assert done.code == 0, done.err
    assert list(done.json["differences"]) == ["score"]
    assert all(part["equal"] == part["n"] > 0 for part in parts(done, "score").values())
    made = [value for key, value in content(target).items() if key[0] == "video"]
    assert made, "clips are borrowed"
    assert len(list((target / "artifacts").rglob("*.mp4"))) == len({d["sha256"] for _, d in made})


def test_a_damaged_clip_is_told_and_nothing_is_made_of_it(
    first: tuple[Path, str], tmp_path: Path
) -> None:
    cwd, run_id = first
    copy = shutil.copytree(cwd / "results", tmp_path / "results")
    clip = next((copy / "artifacts").rglob("*.mp4"))
    clip.write_bytes(clip.read_bytes()[:-1] + b"?")
    done = again(tmp_path, run_id, "--stage=score")

    assert done.code == 1
    assert clip.name in done.err
    assert "Traceback" not in done.err


def test_a_dry_run_shows_the_plan_and_leaves_nothing(
    first: tuple[Path, str], tmp_path: Path
) -> None:
    cwd, run_id = first
    target = tmp_path / "second"
    whole = again(cwd, run_id, "--to", str(target), "--dry-run")
    part = again(cwd, run_id, "--to", str(target), "--dry-run", "--stage=score")

    assert (whole.code, part.code) == (0, 0), whole.err
    assert whole.json["units"]["brief"] == {
        "to_do": 2, "reuse": 0, "present": 0, "failed": 0, "missing": 0,
    }  # fmt: skip
    assert part.json["units"]["brief"]["to_do"] == 0
    assert part.json["units"]["brief"]["reuse"] == 2
    assert part.json["units"]["score"]["to_do"] > 0
    assert not target.exists()


def test_what_costs_money_is_not_asked_for_again_unasked(
    asked: tuple[Path, str], server: ChatServer, tmp_path: Path
) -> None:
    cwd, run_id = asked
    before = server.count
    refused = again(cwd, run_id, "--to", str(tmp_path / "a"))
    kept = again(cwd, run_id, "--to", str(tmp_path / "b"), "--stage=video,score")

    assert (refused.code, refused.out) == (2, "")
    assert "--pay" in refused.err
    assert MOCK.partition("/")[2] in refused.err
    assert kept.code == 0, kept.err
    assert server.count == before


def test_other_answers_of_a_model_are_told_and_are_no_fault(
    asked: tuple[Path, str], tmp_path: Path
) -> None:
    cwd, run_id = asked
    done = again(cwd, run_id, "--to", str(tmp_path / "second"), "--pay")

    assert done.code == 0, done.err
    briefs = parts(done, "brief")
    assert [briefs[name]["expected"] for name in ("echo", MOCK)] == [True, False]
    assert [briefs[name]["equal"] for name in ("echo", MOCK)] == [1, 0]
    scores = parts(done, "score")["popularity: popularity"]
    assert (scores["n"], scores["comparable"], scores["equal"]) == (2, 1, 1)
    assert scores["moved"] >= 0
    strict = again(cwd, run_id, "--to", str(tmp_path / "second"), "--pay", "--strict")
    assert (strict.code, strict.json["verdict"]) == (4, "different")


def test_a_noisy_evaluator_is_measured_and_an_exact_one_has_no_noise(tmp_path: Path) -> None:
    env = install(tmp_path / "site")
    evaluators = "--evaluators=exact,noisy"
    run_id = run(tmp_path, evaluators, "--llms=echo,template", "--videos=none", env=env)
    done = again(tmp_path, run_id, env=env)

    assert done.code == 4, done.err
    differs = {name: part["differs"] for name, part in parts(done, "score").items()}
    assert differs == {"exact: exact": False, "noisy: noisy": True}
    second = Path(done.json["folder"])
    exact, noisy = noise(second, "exact"), noise(second, "noisy")
    assert [exact[how]["sd"] for how in ("scored_again", "reproduced")] == [0, 0]
    assert noisy["scored_again"]["sd"] > 0
    gap = parts(done, "score")["noisy: noisy"]["gap"]
    assert noisy["reproduced"]["sd"] == pytest.approx(gap["sd"], rel=1e-3)
    assert 0 < gap["mean"] <= gap["largest"]
    shown = popcorn("leaderboard", second, cwd=tmp_path).out
    assert "Re-run noise" in shown
    assert "no noise, both scores were equal (2 units scored twice)" in " ".join(shown.split())


def test_what_is_not_there_any_more_is_told_at_once(tmp_path: Path) -> None:
    env = install(tmp_path / "site")
    run_id = run(tmp_path, "--evaluators=exact", "--llms=echo", "--videos=none", env=env)
    gone = again(tmp_path, run_id)

    assert (gone.code, gone.out) == (5, "")
    assert gone.err.startswith(f"popcorn-bench: run {run_id} cannot be reproduced here: ")
    assert "exact" in gone.err
    assert gone.err.count("\n") == 1
    assert not list(tmp_path.glob("results-again*"))


def test_an_evaluator_of_another_version_is_no_reproduction(tmp_path: Path) -> None:
    env = install(tmp_path / "site")
    run_id = run(tmp_path, "--evaluators=exact", "--llms=echo", "--videos=none", env=env)
    install(tmp_path / "site", version="2")
    done = again(tmp_path, run_id, env=env)

    assert done.code == 4, done.err
    (changed,) = done.json["evaluators"]
    assert changed["what"].startswith("evaluator exact")
    assert parts(done, "score")["exact: exact"]["comparable"] == 0


def test_a_task_that_was_edited_is_another_one(tmp_path: Path) -> None:
    rows = "id,text,kind,topic\nq1,a cat that sings,concrete,pets\n"
    (tmp_path / "own.csv").write_text(rows)
    (tmp_path / "own.yaml").write_text("task: own\nversion: 1\ndataset_path: own.csv\n")
    own = ("--tasks=own", f"--include-path={tmp_path}", "--llms=echo", "--videos=none")
    made = popcorn(*own, "--display=none", "--json", cwd=tmp_path)
    assert made.code == 0, made.err
    (tmp_path / "own.csv").write_text(rows.replace("sings", "dances"))
    done = again(tmp_path, made.json["run_id"])

    assert (done.code, done.out) == (5, "")
    assert "task 'own' is not there as it was" in done.err


def test_folders_and_runs_that_will_not_do(first: tuple[Path, str], tmp_path: Path) -> None:
    cwd, run_id = first
    run(tmp_path, "--llms=echo", "--videos=none", "--evaluators=popularity")
    for more, message in (
        (("--to", "results"), "holds the run itself"),
        (("--to", str(tmp_path / "results")), "holds other results"),
        (("--results", str(tmp_path)), "no results there"),
        (("--stage", "vidoe"), "did you mean 'video'?"),
    ):
        done = again(cwd, run_id, *more)
        assert (done.code, done.out) == (2, ""), done.err
        assert message in done.err
    unknown = again(cwd, "nothing")
    assert unknown.code == 2
    assert "ls runs" in unknown.err
