"""`kill -9` at random instants: nothing that was finished is lost, nothing is paid for twice."""

from __future__ import annotations

import json
import os
import random
import signal
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from popcorn_bench.fingerprint import file_sha256, unit_seed
from popcorn_bench.results.artifacts import ArtefactStore
from popcorn_bench.results.journal import journal_files, read_lines
from tests.faults.zygote import Started, Zygote
from tests.loopback import ChatRequest, ChatServer, brief_json

_IDENTITY = ("task", "llm", "video", "mode", "metric")
_WORTH = ("mean", "se", "ci_low", "ci_high", "n_scored", "n_planned", "fail_rate", "rank_low")


@dataclass
class Campaign:
    """One run that is killed again and again, beside what its server was asked."""

    zygote: Zygote
    folder: Path
    queries: int
    server: ChatServer = field(init=False)
    asked: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.folder.mkdir()
        self.server = ChatServer(self._answer, delay=0.03)

    def start(self) -> Started:
        return self.zygote.start(*self._args, cwd=self.folder)

    def finish(self) -> dict[str, Any]:
        """To the end, undisturbed; the report."""
        code, out, err = self.zygote.run(*self._args, "--json", cwd=self.folder)
        assert code == 0, err
        found: dict[str, Any] = json.loads(out)
        return found

    def board(self) -> list[dict[str, Any]]:
        code, out, err = self.zygote.run("leaderboard", "results", "--json", cwd=self.folder)
        assert code == 0, err
        names = (*_IDENTITY, *_WORTH)
        rows = [{name: row[name] for name in names} for row in json.loads(out)["rows"]]
        return sorted(rows, key=lambda row: [str(row[name]) for name in _IDENTITY])

    def finished(self) -> dict[tuple[str, ...], dict[str, Any]]:
        """Every unit that stands whole in the journal, by stage, place and key."""
        lines = [line for path in journal_files(self.results) for line in read_lines(path)]
        units = [line.record for line in lines if line.record and line.record["t"] == "unit"]
        return {(u["stage"], *map(str, u["place"]), u["key"]): dict(u) for u in units}

    @property
    def results(self) -> Path:
        return self.folder / "results"

    def _answer(self, request: ChatRequest) -> str:
        self.asked.append((request.query, str(request.body["seed"])))
        return brief_json(request.query)

    @property
    def _args(self) -> tuple[str, ...]:
        return (
            *("--llms=openai/mock-a", f"--llm-args=api_base={self.server.base_url}"),
            *("--videos=still", "--video-args=width=64,height=64,fps=8", "--covers=none"),
            *("--evaluators=popularity,quality", "--tasks=popcorn_concrete"),
            *(f"--limit={min(self.queries, 100)}", f"--repeats={max(1, self.queries // 100)}"),
            *("--max-connections=4", "--display=none"),
        )


@pytest.mark.timeout(7200)
def test_killed_at_random_a_run_loses_nothing_and_asks_nothing_twice(
    zygote: Zygote, tmp_path: Path, *, soak: bool
) -> None:
    kills, queries = (100, 400) if soak else (4, 24)
    dice = random.Random(20240607)
    calm = Campaign(zygote, tmp_path / "calm", queries)
    with calm.server:
        seconds = -time.monotonic()
        calm.finish()
        seconds += time.monotonic()
        wanted = calm.board()
    rough = Campaign(zygote, tmp_path / "rough", queries)
    with rough.server:
        for number in range(kills):
            # from its start to a little beyond its end; each life only does what is left
            _kill(rough, dice.uniform(0, seconds * (1 - number / (2 * kills))))
        rough.finish()
        assert [_exact(row) for row in rough.board()] == [_exact(row) for row in wanted]
        for ours, calms in zip(rough.board(), wanted, strict=True):
            assert _measured(ours) == pytest.approx(_measured(calms), rel=1e-6)

    _artefacts_are_whole(rough)
    assert _places(rough) == _places(calm)
    # Only what was in flight at a kill may be asked again.
    assert len(calm.asked) == len(set(calm.asked)) == queries
    assert set(rough.asked) == set(calm.asked)
    assert len(rough.asked) <= queries + 4 * kills


def _exact(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if not isinstance(value, float)}


def _measured(row: dict[str, Any]) -> dict[str, float]:
    """What may differ in its last digits: OpenCV's float32 hangs on where memory happens to lie."""
    return {name: value for name, value in row.items() if isinstance(value, float)}


def _kill(run: Campaign, after_s: float) -> None:
    """Start it, kill it, and hold what it then does against what it had finished."""
    before, begun = run.finished(), len(run.asked)
    process = run.start()
    time.sleep(after_s)
    seen = run.finished()
    os.kill(process.pid, signal.SIGKILL)
    code = run.zygote.wait(process)
    assert code in (0, -signal.SIGKILL), process.err.read_text()
    after = run.finished()
    assert before.keys() <= seen.keys() <= after.keys()
    assert {key: after[key]["data"] for key in seen} == {key: seen[key]["data"] for key in seen}
    paid = _requests(run, before)
    assert not paid.intersection(run.asked[begun:]), "asked again for a journaled brief"


def _requests(run: Campaign, units: dict[tuple[str, ...], dict[str, Any]]) -> set[tuple[str, str]]:
    """Query and seed of the briefs among `units`."""
    texts: dict[str, str] = {}
    for path in journal_files(run.results):
        for line in read_lines(path):
            if line.record and line.record["t"] == "task":
                texts |= {query["query_id"]: query["text"] for query in line.record["queries"]}
    places = [u["place"] for u in units.values() if u["stage"] == "brief"]
    return {(texts[p[1]], str(unit_seed(p[4], p[1], p[5]))) for p in places}


def _places(run: Campaign) -> set[tuple[str, ...]]:
    """Stage, query, repeat, generator and evaluator: the two servers have other addresses."""
    units = [(u["stage"], u["place"]) for u in run.finished().values()]
    return {(stage, place[1], str(place[5]), *place[6:]) for stage, place in units}


def _artefacts_are_whole(run: Campaign) -> None:
    store = ArtefactStore(run.results)
    clips = [u["data"] for u in run.finished().values() if u["stage"] == "video"]
    assert clips
    for clip in clips:
        path = store.path(clip["sha256"], clip["suffix"])
        assert file_sha256(path) == clip["sha256"]


def test_a_run_that_was_killed_is_listed_as_broken_off(zygote: Zygote, tmp_path: Path) -> None:
    run = Campaign(zygote, tmp_path / "run", 24)
    with run.server:
        process = run.start()
        while not run.asked:
            time.sleep(0.01)
        running = _statuses(run)
        os.kill(process.pid, signal.SIGKILL)
        zygote.wait(process)
        killed = _statuses(run)
        run.finish()

    assert (running, killed) == (["running"], ["broken off"])
    assert _statuses(run) == ["broken off", "finished"]


def _statuses(run: Campaign) -> list[str]:
    code, out, err = run.zygote.run("ls", "runs", "results", "--json", cwd=run.folder)
    assert code == 0, err
    return [row["status"] for row in json.loads(out)]
