"""What a server that fails one call in five costs in time: `python -m benchmarks.faults`.

Two runs ask the same queries of a loopback server that takes a second for an answer: one of a sound
server, one of a server that fails 20 % of the calls in eight ways. The share of faults explains
that more requests are sent, and that one in eight of the failed ones is waited for until
`--timeout`: the time of all requests together, over the connections. What the run takes beyond
that is the harness: waits before further attempts, fewer calls at once, and the tail in which the
last units have nobody beside them.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from time import monotonic
from typing import Any

from tests.loopback import ChatRequest, ChatServer, Reply, brief_json

_QUERIES, _REPEATS, _CONNECTIONS = 200, 3, 16
_ANSWER_S, _TIMEOUT_S, _SHARE = 1.0, 3.0, 0.2
_FAULTS = ("429", "500", "drop", "hang", "malformed", "empty", "truncated", "schema")


class Server:
    """Answers after a second; a share of the answers are faults, by a seeded die."""

    def __init__(self, share: float) -> None:
        self._dice, self._share = random.Random(11), share
        self.done: Counter[str] = Counter()
        self.first, self.last = 0.0, 0.0

    def __call__(self, request: ChatRequest) -> Reply:
        self.last = monotonic()
        self.first = self.first or self.last
        bad = self._dice.random() < self._share
        name = self._dice.choice(_FAULTS) if bad else "good"
        self.done[name] += 1
        return _reply(name, brief_json(str(request.index)))

    def explained_s(self) -> float:
        """Seconds that these requests take with all connections busy."""
        hung = self.done["hang"]
        busy = hung * _TIMEOUT_S + (self.done.total() - hung) * _ANSWER_S
        return busy / _CONNECTIONS


def _reply(name: str, brief: str) -> Reply:
    after: Any = {"delay": _ANSWER_S}
    replies = {
        "429": Reply(status=429, content="slow down", headers={"Retry-After": "1"}, **after),
        "500": Reply(status=500, content="oops", **after),
        "drop": Reply(hang_up=True, **after),
        "hang": Reply(delay=60),
        "malformed": Reply(content="Here is an idea!", **after),
        "schema": Reply(content='{"headline": 1}', **after),
        "empty": Reply(content="", **after),
        "truncated": Reply(content=brief[: len(brief) // 2], **after),
    }
    return replies.get(name, Reply(content=brief, **after))


def _run(share: float) -> tuple[Server, dict[str, int]]:
    told = Server(share)
    with ChatServer(told) as server, tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [
                *(sys.executable, "-m", "popcorn_bench", "--llms=openai/mock"),
                *(f"--llm-args=api_base={server.base_url}", f"--max-connections={_CONNECTIONS}"),
                *(f"--timeout={_TIMEOUT_S}", "--videos=none", "--covers=none"),
                *("--evaluators=popularity", "--tasks=popcorn", f"--limit={_QUERIES // 2}"),
                f"--repeats={_REPEATS}",
                *("--display=none", "--json", f"--output-path={Path(folder) / 'results'}"),
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode in (0, 3), done.stderr
        found: dict[str, int] = json.loads(done.stdout)["units"]["brief"]
        assert found["done"] + found["failed"] == _QUERIES * _REPEATS
        return told, found


def main() -> None:
    for share in (0.0, _SHARE):
        server, briefs = _run(share)
        took = server.last - server.first + _ANSWER_S
        rate = briefs["done"] / took
        print(
            f"{share:.0%} faults: {briefs['done']} briefs, {briefs['failed']} failed, "
            f"{server.done.total()} requests in {took:.1f} s, {rate:.1f} briefs/s; "
            f"the requests explain {server.explained_s():.1f} s: "
            f"{took / server.explained_s():.2f} times as long"
        )


if __name__ == "__main__":
    main()
