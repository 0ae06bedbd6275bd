"""Prompt enhancement as a user runs it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.cli import Done, popcorn
from tests.loopback import ChatRequest, ChatServer, brief_json

LIMIT = 3


def _answer(request: ChatRequest) -> str:
    """A model that thinks aloud when it is asked to."""
    if "<reasoning>" in str(request.body):
        title = f"Nobody expected {request.query}"[:50]
        return f"<reasoning>\n1. Study: short titles.\n</reasoning>\n{brief_json('x', title=title)}"
    return brief_json(request.query)


@pytest.fixture(scope="module")
def enhanced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Done, ChatServer]]:
    """A run of a model and a baseline in both modes."""
    folder = tmp_path_factory.mktemp("pe")
    with ChatServer(_answer) as server:
        done = popcorn(
            "--llms=openai/mock-a,template",
            f"--llm-args=openai/mock-a:api_base={server.base_url}",
            "--modes=basic,pe",
            "--videos=storyboard",
            "--tasks=popcorn",
            f"--limit={LIMIT}",
            cwd=folder,
            env={"POPCORN_CACHE": str(folder / "cache")},
        )
        yield folder, done, server


def test_both_modes_stand_on_the_board(enhanced: tuple[Path, Done, ChatServer]) -> None:
    folder, done, server = enhanced
    assert done.code == 0, done.err
    assert server.count == 2 * 2 * LIMIT

    board = popcorn("leaderboard", "--json", cwd=folder).json
    modes = Counter(row["mode"] for row in board["rows"] if row["metric"] == "popularity")
    assert modes == {"basic": 4, "pe": 4}
    assert "embedded (synthetic)" in popcorn("leaderboard", cwd=folder).out


def test_the_uplift_is_paired_by_query(enhanced: tuple[Path, Done, ChatServer]) -> None:
    folder, _, _ = enhanced
    board = popcorn("leaderboard", "--json", "--metric=popularity", cwd=folder).json
    means = {(r["task"], r["llm"], r["mode"]): r["mean"] for r in board["rows"]}

    assert {(u["llm"], u["mode"]) for u in board["uplift"]} == {
        ("openai/mock-a", "pe"),
        ("template", "pe"),
    }
    for uplift in board["uplift"]:
        who = uplift["task"], uplift["llm"]
        assert uplift["n_pairs"] == LIMIT
        assert uplift["delta"] == pytest.approx(means[*who, "pe"] - means[*who, "basic"], abs=1e-9)
        assert uplift["ci_low"] <= uplift["delta"] <= uplift["ci_high"]


def test_reasoning_and_references_are_kept_beside_the_answer(
    enhanced: tuple[Path, Done, ChatServer], tmp_path: Path
) -> None:
    folder, _, _ = enhanced
    popcorn("results", "export", "results", "--format=json", "--to", tmp_path, cwd=folder)
    briefs = json.loads((tmp_path / "briefs.json").read_text())

    pe = [b for b in briefs if b["mode_name"] == "pe" and b["llm"] == "openai/mock-a"]
    assert len(pe) == 2 * LIMIT
    assert all(b["reasoning"] == "1. Study: short titles." for b in pe)
    assert all(b["seen"] and 0 <= b["copying"] <= 1 for b in pe)


def test_prompt_shows_what_a_run_would_send(enhanced: tuple[Path, Done, ChatServer]) -> None:
    folder, _, server = enhanced
    sent = {json.dumps(request.body["messages"]) for request in server.requests}
    done = popcorn(
        "prompt", "--task=popcorn", f"--limit={LIMIT}", "--json",
        cwd=folder, env={"POPCORN_CACHE": str(folder / "cache")},
    )  # fmt: skip

    lines = [json.loads(line) for line in done.out.splitlines()]
    assert len(lines) == 2 * 2 * LIMIT
    assert {json.dumps(line["messages"]) for line in lines} == sent
    assert set(lines[0]) >= {"query", "mode", "messages", "references", "tokens"}
    assert {key for line in lines for r in line["references"] for key in r} == {
        "id", "title", "category", "label", "distance",
    }  # fmt: skip
    assert server.count == 2 * 2 * LIMIT


@pytest.mark.shared
def test_the_papers_settings_on_the_papers_corpus(shared: Path, tmp_path: Path) -> None:
    done = popcorn(
        "prompt", "spicy noodles with five pounds of chili", "--mode=pe", "--corpus=microlens",
        "--corpus-dir", shared / "data" / "microlens_100k",
        "--pe-popular=paper", "--pe-show-engagement", "--json",
        cwd=tmp_path, env={"POPCORN_CACHE": str(tmp_path / "cache")},
    )  # fmt: skip

    assert done.code == 0, done.err
    (line,) = [json.loads(text) for text in done.out.splitlines()]
    assert {r["category"] for r in line["references"]} == {"Delicacy"}
    assert Counter(r["label"] for r in line["references"]) == {"popular": 45, "unpopular": 5}


def test_a_sweep_is_one_command(tmp_path: Path) -> None:
    plan = popcorn(
        "--llms=echo", "--modes=basic,pe", "--pe-references=0,10,20", "--pe-tags=1,2",
        "--dry-run", "--json", cwd=tmp_path, env={"POPCORN_CACHE": str(tmp_path / "cache")},
    ).json  # fmt: skip

    assert plan["modes"] == ["basic", "pe[n=0]", "pe[n=10]", "pe[n=20]", "pe[n=0,tags=2]"]
