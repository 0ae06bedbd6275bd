"""Where a training writes."""

from __future__ import annotations

from pathlib import Path

import pytest

from popcorn_bench.errors import UsageError
from popcorn_bench.evaluators.measures.staging import made, staged


def interrupted(file: Path) -> None:
    file.write_text("half")
    raise KeyboardInterrupt


def test_files_come_together_at_the_end(tmp_path: Path) -> None:
    out = tmp_path / "a" / "b"
    with staged(out) as stage:
        (stage / "x").write_text("new")
        assert not (out / "x").exists()
    assert [path.name for path in out.iterdir()] == ["x"]
    with staged(out) as stage:
        (stage / "x").write_text("newer")
        assert (out / "x").read_text() == "new"
    assert (out / "x").read_text() == "newer"


def test_what_fails_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("old")
    for out in (tmp_path, tmp_path / "new" / "deep"):
        with pytest.raises(KeyboardInterrupt), staged(out) as stage:
            interrupted(stage / "x")
    assert [path.name for path in tmp_path.iterdir()] == ["x"]
    assert (tmp_path / "x").read_text() == "old"


def test_a_folder_that_holds_something_stays(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), made(tmp_path / "new"):
        interrupted(tmp_path / "new" / "checkpoint")
    assert (tmp_path / "new" / "checkpoint").exists()


def test_a_folder_that_was_there_stays(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match="later"), made(tmp_path / "empty"):
        raise UsageError("later")
    assert (tmp_path / "empty").exists()


def test_a_file_in_the_way_is_told(tmp_path: Path) -> None:
    (tmp_path / "x").touch()
    with pytest.raises(UsageError, match="x/y: cannot be written to"), staged(tmp_path / "x" / "y"):
        pytest.fail("the work had begun")
