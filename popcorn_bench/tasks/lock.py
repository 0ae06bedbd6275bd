"""The lock of the shipped tasks: content may change only together with the version."""

from __future__ import annotations

import json
from typing import TypeAlias

from popcorn_bench.errors import UsageError
from popcorn_bench.fingerprint import digest
from popcorn_bench.tasks.catalog import TaskCatalog, TaskEntry
from popcorn_bench.tasks.loader import SHIPPED, define, load_task

Lock: TypeAlias = dict[str, dict[str, str]]

_PATH = SHIPPED / "lock.json"
_TALK = {"description", "metadata", "tag", "group", "include", "metrics"}


def current() -> Lock:
    """Version and sha256 of the content of every shipped task, as the files are now.

    The content of a task from the hub is its definition: the rows are not ours to lock.
    """
    entries = TaskCatalog().entries()
    return {e.name: {"version": e.version, "sha256": _content(e)} for e in entries}


def locked() -> Lock:
    """The lock as it was last written."""
    lock: Lock = json.loads(_PATH.read_text("utf-8"))
    return lock


def stale() -> list[str]:
    """What does not fit the lock, one line per task; empty where all is well."""
    now, then = current(), locked()
    found = [f"{name}: {_change(now.get(name), then.get(name))}" for name in {**then, **now}]
    return [line for line in found if not line.endswith(": ")]


def relock() -> None:
    """Write the lock anew, for tasks that are new, gone, or have another version.

    Raises:
        UsageError: for a task whose content changed under its old version.
    """
    kept = [line for line in stale() if line.endswith(_KEPT)]
    if kept:
        raise UsageError("; ".join(kept))
    _PATH.write_text(json.dumps(current(), indent=2, sort_keys=True) + "\n", "utf-8")


_KEPT = "the content changed and the version did not"


def _change(now: dict[str, str] | None, then: dict[str, str] | None) -> str:
    if now == then:
        return ""
    if now is None or then is None:
        return "gone, but locked" if now is None else "not locked yet"
    return _KEPT if now["version"] == then["version"] else "another version than the lock's"


def _content(entry: TaskEntry) -> str:
    if entry.hub:
        return digest(define(entry.path, entry.root).file.model_dump(mode="json", exclude=_TALK))
    task = load_task(entry.path, entry.root)
    return digest(task.queries, task.templates, task.rules, task.example)
