"""The `llmpopcorn` tasks on a dataset of the same columns with made-up prompts."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from popcorn_bench.tasks.catalog import TaskCatalog
from popcorn_bench.tasks.task import Task

TOPICS = ("anime", "food", "life hacks", "film", "games")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder in which the dataset stands under its name on the hub."""
    rows = [
        {"type": kind, "prompt": f"made-up {kind} {topic} request {i}"}
        for kind in ("abstract", "concrete")
        for topic in TOPICS
        for i in range(20)
    ]
    data = tmp_path / "junchenfu" / "llmpopcorn_prompts"
    data.mkdir(parents=True)
    parquet.write_table(pa.Table.from_pylist(rows), data / "train.parquet")
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path / "cache")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def check(task: Task, kind: str) -> None:
    assert len(task.queries) == 100
    assert Counter(query.topic for query in task.queries) == dict.fromkeys(TOPICS, 20)
    assert {str(query.kind) for query in task.queries} == {kind}
    assert all(f"{kind} {q.topic} request" in q.text for q in task.queries)
    assert len({query.id for query in task.queries}) == 100
    assert task.modes == ("basic", "pe")


@pytest.mark.parametrize("kind", ["concrete", "abstract"])
def test_the_shipped_definition_reads_the_columns_of_the_hub(folder: Path, kind: str) -> None:
    assert folder.is_dir()
    check(TaskCatalog().load(f"llmpopcorn_{kind}"), kind)


def test_a_folder_named_in_dataset_path_is_read_through_datasets(folder: Path) -> None:
    (folder / "mine.yaml").write_text(
        "task: mine\nversion: 1\ndataset_path: ./junchenfu/llmpopcorn_prompts\nsplit: train\n"
        "columns: {text: prompt, kind: type}\nfilter: {type: Concrete}\n"
        "topic_blocks: {size: 20, topics: [anime, food, life hacks, film, games]}\n"
    )
    check(TaskCatalog([folder]).load("mine"), "concrete")


@pytest.mark.parametrize("split", ["test", "nonsense["])
def test_a_split_that_is_not_there_is_one_line(folder: Path, split: str) -> None:
    path = folder / "mine.yaml"
    path.write_text(
        "task: mine\nversion: 1\ndataset_path: ./junchenfu/llmpopcorn_prompts\n"
        f"split: '{split}'\ndefaults: {{kind: abstract, topic: x}}\ncolumns: {{text: prompt}}\n"
    )
    code = "from popcorn_bench.tasks.catalog import *; TaskCatalog([Path('.')]).load('mine')"
    last = run_in(folder, code)
    assert "mine.yaml:3: dataset_path: cannot load './junchenfu/llmpopcorn_prompts': " in last


def test_without_network_the_message_names_the_dataset_and_the_way_out(tmp_path: Path) -> None:
    code = "from popcorn_bench.tasks.catalog import *; TaskCatalog().load('llmpopcorn_concrete')"
    last = run_in(tmp_path, code)
    assert "_llmpopcorn.yaml:4: dataset_path: cannot load 'junchenfu/llmpopcorn_prompts': " in last
    assert "load it once online, or put a copy of its files in a folder" in last


def run_in(folder: Path, code: str) -> str:
    """The last line that a fresh offline process writes to stderr."""
    environment = os.environ | {"HF_HUB_OFFLINE": "1", "HF_HOME": str(folder / "home")}
    run = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 1
    return run.stderr.strip().splitlines()[-1]
