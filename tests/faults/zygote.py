"""A process that has loaded everything and forks a command line in a moment.

Campaigns start and kill hundreds of commands; each is a real process of its own that only spares
itself the imports. One JSON line in, one out: `{"start": [...]}` gives a process id, `{"wait": id}`
its exit code.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self, cast

_ROOT = Path(__file__).resolve().parents[2]


@dataclass(slots=True)
class Started:
    """A command that runs; `out` and `err` are its files."""

    pid: int
    out: Path
    err: Path

    def is_running(self) -> bool:
        """Whether it has not ended yet; one that has is a zombie until it is waited for."""
        try:
            stat = Path(f"/proc/{self.pid}/stat").read_text()
        except OSError:
            return False
        return stat.rpartition(")")[2].split()[0] != "Z"


@dataclass(slots=True)
class Zygote:
    """Use as a context manager."""

    env: dict[str, str] = field(default_factory=dict)
    _process: subprocess.Popen[str] | None = None
    _count: int = 0

    def __enter__(self) -> Self:
        clean = {k: v for k, v in os.environ.items() if "KEY" not in k and "TOKEN" not in k}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.zygote"],
            cwd=_ROOT,
            env={**clean, "COLUMNS": "100", **self.env},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.communicate(timeout=60)

    def start(self, *args: str | Path, cwd: Path, env: Mapping[str, str] | None = None) -> Started:
        self._count += 1
        out, err = (cwd / f"{self._count:04d}.{name}" for name in ("out", "err"))
        asked = {
            "start": [str(arg) for arg in args],
            "cwd": str(cwd),
            "env": dict(env or {}),
            "out": str(out),
            "err": str(err),
        }
        pid = cast("int", self._ask(asked))
        assert pid > 1  # it may be killed: it must be one process, and ours
        return Started(pid, out, err)

    def wait(self, started: Started) -> int:
        """The exit code; minus the signal that ended it."""
        return cast("int", self._ask({"wait": started.pid}))

    def run(
        self, *args: str | Path, cwd: Path, env: Mapping[str, str] | None = None
    ) -> tuple[int, str, str]:
        started = self.start(*args, cwd=cwd, env=env)
        code = self.wait(started)
        return code, started.out.read_text(), started.err.read_text()

    def _ask(self, question: dict[str, Any]) -> object:
        assert self._process is not None
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())


def _main() -> None:
    _load()
    for line in sys.stdin:
        question = json.loads(line)
        if "wait" in question:
            _, status = os.waitpid(question["wait"], 0)
            answer = os.waitstatus_to_exitcode(status)
        else:
            answer = os.fork()
            if answer == 0:
                _become(question)
        sys.stdout.write(f"{json.dumps(answer)}\n")
        sys.stdout.flush()


def _load() -> None:
    import asyncio

    from popcorn_bench.harness.cli import conduct, run
    from popcorn_bench.remote import runtime

    assert conduct, run
    asyncio.run(runtime.load())


def _become(question: dict[str, Any]) -> None:
    """Be the command, in a session of its own; never returns."""
    from popcorn_bench.harness.cli import main

    code: object = 1
    try:
        _redirect(question)
        sys.argv = ["popcorn-bench", *question["start"]]
        main()
    except SystemExit as end:
        code = end.code
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code if isinstance(code, int) else 0)


def _redirect(question: dict[str, Any]) -> None:
    os.setsid()
    os.chdir(question["cwd"])
    os.environ.update(question["env"])
    if most := os.environ.pop("TEST_FILE_BYTES", None):
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(most), int(most)))
    written = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    names = (os.devnull, question["out"], question["err"])
    for handle, name, flags in zip((0, 1, 2), names, (os.O_RDONLY, written, written), strict=True):
        opened = os.open(name, flags, 0o600)
        os.dup2(opened, handle)
        os.close(opened)


if __name__ == "__main__":
    _main()
