from __future__ import annotations

import asyncio
import os
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from popcorn_bench.errors import StoreError
from popcorn_bench.results.journal import JournalWriter, Line, read_lines, read_record

_TEXT = st.text(max_size=40)


def _n(line: Line) -> object:
    assert line.record is not None
    return line.record["n"]


def test_what_was_appended_is_read_back_in_order(tmp_path: Path) -> None:
    writer = JournalWriter(tmp_path / "journal" / "a.jsonl")
    places = [writer.append({"n": n, "text": "ü\n\u2028"}) for n in range(50)]
    for _, durable in places:
        durable.result(timeout=10)
    writer.close()

    lines = list(read_lines(writer.path))

    assert [_n(line) for line in lines] == list(range(50))
    assert [line.start for line in lines] == [start for start, _ in places]
    assert lines[-1].end == writer.path.stat().st_size
    with writer.path.open("rb") as file:
        assert read_record(file, lines[7].start) == {"n": 7, "text": "ü\n\u2028"}


@given(texts=st.lists(_TEXT, min_size=1, max_size=8), cut=st.integers(1, 30))
def test_a_torn_last_line_is_passed_over(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str], cut: int
) -> None:
    path = tmp_path_factory.mktemp("torn") / "a.jsonl"
    writer = JournalWriter(path)
    for text in texts:
        writer.append({"text": text})
    writer.close()
    whole = list(read_lines(path))
    size = path.stat().st_size
    os.truncate(path, max(0, size - cut))

    left = list(read_lines(path))

    assert left == whole[: len(left)]
    assert all(line.end <= size - cut for line in left)
    assert len(left) == sum(line.end <= size - cut for line in whole)


def test_a_damaged_line_does_not_hide_those_after_it(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"n":1}\n{"n":\xff\n[2]\n{"n":3}\n')

    assert [line.record for line in read_lines(path)] == [{"n": 1}, None, None, {"n": 3}]


def test_many_threads_share_one_file(tmp_path: Path) -> None:
    writer = JournalWriter(tmp_path / "a.jsonl")

    def append(thread: int) -> None:
        for n in range(100):
            writer.append({"thread": thread, "n": n})[1].result(timeout=10)

    threads = [threading.Thread(target=append, args=(t,)) for t in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    writer.close()

    seen = [line.record for line in read_lines(writer.path)]
    assert len(seen) == 800
    assert all({"thread": t, "n": n} in seen for t in range(8) for n in range(100))


def test_who_gives_up_waiting_does_not_disturb_the_others(tmp_path: Path) -> None:
    async def go() -> None:
        writer = JournalWriter(tmp_path / "a.jsonl")
        waiting = [asyncio.wrap_future(writer.append({"n": n})[1]) for n in range(20)]
        for future in waiting[::2]:
            future.cancel()
        await asyncio.gather(*waiting[1::2])
        writer.close()

    asyncio.run(go())

    assert len(list(read_lines(tmp_path / "a.jsonl"))) == 20


def test_a_closed_journal_takes_nothing(tmp_path: Path) -> None:
    writer = JournalWriter(tmp_path / "a.jsonl")
    writer.close()

    with pytest.raises(StoreError, match="closed"):
        writer.append({})


def test_a_folder_that_cannot_be_written_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "journal").write_text("a file stands in the way")

    with pytest.raises(StoreError, match="cannot write the journal"):
        JournalWriter(tmp_path / "journal" / "a.jsonl")
