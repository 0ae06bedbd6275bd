"""Torn ends, lost files and lines that are too long: what changed code used to survive."""

from __future__ import annotations

import errno
import json
import os
import threading
from pathlib import Path

import pytest

from popcorn_bench.errors import StoreError
from popcorn_bench.results import journal
from popcorn_bench.results.journal import (
    JournalWriter,
    cut_torn,
    journal_files,
    read_lines,
    read_record,
)

SECONDS = 60


def test_a_journal_that_was_deleted_takes_no_more(tmp_path: Path) -> None:
    writer = JournalWriter(tmp_path / "a.jsonl")
    writer.append({"n": 1})[1].result(timeout=SECONDS)
    writer.path.unlink()

    lost = writer.append({"n": 2})[1]

    said = rf"^{writer.path}: cannot write the journal: {os.strerror(errno.ENOENT)}$"
    with pytest.raises(StoreError, match=said):
        lost.result(timeout=SECONDS)
    with pytest.raises(StoreError, match=said):
        writer.append({"n": 3})
    writer.close()


def test_another_file_of_the_same_name_is_not_the_journal(tmp_path: Path) -> None:
    writer = JournalWriter(tmp_path / "a.jsonl")
    writer.path.rename(tmp_path / "moved")
    writer.path.touch()

    with pytest.raises(
        StoreError, match=rf"cannot write the journal: {os.strerror(errno.ENOENT)}$"
    ):
        writer.append({"n": 1})[1].result(timeout=SECONDS)
    writer.close()


def test_a_writer_makes_its_file_and_never_takes_one_that_is_there(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "er" / "a.jsonl"
    JournalWriter(path).close()
    assert path.read_bytes() == b""
    said = rf"^{path}: cannot write the journal: {os.strerror(errno.EEXIST)}$"
    with pytest.raises(StoreError, match=said):
        JournalWriter(path)


def test_a_closed_journal_says_which_it_is_and_is_whole(tmp_path: Path) -> None:
    writer = JournalWriter(tmp_path / "a.jsonl")
    kept = [writer.append({"n": n})[1] for n in range(3)]
    writer.close()

    assert [future.result(timeout=0) for future in kept] == [None] * 3
    assert writer.path.read_bytes() == b'{"n":0}\n{"n":1}\n{"n":2}\n'
    with pytest.raises(StoreError, match=rf"^{writer.path}: the journal is closed$"):
        writer.append({})
    writer.close()


def test_the_thread_of_a_writer_ends_with_it_and_holds_no_process(tmp_path: Path) -> None:
    def threads() -> list[threading.Thread]:
        return [t for t in threading.enumerate() if t.name == "journal" and t not in before]

    before = set(threading.enumerate())
    writer = JournalWriter(tmp_path / "a.jsonl")
    (running,) = threads()
    assert running.daemon
    writer.close()
    assert not threads()


def test_what_is_no_number_is_refused_and_leaves_no_trace(tmp_path: Path) -> None:
    writer = JournalWriter(tmp_path / "a.jsonl")
    with pytest.raises(ValueError, match="not JSON compliant"):
        writer.append({"n": float("nan")})
    start, durable = writer.append({"n": 1})
    durable.result(timeout=SECONDS)
    writer.close()

    assert start == 0
    assert [line.record for line in read_lines(writer.path)] == [{"n": 1}]


def test_files_are_found_in_the_order_of_their_names(tmp_path: Path) -> None:
    folder = tmp_path / "journal"
    folder.mkdir()
    for name in ("b.jsonl", "a.jsonl", "c.json", "d.jsonl.tmp"):
        (folder / name).touch()
    (folder / "e.jsonl").mkdir()

    assert [path.name for path in journal_files(tmp_path)] == ["a.jsonl", "b.jsonl"]
    assert journal_files(tmp_path / "none") == []


@pytest.mark.parametrize("torn", [b"x", b'{"n":'])
def test_a_torn_end_is_cut_off_and_counted(tmp_path: Path, torn: bytes) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"n":1}\n' + torn)
    (line,) = read_lines(path)

    assert cut_torn(path, line.end) == len(torn)
    assert path.read_bytes() == b'{"n":1}\n'
    assert cut_torn(path, line.end) == 0


def test_nothing_is_added_to_a_file_that_is_shorter_than_it_was(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"{}\n")
    assert cut_torn(path, 100) == 0
    assert path.read_bytes() == b"{}\n"


def test_a_link_is_not_cut_where_it_leads(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_bytes(b"{}\nrest")
    link = tmp_path / "a.jsonl"
    link.symlink_to(other)

    assert cut_torn(link, 3) == 4
    assert other.read_bytes() == b"{}\nrest"


def test_a_torn_end_on_a_disk_that_takes_nothing_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    path = tmp_path / "a.jsonl"
    path.write_bytes(b"{}\nrest")
    monkeypatch.setattr(os, "truncate", refuse)
    assert cut_torn(path, 3) == 4


def test_reading_begins_where_it_is_told_to(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"n":1}\n{"n":2}\n{"n":3}\n')
    first, second, third = read_lines(path)

    assert list(read_lines(path, second.start)) == [second, third]
    assert list(read_lines(path, third.end)) == []
    assert (first.end, second.end) == (second.start, third.start)


@pytest.mark.parametrize("length", [31, 32, 33, 64, 65, 200])
def test_a_line_that_is_too_long_is_passed_over_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, length: int
) -> None:
    monkeypatch.setattr(journal, "_LONGEST_LINE", 32)
    path = tmp_path / "a.jsonl"
    long = json.dumps({"n": "x" * (length - 9)}).encode()
    assert len(long) == length
    path.write_bytes(long + b'\n{"n":2}\n')

    found, after = read_lines(path)

    fits = length + 1 <= 32
    assert (found.record is not None) == fits
    assert (found.start, found.end) == (0, length + 1)
    assert (after.record, after.start, after.end) == ({"n": 2}, length + 1, length + 9)
    with path.open("rb") as file:
        assert length == 32 or (read_record(file, 0) is not None) == fits  # only its end is cut
        assert read_record(file, after.start) == {"n": 2}


def test_a_long_line_that_is_torn_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "_LONGEST_LINE", 32)
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"n":1}\n' + b"x" * 100)
    assert [line.record for line in read_lines(path)] == [{"n": 1}]


def test_a_record_that_is_nested_too_deep_is_damage(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"[" * 200_000 + b'\n{"n":1}\n')
    assert [line.record for line in read_lines(path)] == [None, {"n": 1}]
