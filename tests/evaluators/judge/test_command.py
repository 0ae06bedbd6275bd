"""The judges through the whole command: asked while a run is made, and of what a run left."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.cli import Done, popcorn
from tests.evaluators.judge.eye import brighter, by_brightness, clip, look
from tests.loopback import Answer, ChatRequest, ChatServer, Reply

Serve = Callable[[Answer], ChatServer]
CANARY = "sk-canary-0123456789abcdef"
CLIPS = 3
REPEATS = 2


@dataclass(frozen=True)
class Judged:
    """A finished run with both judges, and the server that they asked."""

    server: ChatServer
    folder: Path
    args: tuple[str, ...]
    done: Done


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Judged]:
    home = tmp_path_factory.mktemp("judged")
    (home / "anchors").mkdir()
    clip(home / "anchors" / "white.mp4", *[250] * 5)
    (home / "anchors" / "anchors.csv").write_text("file,title\nwhite.mp4,Snow\n", "utf-8")
    with ChatServer(both) as server:
        model = f"model=openai/eye,api_base={server.base_url}"
        args = (
            "--evaluators=judge,judge-pairs",
            f"--evaluator-args=judge:{model},repeats={REPEATS}",
            f"--evaluator-args=judge-pairs:{model},anchors=anchors,frames=2",
            "--json",
        )
        yield Judged(server, home / "results", args, run(home / "results", *args))


def both(request: ChatRequest) -> str:
    """Rate a clip by its light and the number of the answer, or choose the brighter of two."""
    if len(look(request).exhibits) > 1:
        return brighter(request)
    light = json.loads(by_brightness(request))["score"]
    return json.dumps({"score": light / 2 + request.body["seed"]})


def run(folder: Path, *more: str) -> Done:
    args = ("--llms=echo", "--videos=storyboard", "--tasks=popcorn_concrete", f"--limit={CLIPS}")
    return _popcorn(*args, "--output-path", folder, *more, cwd=folder.parent)


def score(folder: Path, server: ChatServer, **settings: str) -> Done:
    told = {"model": "openai/eye", "api_base": server.base_url, **settings}
    args = ",".join(f"{name}={value}" for name, value in told.items())
    more = ("--evaluators=judge", f"--evaluator-args=judge:{args}", "--json")
    return _popcorn("score", folder, *more, cwd=folder.parent)


def _popcorn(*args: str | Path, cwd: Path) -> Done:
    return popcorn(*args, cwd=cwd, env={"OPENAI_API_KEY": CANARY})


def rows(folder: Path, metric: str) -> list[dict[str, Any]]:
    board = popcorn("leaderboard", folder, "--json", cwd=folder.parent).json
    return [row for row in board["rows"] if row["metric"] == metric]


def copy(folder: Path, to: Path) -> Path:
    """The results once more, so that tests do not meet in one folder."""
    for file in (path for path in folder.rglob("*") if path.is_file()):
        place = to / file.relative_to(folder)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(file.read_bytes())
    return to


def test_a_run_is_judged_by_what_the_clips_look_like(judged: Judged) -> None:
    assert judged.done.code == 0, judged.done.err
    assert judged.done.json["units"]["score"]["done"] == 2 * CLIPS

    shown = [look(request) for request in judged.server.requests]
    rated = [seen for seen in shown if len(seen.exhibits) == 1]
    assert len(rated) == REPEATS * CLIPS
    assert len(shown) - len(rated) == 2 * CLIPS
    assert {len(seen.pictures) for seen in rated} == {6}
    (row,) = rows(judged.folder, "judge")
    assert (row["llm"], row["video"], row["n_scored"]) == ("echo", "storyboard", CLIPS)
    light = sum(seen.brightness for seen in rated) / len(rated)
    assert row["mean"] == pytest.approx(light / 2 + (REPEATS - 1) / 2)


def test_pairs_are_judged_against_the_folder(judged: Judged) -> None:
    metrics = ("judge_pairs", "judge_pairs_flips", "judge_pairs_longer")
    wins, flips, longer = (rows(judged.folder, metric)[0]["mean"] for metric in metrics)

    assert (wins, flips, longer) == (0.0, 0.0, 0.0)  # white wins, and "Snow" is a short title


def test_the_same_run_again_asks_nothing(judged: Judged) -> None:
    before = judged.server.count
    done = run(judged.folder, *judged.args)

    assert done.json["units"]["score"]["present"] == 2 * CLIPS
    assert judged.server.count == before


def test_the_journal_keeps_every_answer(judged: Judged) -> None:
    lines = [f.read_text("utf-8") for f in (judged.folder / "journal").glob("*.jsonl")]
    units = [json.loads(line) for text in lines for line in text.splitlines()]
    kept = [members for unit in units for members in _members(unit) if len(members) == REPEATS]
    rated = [members for members in kept if members != [0.0, 0.0]]

    assert len(rated) == CLIPS
    assert all(second - first == pytest.approx(1.0) for first, second in rated)


def _members(value: object) -> Iterator[list[float]]:
    """The members of the scores in a record, wherever they stand."""
    if isinstance(value, dict):
        if isinstance(value.get("members"), list) and "value" in value:
            yield value["members"]
        for inner in value.values():
            yield from _members(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _members(inner)


def test_what_exists_is_judged_anew_without_generating(
    judged: Judged, serve: Serve, tmp_path: Path
) -> None:
    folder, server = copy(judged.folder, tmp_path / "results"), serve(lambda _: '{"score": 81}')

    done = score(folder, server, repeats="1")

    assert done.code == 0, done.err
    assert done.json["units"]["score"]["done"] == CLIPS
    assert done.json["units"]["video"]["present"] == CLIPS
    assert server.count == CLIPS
    assert 81.0 in {row["mean"] for row in rows(folder, "judge")}


def test_failures_are_counted_and_no_key_is_left_anywhere(
    judged: Judged, serve: Serve, tmp_path: Path
) -> None:
    folder = copy(judged.folder, tmp_path / "results")
    server = serve(lambda _: Reply(content=f"I can't rate this, {CANARY}"))

    done = score(folder, server, repeats="1")

    assert done.code == 3, done.err
    assert "refusal" in done.err
    assert {r.headers["Authorization"] for r in server.requests} == {f"Bearer {CANARY}"}
    assert 1.0 in {row["fail_rate"] for row in rows(folder, "judge")}
    for file in (path for path in folder.rglob("*") if path.is_file()):
        assert CANARY.encode() not in file.read_bytes(), file
    assert CANARY not in done.err + done.out


def test_without_a_model_the_run_stops_before_anything_is_made(tmp_path: Path) -> None:
    folder = tmp_path / "results"
    done = run(folder, "--evaluators=judge")

    assert done.code == 2
    assert "model=PROVIDER/MODEL" in done.err
    listed = popcorn("ls", "evaluators", "--json", cwd=tmp_path).json
    assert {e["name"]: e["usable"] for e in listed}["judge"] is False


def test_a_wrong_setting_is_named(tmp_path: Path) -> None:
    done = run(tmp_path / "r", "--evaluators=judge", "--evaluator-args=judge:repeat=3")

    assert done.code == 2
    assert "did you mean 'repeats'" in done.err
