"""Ctrl-C in a run whose calls are in shards."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Sequence
from pathlib import Path

from tests.e2e.cli import popcorn, start
from tests.loopback import ChatServer

_CALLS = 400
_PATIENCE_S = 100


def _children(pid: int) -> list[int]:
    """All processes below one, by /proc."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if fields[1] == str(pid):
            found.append(int(stat.parent.name))
    return found + [below for child in found for below in _children(child)]


def _lives(pids: Sequence[int]) -> list[int]:
    lines = {pid: Path(f"/proc/{pid}/stat") for pid in pids}
    return [pid for pid, path in lines.items() if path.exists() and ") Z" not in path.read_text()]


def test_what_is_in_flight_is_saved_and_nothing_is_asked_twice(tmp_path: Path) -> None:
    with ChatServer(delay=0.1) as server:
        arguments = (
            "--llms=openai/mock", f"--llm-args=api_base={server.base_url}", "--videos=none",
            "--covers=none", "--evaluators=popularity", "--repeats=2", "--max-connections=32",
            "--display=none", "--json",
        )  # fmt: skip
        process = start(*arguments, cwd=tmp_path)
        deadline = time.monotonic() + _PATIENCE_S
        while server.count < 60 and time.monotonic() < deadline:
            time.sleep(0.02)
        below = _children(process.pid)
        assert len(below) >= 2  # where shards come from, and a shard
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=_PATIENCE_S)
        assert process.returncode == 130, said
        assert 60 <= server.count < _CALLS
        deadline = time.monotonic() + _PATIENCE_S
        while _lives(below) and time.monotonic() < deadline:  # others need a moment to see it
            time.sleep(0.05)
        assert not _lives(below)
        done = popcorn(*arguments, cwd=tmp_path)
        assert done.code == 0, done.err
        assert json.loads(done.out)["status"] == "complete"
        assert server.count == _CALLS
