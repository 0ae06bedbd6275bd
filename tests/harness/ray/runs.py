"""Runs on a cluster and what they leave behind."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from popcorn_bench.harness.decide import Policy
from popcorn_bench.harness.progress import Silent
from popcorn_bench.harness.resolve import resolve
from popcorn_bench.harness.run import Report
from popcorn_bench.harness.session import execute
from popcorn_bench.harness.spec import RunSpec
from popcorn_bench.results.journal import Record, journal_files, read_lines
from popcorn_bench.results.store import Store

_TIMES = {"brief": ("seconds",), "cover": ("made_seconds",), "video": ("made_seconds", "peak_gb")}


def run(spec: RunSpec) -> Report:
    """A whole run in this process."""
    plan = resolve(spec)
    with Store(spec.output_path) as store:
        return execute(plan, store, Silent(), Policy())


def records(results: Path) -> list[Record]:
    """The whole lines of a journal that another process may be writing."""
    lines = (line.record for path in journal_files(results) for line in read_lines(path))
    return [record for record in lines if record]


def content(results: Path) -> Counter[str]:
    """Every unit with its place, key and result, without times; whoever was first is no matter."""
    return Counter(_told(r) for r in records(results) if r["t"] in {"unit", "failure"})


def _told(record: Record) -> str:
    data = record["data"]
    if isinstance(data, dict):
        times = _TIMES.get(record["stage"], ())
        data = {name: value for name, value in data.items() if name not in times}
    return repr((record["t"], record["stage"], record["place"], record["key"], _sorted(data)))


def _sorted(data: Any) -> Any:
    return sorted(data.items(), key=repr) if isinstance(data, dict) else data


def made_once(results: Path) -> bool:
    """Whether no key was made at more than one place."""
    made = Counter(r["key"] for r in records(results) if r["t"] == "unit" and not r["reused"])
    return max(made.values()) == 1


def artefacts(results: Path) -> set[str]:
    """Names of all clips and covers."""
    return {path.name for path in (results / "artifacts").glob("??/*")}


def actors(node: Any) -> list[int]:
    """Process ids of our actors on a node."""
    raylet = node.all_processes["raylet"][0].process.pid
    return [pid for pid in _children(raylet) if _command(pid).startswith("ray::Desk")]


def _children(parent: int) -> list[int]:
    found = []
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            if f"\nPPid:\t{parent}\n" in status.read_text():
                found.append(int(status.parent.name))
        except OSError:
            continue  # it has ended
    return found


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return ""
