"""The dataset of the hub, on a copy of the same columns with made-up rows."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from popcorn_bench.errors import UsageError
from popcorn_bench.tasks.corpora.catalog import CorpusCatalog

ROWS = [
    {
        "video_id": i,
        "title_en": f"made-up title {i}",
        "cover_desc": "a cover",
        "caption_en": None if i == 2 else "a caption",
        "partition": "Game",
        "likes": 10_000 + i,
        "views": 50_000.0,
        "comment_count": None if i == 3 else i,
    }
    for i in (1, 2, 3, 3)
]


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "junchenfu" / "microlens_rag"
    folder.mkdir(parents=True)
    parquet.write_table(pa.Table.from_pylist(ROWS), folder / "train.parquet")
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path / "datasets")
    return folder


def test_the_columns_of_the_hub_are_ours(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    corpus = CorpusCatalog().load("microlens_rag", copy)
    assert corpus.frame.rows() == [
        ("1", "made-up title 1", "a cover", "a caption", "Game", 10_001, 50_000, 1, "", ""),
        ("2", "made-up title 2", "a cover", "", "Game", 10_002, 50_000, 2, "", ""),
        ("3", "made-up title 3", "a cover", "a caption", "Game", 10_003, 50_000, None, "", ""),
    ]
    assert [str(row) for row in corpus.bad] == ["junchenfu/microlens_rag:4: id: a second time"]
    assert (corpus.licence, corpus.synthetic) == ("MIT", False)
    monkeypatch.chdir(copy.parents[1])
    assert CorpusCatalog().load("microlens_rag").sha256 == corpus.sha256


def test_videos_are_known_in_both_corpora_of_one_numbering(copy: Path, tmp_path: Path) -> None:
    (tmp_path / "MicroLens-100k_title_en.csv").write_text("2, other words\n4, more\n")
    (tmp_path / "tags_to_summary.csv").write_text("2,Game\n4,Game\n")
    raw = CorpusCatalog().load("microlens", tmp_path)
    left = CorpusCatalog().load("microlens_rag", copy).without(raw.hashed_ids())
    assert (left.frame["id"].to_list(), left.left_out) == (["1", "3"], 1)


def test_a_copy_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such folder"):
        CorpusCatalog().load("microlens_rag", tmp_path / "absent")


def test_without_network_the_message_names_the_way_out(tmp_path: Path) -> None:
    code = (
        "from popcorn_bench.tasks.corpora.catalog import *; CorpusCatalog().load('microlens_rag')"
    )
    environment = os.environ | {"HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path / "home")}
    run = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    last = run.stderr.strip().splitlines()[-1]
    assert "cannot load junchenfu/microlens_rag: " in last
    assert "--corpus-dir takes a folder with a copy of its files" in last
