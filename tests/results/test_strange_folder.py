"""A results folder of somebody else may hold links, pipes and an index of their making."""

from __future__ import annotations

import asyncio
import os
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from popcorn_bench.errors import UsageError
from popcorn_bench.results import index
from popcorn_bench.results.journal import journal_files
from popcorn_bench.results.lock import is_held, writing
from popcorn_bench.results.records import new_run_id
from popcorn_bench.results.store import Store
from popcorn_bench.types import Stage
from tests.values import BRIEF, unit

_MINE = "what I would not lose"


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    path = tmp_path / "mine"
    path.write_text(_MINE)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found = tmp_path / "results"

    async def finish(store: Store) -> None:
        await store.finish(unit(Stage.BRIEF, "1" * 64), BRIEF)

    with Store(found) as store, store.writing("run-1"):
        asyncio.run(finish(store))
    return found


def test_a_lock_that_is_a_link_is_not_followed(folder: Path, mine: Path) -> None:
    (folder / ".lock").unlink()
    (folder / ".lock").symlink_to(mine)
    with pytest.raises(UsageError, match="cannot write results there"), writing(folder):
        pass
    assert mine.read_text() == _MINE


def test_a_lock_holds_and_tells(folder: Path) -> None:
    with writing(folder):
        assert is_held(folder)
        with pytest.raises(UsageError, match=f"process {os.getpid()} on "), writing(folder):
            pass
    assert not is_held(folder)


def test_a_pipe_or_a_folder_among_the_journals_is_none(folder: Path) -> None:
    before = journal_files(folder)
    os.mkfifo(folder / "journal" / "a.jsonl")
    (folder / "journal" / "b.jsonl").mkdir()
    (folder / "journal" / "c.jsonl").symlink_to("/dev/zero")
    assert journal_files(folder) == before


def test_a_journal_that_is_a_link_is_not_cut(folder: Path, mine: Path) -> None:
    (folder / "journal" / "a.jsonl").symlink_to(mine)
    with Store(folder) as store, store.writing("run-2"):
        pass
    assert mine.read_text() == _MINE


def test_an_index_reads_no_file_of_its_reader(folder: Path, mine: Path) -> None:
    index.rebuild(folder)
    with duckdb.connect(str(folder / index.FILE)) as theirs:
        reading = f"SELECT * REPLACE (content AS title) FROM kept, read_text('{mine}')"
        theirs.execute("CREATE TABLE kept AS SELECT * FROM briefs")
        for (view,) in theirs.execute(
            "SELECT view_name FROM duckdb_views() WHERE NOT internal"
        ).fetchall():
            theirs.execute(f"DROP VIEW IF EXISTS {view} CASCADE")
        theirs.execute("DROP TABLE briefs")
        theirs.execute(f"CREATE VIEW briefs AS {reading}")
        assert theirs.execute("SELECT title FROM briefs").fetchall() == [(_MINE,)]
    with (
        closing(index.connect([folder])) as connection,
        pytest.raises(duckdb.PermissionException),
    ):
        connection.execute("SELECT title FROM briefs").fetchall()


def test_a_run_comes_behind_those_before_it_whatever_the_clock_says() -> None:
    ahead = "20991231T235959-ffffff"
    assert new_run_id(ahead) > ahead
    now = f"{datetime.now(UTC):%Y%m%dT%H%M%S}"
    assert new_run_id(f"{now}-ffffff") > f"{now}-ffffff"
    for other in ("", "imported", "99991231T235959-ffffff"):
        assert new_run_id(other) >= now


def test_the_last_run_of_a_folder_is_known(folder: Path, tmp_path: Path) -> None:
    with Store(folder) as store, Store(tmp_path / "empty") as empty:
        assert (store.latest, empty.latest) == ("run-1", "")
