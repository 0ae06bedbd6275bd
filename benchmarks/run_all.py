"""The whole table: runs the set of benchmarks one after another and keeps what they print.

    python -m benchmarks.run_all [--full] [--only NAME,...] [--no-write]

Prints every table as it comes and, where all of the set went well, rewrites the marked part of
docs/performance.md with machine, date and versions. `--full` takes the sizes of the goals (a
million units; an hour or so); without it the set takes some minutes.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[1]
_PAGE = _ROOT / "docs" / "performance.md"
_BEGIN = "<!-- benchmarks: what stands until the end mark is written by benchmarks/run_all.py -->"
_END = "<!-- benchmarks: end -->"
_PACKAGES = ("popcorn-bench", "litellm", "duckdb", "polars", "pyarrow", "numpy", "av", "pydantic")


@dataclass(frozen=True, slots=True)
class Part:
    """One benchmark of the set, with its arguments in either size."""

    name: str
    title: str
    quick: tuple[str, ...] = ()
    full: tuple[str, ...] = ()
    about: str = ""

    @property
    def is_here(self) -> bool:
        return find_spec(f"benchmarks.{self.name}") is not None


_PARTS = (
    Part(
        "calls",
        "Many short calls",
        ("--rounds", "1"),
        ("--rounds", "3"),
        "Everybody asks the same loopback server in turn; the best round counts. Ours is a whole "
        "run, every brief durable; lm-eval only calls, with aiohttp and without LiteLLM. "
        '"Process" has the loading of libraries in it.',
    ),
    Part(
        "overhead",
        "The harness alone",
        ("--units", "1000,10000"),
        ("--units", "1000,10000,100000,1000000"),
        "An LLM, a generator and evaluators that answer at once: what is left is planning, keys, "
        "concurrency and the journal, in which every unit (brief, cover, clip, score) is durable "
        'before it counts. "x bare journal" is the time against writing as many lines, synced, '
        'without a harness; "seen complete" is how long the same command takes to see that all is '
        'there; "with index" is the peak memory once the index was brought up to it.',
    ),
    Part(
        "store",
        "The store",
        ("--records", "50000"),
        ("--records", "1000000"),
        "Plain is, for the journal, the same lines made beforehand and synced every 100 ms; for "
        "the index, reading the lines as JSON.",
    ),
    Part(
        "media",
        "Clips",
        ("--clips", "32"),
        ("--clips", "128"),
        "Plain is decoding the same clips, and encoding the same frames drawn beforehand.",
    ),
    Part("board", "The board", (), ("--rows", "1000000,10000000")),
    Part("page", "The page"),
    Part("merge", "Merging", ("--records", "100000"), ("--records", "1000000")),
)


def machine() -> str:
    """What the figures hold for, in one paragraph."""
    packages = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    return (
        f"Measured {datetime.now(UTC):%Y-%m-%d %H:%M} UTC on {os.cpu_count()} cores of {_cpu()} "
        f"({platform.machine()}), {_memory_gb():.0f} GB, {platform.system()} "
        f"{platform.release().partition('-')[0]}, Python {platform.python_version()}; {packages}. "
        f"Load before the first benchmark: {load} (what else the machine was doing)."
    )


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or "an unknown processor"
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else "an unknown processor"


def _memory_gb() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9


def run(part: Part, *, full: bool) -> str | None:
    """What a benchmark prints, or None where it failed (its last words are shown)."""
    arguments = part.full if full else part.quick
    command = [sys.executable, "-m", f"benchmarks.{part.name}", *arguments]
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=_ROOT)
    if done.returncode:
        print(f"FAILED ({done.returncode}): {done.stderr[-2000:]}", flush=True)
        return None
    print(done.stdout, flush=True)
    command_line = " ".join(["python", *command[1:]])
    return "\n\n".join(filter(None, [f"`{command_line}`", part.about, done.stdout.strip()]))


def written(page: str, made: str) -> str:
    """A page with its marked part replaced, or with one at its end.

    Raises:
        ValueError: where only one of the marks is there.
    """
    marked = f"{_BEGIN}\n{made}\n{_END}"
    if _BEGIN not in page and _END not in page:
        return f"{page.rstrip()}\n\n{marked}\n"
    before, _, rest = page.partition(_BEGIN)
    _, end, after = rest.partition(_END)
    if not end:
        raise ValueError("the marks of the written part are not both there, in their order")
    return before + marked + after


def run_set(parts: Sequence[Part], *, full: bool) -> tuple[str, bool]:
    """The text of all that went well, and whether that is all."""
    size = "full" if full else "quick"
    made = [f"{machine()} Sizes: {size}."]
    print(made[0], flush=True)
    complete = True
    for part in parts:
        print(f"\n### {part.title}", flush=True)
        text = run(part, full=full)
        complete &= text is not None
        if text is not None:
            made.append(f"### {part.title}\n{text}")
    return "\n\n".join(made), complete


def main() -> int:
    """Run, print, write; 1 where something failed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--full", action="store_true", help="the sizes of the goals")
    parser.add_argument("--only", default="", help="some of them; nothing is written")
    parser.add_argument("--no-write", action="store_true", help="leave docs/performance.md")
    options = parser.parse_args()
    wanted = options.only.split(",") if options.only else [part.name for part in _PARTS]
    parts = [part for part in _PARTS if part.name in wanted and part.is_here]
    text, complete = run_set(parts, full=options.full)
    if complete and not options.only and not options.no_write:
        _PAGE.write_text(written(_PAGE.read_text("utf-8"), text), "utf-8")
        print(f"\nwritten: {_PAGE.relative_to(_ROOT)}")
    return 0 if complete else 1


if __name__ == "__main__":
    sys.exit(main())
