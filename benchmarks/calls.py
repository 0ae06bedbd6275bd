"""Many short calls: the wall time of a run of briefs over the ideal one, beside others.

    python -m benchmarks.calls [--calls 1000] [--seconds 0.2] [--at-once 100] [--rounds 2]

All ask the same loopback server, which lives in a process of its own and counts what it answers;
they take turns, and the best round of each counts. inspect_ai and lm-eval are installed, in their
latest releases, into environments of their own under build/benchmarks (once; `--alone` does
without). Loading is not in "wall", which begins after a few calls to warm up; it is in "process".
Ours is a whole run, journal included; the others only call, but for inspect_ai, which writes a log.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

_ROOT = Path(__file__).resolve().parents[1]
_ENVIRONMENTS = _ROOT / "build" / "benchmarks"
_LONGEST_S = 300


@dataclass(frozen=True, slots=True)
class Way:
    """One way of making the calls; `needs` are the packages of its own environment."""

    name: str
    module: str
    arguments: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()


_WAYS = (
    Way("aiohttp alone", "floor"),
    Way("litellm.acompletion alone", "raw_litellm"),
    Way("popcorn-bench, one process", "ours", ("one",)),
    Way("popcorn-bench, as it runs", "ours", ("sharded",)),
    Way("inspect_ai", "with_inspect", needs=("inspect_ai", "openai")),
    Way("lm-eval", "with_lm_eval", needs=("lm_eval[api]",)),
)


@dataclass(frozen=True, slots=True)
class Load:
    """What everybody has to do."""

    calls: int
    seconds: float
    at_once: int

    @property
    def ideal_s(self) -> float:
        """If nothing but the server took time."""
        return -(-self.calls // self.at_once) * self.seconds


@dataclass(frozen=True, slots=True)
class Measured:
    """Seconds of the calls and of the whole process."""

    wall_s: float
    process_s: float


def python_for(way: Way) -> str:
    """The interpreter that a way runs with, in an environment that is made where it lacks."""
    if not way.needs:
        return sys.executable
    folder = _ENVIRONMENTS / way.module
    python = folder / "bin" / "python"
    done = folder / ".complete"
    if not done.exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        pip: list[str | Path] = [
            python,
            "-m",
            "pip",
            "install",
            "-qq",
            "--disable-pip-version-check",
        ]
        subprocess.run([*pip, *way.needs], check=True)
        done.touch()
    return str(python)


def version_of(way: Way) -> str:
    """Name and version of what a way stands for, as installed."""
    if not way.needs:
        return way.name
    package = way.needs[0].partition("[")[0]
    code = f"from importlib.metadata import version; print(version({package!r}))"
    done = subprocess.run([python_for(way), "-c", code], check=True, capture_output=True, text=True)
    return f"{way.name} {done.stdout.strip()}"


@contextmanager
def server(seconds: float) -> Iterator[int]:
    """A server in its own process; gives its port."""
    command = [sys.executable, "-m", "benchmarks.calls_server", str(seconds)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=_ROOT) as process:
        try:
            assert process.stdout is not None
            yield int(process.stdout.readline())
        finally:
            process.kill()


def measure(way: Way, load: Load, port: int) -> Measured:
    """Have the calls made.

    Raises:
        RuntimeError: where it fails, or the server has answered fewer calls than were asked for.
    """
    target = ["-m", f"benchmarks.peers.{way.module}"]
    if way.needs:
        target = [str(_ROOT / "benchmarks" / "peers" / f"{way.module}.py")]
    url = f"http://127.0.0.1:{port}/v1"
    numbers = [str(load.calls), str(load.at_once)]
    command = [python_for(way), *target, url, *numbers, *way.arguments]
    _answered(port)
    began = time.perf_counter()
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, cwd=_ROOT, timeout=_LONGEST_S
    )
    process_s = time.perf_counter() - began
    if done.returncode:
        raise RuntimeError(f"{way.name}: {done.stderr[-2000:]}")
    answered = _answered(port)
    if answered < load.calls:
        raise RuntimeError(f"{way.name}: only {answered} of {load.calls} calls were made")
    return Measured(json.loads(done.stdout.splitlines()[-1])["wall_s"], process_s)


def _answered(port: int) -> int:
    with urlopen(f"http://127.0.0.1:{port}/count", timeout=10) as got:
        return int(json.load(got))


def table(load: Load, rounds: int, ways: Sequence[Way] = _WAYS) -> str:
    """The best of some rounds, as Markdown."""
    found: dict[Way, list[Measured]] = {way: [] for way in ways}
    names = {way: version_of(way) for way in ways}
    with server(load.seconds) as port:
        for _ in range(rounds):
            for way in ways:
                found[way].append(measure(way, load, port))
    best = {way: min(measured, key=lambda m: m.wall_s) for way, measured in found.items()}
    what = f"{load.calls:,} calls of {load.seconds * 1000:.0f} ms, {load.at_once} at once"
    return "\n".join(
        [
            f"| {what} | wall s | x ideal ({load.ideal_s:.1f} s) | process s |",
            "|---|---:|---:|---:|",
            *(
                f"| {names[way]} | {m.wall_s:.2f} | {m.wall_s / load.ideal_s:.2f} "
                f"| {m.process_s:.1f} |"
                for way, m in best.items()
            ),
        ]
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--calls", type=int, default=1000, help="a multiple of 200, or less")
    parser.add_argument("--seconds", type=float, default=0.2)
    parser.add_argument("--at-once", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--alone", action="store_true", help="without other harnesses")
    options = parser.parse_args()
    load = Load(options.calls, options.seconds, options.at_once)
    ways = [way for way in _WAYS if not (way.needs and options.alone)]
    print(table(load, options.rounds, ways))


if __name__ == "__main__":
    main()
