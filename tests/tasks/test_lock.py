from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from popcorn_bench.errors import UsageError
from popcorn_bench.tasks import catalog, lock
from popcorn_bench.tasks.loader import SHIPPED


def test_a_change_of_a_shipped_task_comes_with_a_new_version() -> None:
    assert lock.stale() == []


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The shipped tasks in a folder where they may be changed."""
    data = tmp_path / "data"
    shutil.copytree(SHIPPED, data)
    monkeypatch.setattr(catalog, "SHIPPED", data)
    monkeypatch.setattr(lock, "_PATH", data / "lock.json")
    return data


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


@pytest.mark.parametrize(
    ("file", "old", "new", "tasks"),
    [
        ("popcorn/abstract.jsonl", "found family", "lost family", {"popcorn_abstract"}),
        ("_popcorn.yaml", "title_max: 50", "title_max: 60", {"popcorn", "llmpopcorn"}),
        ("_popcorn.yaml", "A user asks", "Somebody asks", {"popcorn", "llmpopcorn"}),
        ("llmpopcorn/_llmpopcorn.yaml", "size: 20", "size: 10", {"llmpopcorn"}),
    ],
)
def test_changed_content_under_the_old_version_is_found_and_not_locked(
    copy: Path, file: str, old: str, new: str, tasks: set[str]
) -> None:
    edit(copy / file, old, new)
    found = lock.stale()
    assert found
    assert all(line.endswith(": the content changed and the version did not") for line in found)
    assert {line.partition(":")[0].rsplit("_", 1)[0] for line in found} == {
        name.removesuffix("_abstract") for name in tasks
    }
    with pytest.raises(UsageError, match="the content changed and the version did not"):
        lock.relock()


def test_talk_about_a_task_is_not_its_content(copy: Path) -> None:
    edit(copy / "popcorn/popcorn_concrete.yaml", "description: ", "description: Now ")
    edit(copy / "llmpopcorn/llmpopcorn_concrete.yaml", "description: ", "description: Now ")
    assert lock.stale() == []


def test_a_new_version_is_locked_with_its_content(copy: Path) -> None:
    before = json.loads((copy / "lock.json").read_text())
    edit(copy / "popcorn/abstract.jsonl", "found family", "lost family")
    edit(copy / "popcorn/popcorn_abstract.yaml", "version: 1", "version: 2")
    assert lock.stale() == ["popcorn_abstract: another version than the lock's"]
    lock.relock()
    assert lock.stale() == []
    after = json.loads((copy / "lock.json").read_text())
    assert after["popcorn_abstract"]["version"] == "2"
    assert after["popcorn_abstract"]["sha256"] != before["popcorn_abstract"]["sha256"]
    assert after["popcorn_concrete"] == before["popcorn_concrete"]
