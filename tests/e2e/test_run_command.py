"""The main job as a user does it: real processes, real clips, a real server on loopback."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from popcorn_bench.media import probe
from tests.e2e.cli import Done, popcorn, start
from tests.loopback import ChatRequest, ChatServer, Reply, brief_json

ROW = {"task", "llm", "video", "mode", "metric", "mean", "ci_low", "ci_high", "n_scored"} | {
    "n_planned",
    "se",
    "fail_rate",
    "cost_usd",
    "rank_low",
    "rank_high",
    "human_percentile",
    "flags",
}
LIMIT = 3


@pytest.fixture(scope="module")
def server() -> Iterator[ChatServer]:
    with ChatServer() as running:
        yield running


def _cross(server: ChatServer, folder: Path, *more: str) -> Done:
    return popcorn(
        "--llms=openai/mock-a,openai/mock-b",
        f"--llm-args=api_base={server.base_url}",
        "--videos=storyboard,still",
        "--tasks=popcorn",
        f"--limit={LIMIT}",
        "--output-path",
        folder,
        *more,
        cwd=folder.parent,
    )


@pytest.fixture(scope="module")
def first(server: ChatServer, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Done]:
    """A finished run of two models over a server."""
    folder = tmp_path_factory.mktemp("cross") / "results"
    return folder, _cross(server, folder, "--json")


def test_every_llm_meets_every_generator(first: tuple[Path, Done], server: ChatServer) -> None:
    folder, done = first

    assert done.code == 0, done.err
    report = done.json
    briefs = 2 * 2 * LIMIT
    assert report["status"] == "complete"
    assert report["units"]["brief"]["done"] == briefs
    videos = report["units"]["video"]  # both models answer alike, so their clips are shared
    assert videos["done"] + videos["reused"] == briefs * 2
    assert server.count == briefs
    assert {request.model for request in server.requests} == {"mock-a", "mock-b"}
    assert (folder / "index.html").is_file()


def test_clips_are_real(first: tuple[Path, Done]) -> None:
    folder, _ = first
    clips = list((folder / "artifacts").rglob("*.mp4"))

    assert clips
    facts = probe(clips[0])
    assert (facts.codec, facts.seconds) == ("h264", 3.0)


def test_the_same_command_again_sends_no_request(
    first: tuple[Path, Done], server: ChatServer
) -> None:
    folder, _ = first
    before = server.count
    journals = sorted((folder / "journal").iterdir())

    done = _cross(server, folder)

    assert done.code == 0
    assert server.count == before
    assert "units were there" in done.err
    assert sorted((folder / "journal").iterdir()) == journals


def test_the_board_is_json_with_the_agreed_fields(first: tuple[Path, Done]) -> None:
    folder, _ = first
    board = popcorn("leaderboard", folder, "--json", cwd=folder).json

    rows = board["rows"]
    assert all(set(row) >= ROW for row in rows)
    popularity = [row for row in rows if row["metric"] == "popularity"]
    assert {row["llm"] for row in popularity} == {"openai/mock-a", "openai/mock-b"}
    assert {row["video"] for row in popularity} == {None}
    assert all(row["n_scored"] == row["n_planned"] == LIMIT for row in rows)
    assert all(row["ci_low"] <= row["mean"] <= row["ci_high"] for row in rows)
    assert {row["video"] for row in rows if row["metric"] == "motion"} == {"storyboard", "still"}


def test_generators_are_not_ranked_by_what_does_not_see_them(first: tuple[Path, Done]) -> None:
    folder, _ = first
    done = popcorn("leaderboard", folder, "--by=video", "--metric=popularity", cwd=folder)

    assert done.code == 2
    assert "does not see the video" in done.err


@pytest.mark.parametrize("form", ["--csv", "--markdown"])
def test_the_board_in_other_forms(first: tuple[Path, Done], form: str) -> None:
    folder, _ = first
    done = popcorn("leaderboard", folder, form, cwd=folder)

    assert done.code == 0
    assert "openai/mock" in done.out
    assert done.out.count("\n") > LIMIT


def test_scores_can_be_given_later_without_generating(server: ChatServer, tmp_path: Path) -> None:
    folder = tmp_path / "results"
    assert _cross(server, folder, "--evaluators=popularity", "--display=none").code == 0
    before = server.count

    done = popcorn("score", folder, "--evaluators=quality", "--json", cwd=tmp_path)

    assert done.code == 0, done.err
    assert server.count == before
    scores, videos = done.json["units"]["score"], done.json["units"]["video"]
    assert scores["done"] + scores["reused"] == 2 * 2 * 2 * LIMIT
    assert videos["present"] == 2 * 2 * 2 * LIMIT
    assert videos["done"] == videos["reused"] == videos["missing"] == 0


def test_tables_are_exported_and_the_index_is_rebuilt(
    first: tuple[Path, Done], tmp_path: Path
) -> None:
    folder, _ = first
    for form in ("parquet", "csv", "json"):
        done = popcorn("results", "export", folder, "--format", form, "--to", tmp_path, cwd=folder)
        assert done.code == 0, done.err
        for table in ("briefs", "videos", "scores", "failures", "cells", "runs"):
            assert (tmp_path / f"{table}.{form}").is_file()
    briefs = json.loads((tmp_path / "briefs.json").read_text())
    assert {brief["llm"] for brief in briefs} == {"openai/mock-a", "openai/mock-b"}

    assert popcorn("results", "rebuild", folder, cwd=folder).code == 0
    assert popcorn("ls", "runs", folder, "--json", cwd=folder).json[0]["status"] == "finished"


def test_failures_stay_in_the_denominator_until_retried(tmp_path: Path) -> None:
    broken = True

    def answer(request: ChatRequest) -> str | Reply:
        if broken and request.model == "mock-b":
            return Reply(content="I cannot help with that.")
        return brief_json(request.query)

    with ChatServer(answer) as server:
        folder = tmp_path / "results"
        done = _cross(server, folder, "--videos=none", "--evaluators=popularity")
        assert done.code == 3
        assert "refusal" in done.err
        rows = popcorn("leaderboard", folder, "--json", cwd=tmp_path).json["rows"]
        by_llm = {row["llm"]: row for row in rows if row["task"] == "popcorn_concrete"}
        assert by_llm["openai/mock-b"]["n_scored"] == 0
        assert by_llm["openai/mock-b"]["n_planned"] == LIMIT
        assert by_llm["openai/mock-b"]["fail_rate"] == 1.0
        assert by_llm["openai/mock-a"]["fail_rate"] == 0.0

        broken = False
        asked = server.count
        done = popcorn("retry", folder, "--json", cwd=tmp_path)
        assert done.code == 0, done.err
        assert server.count == asked + 2 * LIMIT


def test_a_killed_run_repeats_only_what_was_in_flight(tmp_path: Path) -> None:
    with ChatServer(delay=0.05) as server:
        args = (
            "--llms=openai/mock-a",
            f"--llm-args=api_base={server.base_url}",
            "--videos=none",
            "--evaluators=popularity",
            "--max-connections=2",
            "--limit=40",
            "--display=none",
        )
        process = start(*args, cwd=tmp_path)
        while server.count < 10:
            assert process.poll() is None
        process.send_signal(signal.SIGKILL)
        process.communicate()

        done = popcorn(*args, "--json", cwd=tmp_path)

        assert done.code == 0, done.err
        assert server.count <= 80 + 2
        assert done.json["units"]["brief"]["present"] >= 10 - 2


def test_an_interrupt_drains_and_the_rest_is_done_later(tmp_path: Path) -> None:
    with ChatServer(delay=0.05) as server:
        args = (
            "--llms=openai/mock-a",
            f"--llm-args=api_base={server.base_url}",
            "--videos=none",
            "--evaluators=popularity",
            "--max-connections=2",
            "--limit=40",
        )
        process = start(*args, cwd=tmp_path)
        while server.count < 10:
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
        assert process.returncode == 130
        assert "Traceback" not in err

        assert popcorn(*args, cwd=tmp_path).code == 0
        assert server.count == 80


def test_an_interrupt_leaves_waiting_clips_to_the_next_run(tmp_path: Path) -> None:
    args = ("--llms=echo", "--tasks=popcorn", "--limit=30", "--evaluators=popularity")
    process = start(*args, "--video-args=fps=60", cwd=tmp_path)
    while len(list(tmp_path.glob("results/artifacts/??/*.mp4"))) < 4:
        assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=60)

    assert process.returncode == 130, err
    assert "Traceback" not in err
    runs = popcorn("ls", "runs", "--json", cwd=tmp_path).json
    assert [run["status"] for run in runs] == ["interrupted"]
    plan = popcorn(*args, "--video-args=fps=60", "--dry-run", "--json", cwd=tmp_path).json
    assert plan["units"]["video"]["present"] >= 4
    assert plan["units"]["video"]["to_do"] > 0
    assert plan["units"]["video"]["failed"] == 0
