"""The index over corpora, and the cache behind it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from popcorn_bench.errors import UsageError
from popcorn_bench.tasks.corpora import cache as kept
from popcorn_bench.tasks.corpora.catalog import CorpusCatalog
from popcorn_bench.tasks.corpora.files import FileSource
from tests.corpora.conftest import Write

MINE = "corpus: mine\npath: rows.csv\nsynthetic: true\n"


@pytest.fixture
def mine(write: Write) -> Path:
    write("rows.csv", "id,title\n1,a\n2,\n,c\n")
    return write("mine.yaml", MINE)


def test_the_shipped_corpora_are_listed() -> None:
    entries = {entry.name: entry for entry in CorpusCatalog().entries()}
    assert entries.keys() == {"microlens", "embedded", "microlens_rag"}
    assert (entries["embedded"].rows, entries["embedded"].synthetic) == (440, True)
    assert entries["embedded"].usable
    assert not entries["microlens"].usable
    assert "--corpus-dir DIR" in entries["microlens"].reason
    assert entries["microlens_rag"].usable
    assert "from the hub at first use" in entries["microlens_rag"].reason


def test_corpora_of_an_include_path_are_found_beside_other_files(mine: Path, write: Write) -> None:
    write("task.yaml", "task: t\nversion: 1\n")
    write("broken.yaml", "{")
    write("wrong.yaml", "corpus: wrong\npath: absent.csv\n")
    entries = {entry.name: entry for entry in CorpusCatalog([mine.parent]).entries()}
    assert entries.keys() == {"microlens", "embedded", "microlens_rag", "mine", "wrong"}
    assert entries["mine"].usable
    assert "wrong.yaml:2: path: no such file" in entries["wrong"].reason
    catalog = CorpusCatalog([mine.parent])
    assert catalog.load("mine").frame.height == 2
    with pytest.raises(UsageError, match=r"no such file: absent\.csv"):
        catalog.load("wrong")


def test_a_name_that_two_files_claim_is_not_usable(mine: Path, write: Write) -> None:
    write("other.yaml", MINE)
    with pytest.raises(UsageError, match=r"'mine' is defined twice: .*mine.yaml and .*other.yaml"):
        CorpusCatalog([mine.parent]).load("mine")


def test_an_unknown_name_gets_a_hint() -> None:
    with pytest.raises(UsageError, match="unknown corpus 'embeded'; did you mean 'embedded'"):
        CorpusCatalog().load("embeded")
    with pytest.raises(UsageError, match="corpus 'embedded' needs none"):
        CorpusCatalog().load("embedded", Path())


def test_the_catalog_is_cheap_to_import() -> None:
    code = (
        "import sys; from popcorn_bench.tasks.corpora.catalog import CorpusCatalog;"
        "CorpusCatalog().entries();"
        "sys.exit(','.join({'polars', 'numpy', 'pyarrow', 'datasets'} & sys.modules.keys()) or 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_second_load_reads_the_cache(mine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = CorpusCatalog().load(str(mine))
    assert first.path is not None
    assert first.path.is_file()
    monkeypatch.setattr(FileSource, "records", None)
    second = CorpusCatalog().load(str(mine))
    assert second.frame.equals(first.frame)
    assert (second.sha256, second.bad, second.path) == (first.sha256, first.bad, first.path)
    assert [str(row) for row in second.bad] == ["rows.csv:4: id: missing"]


def test_other_rows_or_columns_are_another_entry(mine: Path, write: Write) -> None:
    paths = [CorpusCatalog().load(str(mine)).path]
    write("rows.csv", "id,title,about\n1,a,x\n2,b,y\n")
    paths.append(CorpusCatalog().load(str(mine)).path)
    write("mine.yaml", MINE + "columns: {caption: about}\n")
    paths.append(CorpusCatalog().load(str(mine)).path)
    assert len(set(paths)) == 3


@pytest.mark.parametrize("damage", [b"", b"PAR1 nonsense PAR1"])
def test_a_damaged_entry_is_made_anew(mine: Path, damage: bytes) -> None:
    first = CorpusCatalog().load(str(mine))
    assert first.path is not None
    first.path.write_bytes(damage)
    assert CorpusCatalog().load(str(mine)).frame.equals(first.frame)
    assert kept.read(first.path) is not None


def test_an_entry_with_other_rows_than_it_says_is_made_anew(mine: Path) -> None:
    first = CorpusCatalog().load(str(mine))
    assert first.path is not None
    import polars as pl

    told = {"popcorn_bench": pl.read_parquet_metadata(first.path)["popcorn_bench"]}
    first.frame.head(1).write_parquet(first.path, metadata=told)
    assert CorpusCatalog().load(str(mine)).frame.equals(first.frame)


def test_a_corpus_that_cannot_be_kept_is_still_read(
    mine: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("POPCORN_CACHE", str(mine))  # a file, where a folder would have to be
    corpus = CorpusCatalog().load(str(mine))
    assert (corpus.frame.height, corpus.path) == (2, None)
    assert "is not kept" in caplog.text


def test_nothing_but_the_entry_is_left_in_the_cache(mine: Path, cache: Path) -> None:
    path = CorpusCatalog().load(str(mine)).path
    assert [file for file in cache.rglob("*") if file.is_file()] == [path]
