"""The ledger holds what was written, however the writer died."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from popcorn_bench.errors import StoreError
from popcorn_bench.generators.remote_media.ledger import FOLDER, End, Job, Ledger, Standing

_KEY = st.sampled_from(["a", "b"])
_STEP = st.sampled_from(["intend", "reject", "submit", "done", "failed", "gone", "broken"])


def _do(ledger: Ledger, key: str, step: str) -> None:
    match step:
        case "intend":
            ledger.intend(key, "m")
        case "reject":
            ledger.reject(key)
        case "submit":
            ledger.submitted(key, f"id-{key}", 0.5)
        case _:
            ledger.ended(key, End(step))


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(_KEY, _STEP), max_size=12))
def test_a_new_reader_knows_what_the_writer_knew(steps: list[tuple[str, str]]) -> None:
    with TemporaryDirectory() as name:
        writer = Ledger(Path(name))
        for key, step in steps:
            _do(writer, key, step)
        reader = Ledger(Path(name))
        assert [reader.job(key) for key in "ab"] == [writer.job(key) for key in "ab"]


@settings(max_examples=25, deadline=None)
@given(st.integers(min_value=0, max_value=400), st.binary(max_size=20))
def test_a_torn_end_loses_only_the_torn_line(cut: int, rubbish: bytes) -> None:
    with TemporaryDirectory() as name:
        writer = Ledger(Path(name))
        _do(writer, "a", "intend")
        whole = _only_file(Path(name)).stat().st_size
        _do(writer, "a", "submit")
        file = _only_file(Path(name))
        data = file.read_bytes()
        kept = min(len(data), whole + cut)
        file.write_bytes(data[:kept] + (rubbish.replace(b"\n", b"") if kept < len(data) else b""))
        standing = Ledger(Path(name)).job("a").standing
        assert standing is (Standing.OPEN if kept == len(data) else Standing.UNKNOWN)


def _only_file(folder: Path) -> Path:
    (file,) = (folder / FOLDER).glob("*.jsonl")
    return file


def test_standings(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    assert ledger.job("a") == Job(Standing.FREE)
    _do(ledger, "a", "intend")
    assert ledger.job("a").standing is Standing.UNKNOWN
    _do(ledger, "a", "submit")
    assert ledger.job("a") == Job(Standing.OPEN, "id-a", 0.5)
    _do(ledger, "a", "done")
    assert ledger.job("a") == Job(Standing.OPEN, "id-a", 0.5)
    _do(ledger, "a", "gone")
    assert ledger.job("a") == Job(Standing.FREE, tries=1)
    _do(ledger, "a", "intend")
    assert ledger.job("a") == Job(Standing.UNKNOWN, tries=1)


def test_each_process_writes_a_file_of_its_own_and_reads_all(tmp_path: Path) -> None:
    first, second = Ledger(tmp_path), Ledger(tmp_path)
    _do(first, "a", "submit")
    _do(second, "b", "submit")
    assert len(list((tmp_path / FOLDER).iterdir())) == 2
    third = Ledger(tmp_path)
    assert {third.job(key).remote_id for key in "ab"} == {"id-a", "id-b"}


def test_lines_of_later_versions_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / FOLDER).mkdir()
    lines = '{"t":"submitted","key":"a","id":"x","cost_usd":null}\n{"t":"dreamt","key":"a"}\n[1]\n'
    (tmp_path / FOLDER / "0.jsonl").write_text(lines)
    assert Ledger(tmp_path).job("a") == Job(Standing.OPEN, "x")


def test_a_folder_that_cannot_be_used_is_said(tmp_path: Path) -> None:
    (tmp_path / FOLDER).write_text("")
    with pytest.raises(StoreError, match="cannot read"):
        Ledger(tmp_path)
