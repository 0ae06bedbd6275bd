"""One writer per folder, whoever it is and however it ends."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from popcorn_bench.errors import UsageError
from popcorn_bench.results.lock import is_held, writing

_HOLD = """
import sys, time
from pathlib import Path
from popcorn_bench.results.lock import writing
with writing(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(600)
"""


@contextmanager
def _another(folder: Path) -> Iterator[int]:
    """A process that writes to the folder until it is killed."""
    command = [sys.executable, "-c", _HOLD, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "held\n"
            yield process.pid
        finally:
            process.kill()


def test_the_second_writer_hears_who_the_first_one_is(tmp_path: Path) -> None:
    with _another(tmp_path / "results") as pid:
        assert is_held(tmp_path / "results")
        with (
            pytest.raises(UsageError, match=rf"results: process {pid} on .+ is writing to it$"),
            writing(tmp_path / "results"),
        ):
            raise AssertionError


def test_a_writer_that_was_killed_holds_nothing(tmp_path: Path) -> None:
    with _another(tmp_path):
        pass
    assert not is_held(tmp_path)
    with writing(tmp_path):
        assert f"process {os.getpid()} " in (tmp_path / ".lock").read_text()


def test_the_folder_is_free_again_after_success_and_after_a_failure(tmp_path: Path) -> None:
    folder = tmp_path / "made" / "here"
    with writing(folder):
        assert folder.is_dir()
    with pytest.raises(KeyError), writing(folder):
        raise KeyError
    with writing(folder):
        pass


def test_asking_is_no_writing(tmp_path: Path) -> None:
    assert not is_held(tmp_path / "none")
    assert not is_held(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_two_who_ask_do_not_see_each_other(tmp_path: Path) -> None:
    with writing(tmp_path):
        pass
    assert [is_held(tmp_path) for _ in range(2)] == [False, False]


def test_a_file_in_the_way_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "results").write_text("")
    with (
        pytest.raises(UsageError, match="results: cannot write results there: File exists"),
        writing(tmp_path / "results"),
    ):
        raise AssertionError


def test_a_lock_that_is_a_link_leaves_what_it_leads_to_alone(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("mine")
    folder = tmp_path / "results"
    folder.mkdir()
    (folder / ".lock").symlink_to(precious)

    with pytest.raises(UsageError, match="cannot write results there"), writing(folder):
        raise AssertionError
    assert precious.read_text() == "mine"
